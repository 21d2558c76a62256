import type * as acp from '@agentclientprotocol/sdk';
import type { Event } from '../base/event.ts';
import { Failure, PeerError, sentence } from '../base/failure.ts';
import { readConfigOptions, withMode } from '../model/fold/options.ts';
import { isFields, listOf } from '../model/fold/read.ts';
import type { Owns, SessionKey } from '../model/session.ts';
import { errorMessage, turnError } from '../protocol/acp/errors.ts';
import { AGENT } from '../protocol/acp/methods.ts';
import { withValue } from '../protocol/acp/options.ts';
import type {
  Attached,
  AttachOptions,
  Backend,
  BackendCommand,
  BackendContext,
  CreateOptions,
} from '../router/ports.ts';
import type { AcpConnection, Stage } from './acp/connection.ts';
import { enclose, wantsEnclosing } from './acp/enclosed.ts';
import { type AgentState, Launcher } from './acp/launcher.ts';
import { type Opening, refusalOf } from './acp/opening.ts';
import type { AcpSession } from './acp/session.ts';
import type { AgentDefinition } from './agent.ts';

/**
 * An agent that speaks ACP on its own input and output: one child for all of its sessions, started by the first of
 * them. One that has ended is not used again; the next session starts another.
 */
export class AcpBackend implements Backend {
  readonly id: string;
  readonly label: string;
  readonly owns: Owns = { history: 'us', queue: 'us', questions: 'us' };
  readonly #context: BackendContext;
  readonly #launcher: Launcher;
  readonly #sessions = new Map<SessionKey, AcpSession>();

  constructor(agent: AgentDefinition, context: BackendContext) {
    this.id = agent.id;
    this.label = agent.label;
    this.#context = context;
    this.#launcher = new Launcher(agent, context);
  }

  get state(): AgentState {
    return this.#launcher.state;
  }

  get onChanged(): Event<void> {
    return this.#launcher.onChanged;
  }

  /** The last lines of its stderr; those of the one before, when it has ended. */
  stderrTail(): string {
    return this.#launcher.stderrTail();
  }

  async create(key: SessionKey, options: CreateOptions, signal: AbortSignal): Promise<void> {
    const { cwd, afresh } = options;
    const connection = await this.#connectFor(key, signal);
    await this.#open(connection, { key, cwd, how: 'new', ...(afresh === undefined ? {} : { afresh }) }, signal);
  }

  /** The ladder: take it up again, else have it told and take from that what is missing here, else say so. */
  async attach(key: SessionKey, id: string, options: AttachOptions, signal: AbortSignal): Promise<Attached> {
    const { cwd, haveHistory } = options;
    const connection = await this.#connectFor(key, signal);
    const { resume, load } = connection.intro;
    const resuming: readonly Opening[] = resume ? [{ key, cwd, id, how: 'resume' }] : [];
    const loading: readonly Opening[] = load ? [{ key, cwd, id, how: 'load', wanted: !haveHistory }] : [];
    // Taken up without being told, a session of which nothing is here would have no past.
    const rungs = haveHistory ? [...resuming, ...loading] : [...loading, ...resuming];
    let said = '';
    for (const rung of rungs) {
      try {
        if (rung.how === 'load') this.#context.emit(key, [{ event: { kind: 'link', link: { state: 'replaying' } } }]);
        await this.#open(connection, rung, signal);
        return { kind: 'attached' };
      } catch (failure) {
        const refusal = refusalOf(failure);
        if (refusal === undefined) throw failure;
        said = ` It said: ${errorMessage(refusal)}`;
        this.#context.log.info(`${this.label} refused session/${rung.how} (${refusal.code}): ${refusal.message}`);
      }
    }
    const why =
      rungs.length === 0
        ? `${this.label} cannot take up a session again after it has ended.`
        : `${this.label} does not remember this session.${said}`;
    return { kind: 'forgotten', why: `${why} What was said stays readable; a new prompt starts afresh.` };
  }

  async stop(): Promise<void> {
    await this.#launcher.stop();
  }

  async perform(key: SessionKey, command: BackendCommand, signal: AbortSignal): Promise<void> {
    const session = this.#sessions.get(key);
    if (command.kind === 'close') {
      this.#sessions.delete(key);
      await session?.connection.close(session, signal);
      return;
    }
    if (session === undefined)
      throw new Failure('gone', `${this.label} does not have this session any more.`, 'Start a new session.');
    const ended = session.connection.ended;
    if (command.kind === 'question/answer') {
      // An agent that is gone waits for nothing.
      if (ended === undefined) session.questions.answer(command.question, command.hash, command.outcome);
      return;
    }
    if (ended !== undefined) throw ended;
    if (command.kind === 'prompt') this.#prompt(session, command.turn, command.prompt);
    else if (command.kind === 'cancel') this.#cancel(session);
    else if (command.kind === 'option/set') await this.#setOption(session, command.option, command.value, signal);
    else throw new Failure('invalid', `${this.label} keeps no queue of prompts.`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#launcher[Symbol.asyncDispose]();
  }

  /** A prompt that was taken always ends with `turn/ended`, whatever becomes of the agent. */
  #prompt(session: AcpSession, turn: string, prompt: readonly acp.ContentBlock[]): void {
    const { connection } = session;
    const refused = connection.peer.refusal() ?? unsupported(prompt, connection);
    if (refused !== undefined) throw refused;
    session.beginTurn(turn);
    const { embeddedContext } = connection.intro;
    if (wantsEnclosing(prompt, embeddedContext)) void this.#enclose(session, turn, prompt, embeddedContext);
    else this.#send(session, turn, prompt);
  }

