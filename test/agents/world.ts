// The core without an editor, over a real agent: store, router, backend and child are those that the extension has.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { AcpBackend } from '../../src/backends/acp.ts';
import { Failure } from '../../src/base/failure.ts';
import { silent } from '../../src/base/log.ts';
import { systemClock } from '../../src/machine/clock.ts';
import { localEnvironment } from '../../src/machine/local.ts';
import { Places } from '../../src/machine/place.ts';
import { eachEntry, type Entry } from '../../src/model/entry.ts';
import type { Question } from '../../src/model/question.ts';
import { emptySession, type Session, type SessionKey, type TurnEnd } from '../../src/model/session.ts';
import { Router } from '../../src/router/router.ts';
import { SessionStore } from '../../src/router/store.ts';
import { noJournal, noRules } from '../../src/router/testing.ts';
import { until } from '../tools/until.ts';
import type { Ready } from './agents.ts';

const never = new AbortController().signal;

/** Of an option of a permission. */
export type Wish = 'allow' | 'reject';

/** A picture of one point, in base64. */
export const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

const openEnvironment = () =>
  localEnvironment({ label: 'here', env: process.env, clock: systemClock, log: silent, forbiddenRoots: () => [] });

const workspaceIn = (folder: string) => ({
  roots: () => [folder],
  place: (path: string) => new Places(() => [folder]).find(path),
  readText: ({ path }: { readonly path: string }): Promise<string> =>
    readFile(path, 'utf8').catch(() => {
      throw new Failure('not found', `${path} does not exist.`);
    }),
  async writeText({ path }: { readonly path: string }, content: string): Promise<'written'> {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, content);
    return 'written';
  },
});

export class World implements AsyncDisposable {
  readonly folder: string;
  readonly #environment = openEnvironment();
  readonly #store = new SessionStore({ clock: systemClock, journal: noJournal, log: silent });
  readonly #router = new Router({ store: this.#store, clock: systemClock, log: silent });
  readonly #agent: Ready;
  readonly backend: AcpBackend;
  /** Of the agent that was started last. */
  pid: number | undefined;

  constructor(agent: Ready, folder: string) {
    this.folder = folder;
    this.#agent = agent;
    this.backend = new AcpBackend(agent.definition, {
      emit: this.#store.append.bind(this.#store),
      workspace: workspaceIn(folder),
      permissions: noRules,
      environment: {
        ...this.#environment,
        spawn: async (options, signal) => {
          const child = await this.#environment.spawn(options, signal);
          this.pid = child.pid;
          return child;
        },
      },
      clock: systemClock,
      log: silent,
    });
    this.#router.add(this.backend);
  }

  /** A new session that asks before it writes or runs. */
  async open(): Promise<Talk> {
    const key = await this.#router.newSession({ backend: this.backend.id, cwd: this.folder }, never);
    const talk = new Talk(this.#router, this.#store, key);
    const { asking } = this.#agent;
    if (asking !== undefined) await talk.set(asking.option, asking.value);
    return talk;
  }

  /** A session that only the agent has. */
  async load(id: string): Promise<Talk> {
    const { id: backend, label: agentLabel, owns } = this.backend;
    const about = { key: systemClock.id() as SessionKey, backend, agentLabel, owns, title: '', cwd: this.folder };
    const empty = emptySession({ ...about, createdAt: systemClock.now(), epoch: systemClock.id() });
    const link = { state: 'disconnected' } as const;
    const { key } = this.#store.adopt({ ...empty, agentSession: id, link }, []);
    await this.#router.resume(key, never);
    return new Talk(this.#router, this.#store, key);
  }

  /** Waits until the agent can take the session up again. */
  async memorable({ opened }: Talk): Promise<void> {
    const minute = (time: number): number => Math.floor(time / 60_000);
    if (!this.#agent.byTheMinute) return;
    await until('the next minute', () => minute(systemClock.now()) > minute(opened), 65_000);
  }

  /** Ends the agent's process, and has its sessions taken up by another one. */
  async restart(): Promise<void> {
    await this.#router.restart(this.backend.id, never);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#router.dispose();
    this.#environment.dispose();
  }
}

/** One session, and what a person does in it. */
export class Talk {
  readonly #router: Router;
  readonly #store: SessionStore;
  readonly #key: SessionKey;
  /** When the agent had made it, at the latest; ms since the epoch. */
  readonly opened = systemClock.now();

  constructor(router: Router, store: SessionStore, key: SessionKey) {
    this.#router = router;
    this.#store = store;
    this.#key = key;
  }

  get session(): Session {
    const found = this.#store.get(this.#key);
    if (found === undefined) throw new Error('The session is gone.');
    return found;
  }

  get entries(): readonly Entry[] {
    return [...eachEntry(this.session.entries)];
  }

  /** All texts of entries of one kind that came after the last prompt of the person. */
  said(kind: 'agent' | 'thought', from = this.entries.findLastIndex((entry) => entry.kind === 'user')): string {
    const texts = this.entries.slice(from).flatMap((entry) => (entry.kind === kind ? entry.parts : []));
    return texts.map((part) => (part.type === 'text' ? part.text : '')).join('');
  }

  /** The prompt for the scripted model; resolves with the end of its turn. */
  ask(script: string, { image = false } = {}): Promise<TurnEnd> {
    const text = { type: 'text' as const, text: `script: ${script}` };
    const picture = { type: 'image' as const, data: PNG, mimeType: 'image/png' };
    return this.#router.prompt(this.#key, image ? [picture, text] : [text], 'desk', never);
  }

  /** As `ask`, and gives the same answer to all that is asked meanwhile; `perhaps`: nothing need be asked. */
  async askAnd(wish: Wish, script: string, { perhaps = false } = {}): Promise<TurnEnd> {
    let ended = false;
    const end = this.ask(script).finally(() => (ended = true));
    const answered = new Set<string>();
    const answering = until(
      `the end of the turn of "${script}"`,
      async () => {
        const next = this.session.questions.find(({ id }) => !answered.has(id));
        if (next !== undefined) {
          answered.add(next.id);
          await this.answer(next, wish);
        }
        return ended;
      },
      60_000,
    );
    const [turn] = await Promise.all([end, answering]);
    if (answered.size === 0 && !perhaps) throw new Error('The person was not asked.');
    return turn;
  }

  question(): Promise<Question> {
    return until('a question', () => this.session.questions[0]);
  }

  async answer(question: Question, wish: Wish): Promise<void> {
    const options = question.kind === 'permission' ? question.options : [];
    const option =
      options.find(({ kind }) => kind === `${wish}_once`) ?? options.find(({ kind }) => kind.startsWith(wish));
    if (option === undefined) throw new Error(`No option would ${wish}: ${JSON.stringify(options)}`);
    const { id, hash } = question;
    const outcome = { kind: 'selected', option: option.id } as const;
    await this.#router.perform(this.#key, { kind: 'question/answer', question: id, hash, outcome }, 'desk', never);
  }

  async cancel(): Promise<void> {
    await this.#router.perform(this.#key, { kind: 'cancel' }, 'desk', never);
  }

  async set(option: string, value: string | boolean): Promise<void> {
    await this.#router.perform(this.#key, { kind: 'option/set', option, value }, 'desk', never);
  }

  async close(): Promise<void> {
    await this.#router.perform(this.#key, { kind: 'close' }, 'desk', never);
  }
}
