import type * as acp from '@agentclientprotocol/sdk';
import { Emitter } from '../base/event.ts';
import { Failure, PeerError } from '../base/failure.ts';
import { readConfigOptions, withMode } from '../model/fold/options.ts';
import { isFields, listOf } from '../model/fold/read.ts';
import type { Owns, SessionKey } from '../model/session.ts';
import { clientCapabilities } from '../protocol/acp/capabilities.ts';
import { turnError } from '../protocol/acp/errors.ts';
import { AGENT } from '../protocol/acp/methods.ts';
import { withValue } from '../protocol/acp/options.ts';
import type { Backend, BackendCommand, BackendContext, CreateOptions } from '../router/ports.ts';
import { AcpConnection } from './acp/connection.ts';
import type { AcpSession } from './acp/session.ts';
import type { AgentDefinition } from './agent.ts';
import { overridesFor } from './quirks/quirk.ts';

export type AgentState = 'stopped' | 'starting' | 'running' | 'failed';

/**
 * An agent that speaks ACP on its own input and output: one child for all of its sessions, started by the first of
 * them. One that has ended is not used again; the next session starts another.
 */
export class AcpBackend implements Backend {
  readonly id: string;
  readonly label: string;
  readonly owns: Owns = { history: 'us', queue: 'us', questions: 'us' };
  readonly #definition: AgentDefinition;
  readonly #context: BackendContext;
  readonly #changed = new Emitter<void>();
  readonly onChanged = this.#changed.event;
  readonly #sessions = new Map<SessionKey, AcpSession>();
  #connection: AcpConnection | undefined;
  #starting: { readonly connection: Promise<AcpConnection>; readonly control: AbortController } | undefined;
  #state: AgentState = 'stopped';
  #lastWords = '';
  #disposed = false;

  constructor(agent: AgentDefinition, context: BackendContext) {
    this.id = agent.id;
    this.label = agent.label;
    this.#definition = agent;
    this.#context = context;
  }

  get state(): AgentState {
    return this.#state;
  }

  /** The last lines of its stderr; those of the one before, when it has ended. */
  stderrTail(): string {
    return this.#connection?.stderrTail() ?? this.#lastWords;
  }

  async create(key: SessionKey, options: CreateOptions, signal: AbortSignal): Promise<void> {
    const connection = await this.#connect(signal);
    const session = await connection.newSession(key, options.cwd, signal);
    this.#sessions.set(key, session);
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
    else await this.#setOption(session, command.option, command.value, signal);
  }

  /** Ends the agent and starts another. The sessions of the old one stay as they are, marked as failed. */
  async restart(signal: AbortSignal): Promise<void> {
    await this.#stop();
    await this.#connect(signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed = true;
    await this.#stop();
    this.#changed.dispose();
  }

  /** A prompt that was taken always ends with `turn/ended`, whatever becomes of the agent. */
  #prompt(session: AcpSession, turn: string, prompt: readonly acp.ContentBlock[]): void {
    const { connection } = session;
    const refused = connection.peer.refusal() ?? unsupported(prompt, connection);
    if (refused !== undefined) throw refused;
    session.turn = turn;
    session.cancelling = false;
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

  /** The running agent; starts it when there is none. Those that wait at the same time wait for the same one. */
  async #connect(signal: AbortSignal): Promise<AcpConnection> {
    signal.throwIfAborted();
    if (this.#disposed) throw new Failure('stopped', `${this.label} was stopped.`);
    if (this.#connection !== undefined && this.#connection.ended === undefined) return this.#connection;
    this.#starting ??= this.#start();
    return abortable(this.#starting.connection, signal);
  }

  #start(): { connection: Promise<AcpConnection>; control: AbortController } {
    const control = new AbortController();
    this.#become('starting');
    const connection = this.#open(control.signal).then(
      (opened) => {
        this.#starting = undefined;
        this.#connection = opened;
        this.#become('running');
        void opened.closed.then(() => this.#lost(opened));
        return opened;
      },
      (failure: unknown) => {
        this.#starting = undefined;
        this.#become(control.signal.aborted ? 'stopped' : 'failed');
        throw failure;
      },
    );
    return { connection, control };
  }

  async #open(signal: AbortSignal): Promise<AcpConnection> {
    const overrides = overridesFor(this.#definition);
    const first = await AcpConnection.open(this.#definition, this.#context, overrides, signal);
    const informed = overridesFor(this.#definition, first.intro.name);
    const same = JSON.stringify(clientCapabilities(...overrides)) === JSON.stringify(clientCapabilities(...informed));
    if (same) return first;
    // Only its own name told which agent it is, and what was promised to it by then cannot be taken back.
    await first[Symbol.asyncDispose]();
    return AcpConnection.open(this.#definition, this.#context, informed, signal);
  }

  #lost(connection: AcpConnection): void {
    if (this.#connection !== connection) return;
    this.#lastWords = connection.stderrTail();
    this.#connection = undefined;
    this.#become('failed');
  }

  async #stop(): Promise<void> {
    const starting = this.#starting;
    starting?.control.abort(new Failure('stopped', `${this.label} was stopped.`));
    await starting?.connection.catch(() => undefined);
    const connection = this.#connection;
    this.#connection = undefined;
    if (connection === undefined) return;
    this.#lastWords = connection.stderrTail();
    await connection[Symbol.asyncDispose]();
    this.#become('stopped');
  }

  #become(state: AgentState): void {
    if (this.#state === state) return;
    this.#state = state;
    this.#changed.fire();
  }
}

/** The value, or the signal's reason as soon as it is aborted. */
const abortable = <T>(promise: Promise<T>, signal: AbortSignal): Promise<T> =>
  new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });

/** An answer without a reason that can be read ended like any other. */
const stopReason = (result: unknown): string =>
  isFields(result) && typeof result['stopReason'] === 'string' ? result['stopReason'] : 'end_turn';

/** Agents are sent only what they said they take (protocol §4); text and links they all do. */
const unsupported = (prompt: readonly acp.ContentBlock[], { intro, label }: AcpConnection): Failure | undefined => {
  const takes: Readonly<Record<string, boolean>> = {
    image: intro.image,
    audio: intro.audio,
    resource: intro.embeddedContext,
  };
  const refused = prompt.find((block) => takes[block.type] === false);
  return (
    refused &&
    new Failure('unsupported', `${label} does not take ${WORD[refused.type] ?? 'this'}.`, 'Take it out of the message.')
  );
};

const WORD: Readonly<Record<string, string>> = { image: 'images', audio: 'sound', resource: 'embedded files' };