  async #enclose(
    session: AcpSession,
    turn: string,
    prompt: readonly acp.ContentBlock[],
    embeddedContext: boolean,
  ): Promise<void> {
    const { workspace, log } = this.#context;
    const enclosed = await enclose(prompt, embeddedContext, workspace, new AbortController().signal).catch(
      (failure: unknown) => {
        log.warn(`What goes along with a prompt could not be read: ${sentence(failure)}`);
        return prompt;
      },
    );
    if (session.turn !== turn || session.closed) return;
    if (!session.cancelling) return this.#send(session, turn, enclosed);
    // The agent has heard nothing of it.
    session.endTurn();
    session.push({ kind: 'turn/ended', turn, reason: 'cancelled' });
  }

  #send(session: AcpSession, turn: string, prompt: readonly acp.ContentBlock[]): void {
    const { connection } = session;
    connection.peer.call(AGENT.prompt, { sessionId: session.id, prompt }, (settled) => {
      session.endTurn();
      if (settled.ok) {
        session.push({ kind: 'turn/ended', turn, reason: stopReason(settled.result) });
        return;
      }
      const reason = settled.failure instanceof PeerError ? 'failed' : 'agent gone';
      session.push({
        kind: 'turn/ended',
        turn,
        reason,
        error: turnError(settled.failure, connection.intro.authMethods),
      });
    });
  }

  #cancel(session: AcpSession): void {
    session.cancelling = session.turn !== undefined;
    session.connection.peer.notify(AGENT.cancel, { sessionId: session.id });
    session.questions.cancelAll();
  }

  async #setOption(session: AcpSession, id: string, value: string | boolean, signal: AbortSignal): Promise<void> {
    const option = session.options.find((candidate) => candidate.id === id);
    if (option === undefined || typeof value !== (option.control.kind === 'boolean' ? 'boolean' : 'string')) {
      throw new Failure('invalid', `${this.label} has no such option, or not with this value.`);
    }
    if (option.source === 'mode') {
      await session.connection.request(AGENT.setMode, { sessionId: session.id, modeId: value }, signal);
      session.setOptions(withMode(session.options, String(value)));
      return;
    }
    const boolean = typeof value === 'boolean' ? { type: 'boolean' } : {};
    const answer = await session.connection.request(
      AGENT.setOption,
      { sessionId: session.id, configId: id, value, ...boolean },
      signal,
    );
    const list = isFields(answer) ? listOf(answer['configOptions']) : undefined;
    session.setOptions(
      list === undefined
        ? session.options.map((other) => (other.id === id ? withValue(other, value) : other))
        : readConfigOptions(list),
    );
  }

  /** The running agent, for a session that is told how far it is. */
  async #connectFor(key: SessionKey, signal: AbortSignal): Promise<AcpConnection> {
    const reached = (stage: Stage): void =>
      this.#context.emit(key, [{ event: { kind: 'link', link: { state: 'connecting', detail: stage } } }]);
    const connection = await this.#launcher.connect(reached, signal);
    reached('opening the session');
    return connection;
  }

  async #open(connection: AcpConnection, opening: Opening, signal: AbortSignal): Promise<void> {
    await connection.open(opening, (session) => this.#sessions.set(opening.key, session), signal);
  }
}

/** An answer without a reason that can be read ended like any other. */
const stopReason = (result: unknown): string =>
  isFields(result) && typeof result['stopReason'] === 'string' ? result['stopReason'] : 'end_turn';

/** Agents are sent only what they said they take (protocol §4); texts and links they all do. */
const unsupported = (prompt: readonly acp.ContentBlock[], { intro, label }: AcpConnection): Failure | undefined => {
  const takes: Readonly<Record<string, boolean>> = {
    image: intro.image,
    audio: intro.audio,
  };
  const refused = prompt.find(
    (block) =>
      takes[block.type] === false ||
      // Texts can be told as words; other data cannot.
      (block.type === 'resource' && !intro.embeddedContext && !('text' in block.resource)),
  );
  return (
    refused &&
    new Failure('unsupported', `${label} does not take ${WORD[refused.type] ?? 'this'}.`, 'Take it out of the message.')
  );
};

const WORD: Readonly<Record<string, string>> = { image: 'images', audio: 'sound', resource: 'embedded files' };
