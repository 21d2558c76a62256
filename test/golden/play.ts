import { readFile } from 'node:fs/promises';
import { isDeepStrictEqual } from 'node:util';
import { keyOf, scriptedWorld, type Message, type ScriptedAgent } from '../../src/backends/acp/testing.ts';
import { AcpBackend } from '../../src/backends/acp.ts';
import { silent } from '../../src/base/log.ts';
import type { Command } from '../../src/model/event.ts';
import { emptySession, type Session, type SessionKey } from '../../src/model/session.ts';
import { Router } from '../../src/router/router.ts';
import { SessionStore } from '../../src/router/store.ts';
import { noJournal, openPlace } from '../../src/router/testing.ts';
import { until } from '../tools/until.ts';

/** A line of a recorded conversation, without `jsonrpc`. What the client said is what ours has to say too. */
interface Step {
  readonly from: 'client' | 'agent';
  readonly message: Message;
}

/** The session that the recorded client had the agent load. */
interface Known {
  readonly sessionId: string;
  readonly cwd: string;
}

const never = new AbortController().signal;

/** Plays the agent's side of a recorded conversation to the real backend, and gives the session that comes of it. */
export const play = async (file: URL, agentId: string): Promise<Session> => {
  const steps = (await readFile(file, 'utf8'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Step);
  const known = steps.find(({ message }) => message['method'] === 'session/load')?.message['params'] as
    | Known
    | undefined;
  const player = new Player(agentId, known);
  for (let at = 0; at < steps.length;) {
    const batch: Message[] = [];
    for (; steps[at]?.from === 'agent'; at += 1) batch.push(steps[at]?.message ?? {});
    await player.agentSays(batch);
    for (; steps[at]?.from === 'client'; at += 1) await player.clientSays(steps[at]?.message ?? {});
  }
  return player.end();
};

class Player {
  readonly #world;
  readonly #store;
  readonly #router;
  readonly #agent: Promise<ScriptedAgent>;
  #key: SessionKey | undefined;
  /** The ids that our client chose for the requests of the recording. */
  readonly #ids = new Map<unknown, unknown>();
  /** Methods of the agent's requests, by id. */
  readonly #asked = new Map<unknown, string>();
  /** What our client said while the recorded one had not yet. */
  readonly #early: Message[] = [];

  constructor(agentId: string, known: Known | undefined) {
    this.#world = scriptedWorld();
    this.#store = new SessionStore({ clock: this.#world.clock, journal: noJournal, log: silent });
    this.#router = new Router({ store: this.#store, clock: this.#world.clock, log: silent });
    // What an agent writes is in the transcript; where to is of no interest here.
    const written = (): Promise<'written'> => Promise.resolve('written');
    const workspace = { ...this.#world.context.workspace, roots: () => [], place: openPlace, writeText: written };
    const context = { ...this.#world.context, workspace, emit: this.#store.append.bind(this.#store) };
    this.#router.add(new AcpBackend({ id: agentId, label: agentId, command: agentId, args: [] }, context));
    this.#agent = this.#world.started();
    const ready = (): void => void (this.#key = this.#store.all()[0]?.key);
    const opened =
      known === undefined
        ? this.#router.newSession({ backend: agentId, cwd: '/home/dev/project' }, never)
        : this.#router.resume(this.#adopt(agentId, known), never);
    opened.then(ready, () => undefined);
  }

  /** A session of which nothing is known here but that the agent has it. */
  #adopt(backend: string, { sessionId, cwd }: Known): SessionKey {
    const owns = { history: 'us', queue: 'us', questions: 'us' } as const;
    const about = { key: keyOf('k'), backend, agentLabel: backend, title: '', cwd, createdAt: 0, owns, epoch: 'e' };
    const link = { state: 'disconnected' } as const;
    return this.#store.adopt({ ...emptySession(about), agentSession: sessionId, link }, []).key;
  }

  async agentSays(batch: readonly Message[]): Promise<void> {
    for (const { id, method } of batch) if (typeof method === 'string') this.#asked.set(id, method);
    const agent = await this.#agent;
    await agent.say(
      ...batch.map((message) =>
        message['method'] === undefined ? { ...message, id: this.#ids.get(message['id']) } : message,
      ),
    );
    // Everything is handled when the answer to what comes last is there.
    await agent.say({ id: 'handled', method: 'handled' });
    await this.#hear((message) => message['id'] === 'handled');
  }

  async clientSays(expected: Message): Promise<void> {
    const command = await this.#command(expected);
    if (command !== undefined)
      void this.#router.perform(await this.#session(), command, 'desk', never).catch(() => undefined);
    const { method, id } = expected;
    const said = await this.#hear((message) =>
      method === undefined ? message['id'] === id : message['method'] === method,
    );
    if (method !== undefined) this.#ids.set(id, said['id']);
    compare(expected, said);
  }

  async end(): Promise<Session> {
    const session = this.#store.get(await this.#session());
    await this.#router.dispose();
    if (session === undefined) throw new Error('The session is gone.');
    return session;
  }

  /** What a person did, so that the client said this. */
  async #command({ method, id, params, result }: Message): Promise<Command | undefined> {
    const { prompt, modeId, configId, value } = (params ?? {}) as Message;
    if (method === 'session/prompt') return { kind: 'prompt', prompt } as Command;
    if (method === 'session/cancel') return { kind: 'cancel' };
    if (method === 'session/set_mode') return { kind: 'option/set', option: 'mode', value: String(modeId) };
    if (method === 'session/set_config_option')
      return { kind: 'option/set', option: String(configId), value: value as string };
    if (method !== undefined || this.#asked.get(id) !== 'session/request_permission') return undefined;
    const { outcome, optionId } = (result as { outcome: Message }).outcome;
    if (outcome === 'cancelled') return undefined;
    const key = await this.#session();
    // Where its paths lead is found out before it is asked.
    const question = await until('the question', () => this.#store.get(key)?.questions[0]);
    return {
      kind: 'question/answer',
      question: question.id,
      hash: question.hash,
      outcome: { kind: 'selected', option: String(optionId) },
    };
  }

  #session(): Promise<SessionKey> {
    return until('the session', () => this.#key ?? this.#store.all()[0]?.key ?? keyOf(''));
  }

  async #hear(is: (message: Message) => boolean): Promise<Message> {
    const found = this.#early.findIndex(is);
    if (found >= 0) return this.#early.splice(found, 1)[0] ?? {};
    for (;;) {
      const message = await (await this.#agent).hear();
      if (is(message)) return message;
      this.#early.push(message);
    }
  }
}

/** Ours has to say the same thing, in its own words where words are free. */
const compare = (expected: Message, said: Message): void => {
  if (expected['method'] === 'initialize' || expected['method'] === 'session/new') return;
  const essence = ({ params, result, error }: Message): unknown => ({ params, result, error });
  if (!isDeepStrictEqual(essence(expected), essence(said))) {
    throw new Error(`The client said ${JSON.stringify(said)} where the recording has ${JSON.stringify(expected)}`);
  }
};
