import { Emitter } from '../../base/event.ts';
import { Failure, sentence } from '../../base/failure.ts';
import { clientCapabilities } from '../../protocol/acp/capabilities.ts';
import type { BackendContext } from '../../router/ports.ts';
import type { AgentDefinition } from '../agent.ts';
import { overridesFor } from '../quirks/quirk.ts';
import { AcpConnection, type Stage } from './connection.ts';

export type AgentState = 'stopped' | 'starting' | 'running' | 'failed';

/** An agent that is being started, for all that wait for it. */
interface Starting {
  readonly connection: Promise<AcpConnection>;
  readonly control: AbortController;
  stage(): Stage;
  readonly waiting: Set<(stage: Stage) => void>;
}

/** Starts the process of an agent when it is first needed, and another one when that has ended. */
export class Launcher implements AsyncDisposable {
  readonly #label: string;
  readonly #definition: AgentDefinition;
  readonly #context: BackendContext;
  readonly #changed = new Emitter<void>();
  readonly onChanged = this.#changed.event;
  #connection: AcpConnection | undefined;
  #starting: Starting | undefined;
  #state: AgentState = 'stopped';
  #lastWords = '';
  #disposed = false;

  constructor(definition: AgentDefinition, context: BackendContext) {
    this.#label = definition.label;
    this.#definition = definition;
    this.#context = context;
  }

  get state(): AgentState {
    return this.#state;
  }

  stderrTail(): string {
    return this.#connection?.stderrTail() ?? this.#lastWords;
  }

  /** The running agent; starts it when there is none. Those that wait at the same time wait for the same one. */
  async connect(reached: (stage: Stage) => void, signal: AbortSignal): Promise<AcpConnection> {
    signal.throwIfAborted();
    if (this.#disposed) throw new Failure('stopped', `${this.#label} was stopped.`);
    if (this.#connection !== undefined && this.#connection.ended === undefined) return this.#connection;
    this.#starting ??= this.#start();
    const { connection, stage, waiting } = this.#starting;
    reached(stage());
    waiting.add(reached);
    try {
      return await abortable(connection, signal);
    } finally {
      waiting.delete(reached);
    }
  }

  async stop(): Promise<void> {
    const starting = this.#starting;
    starting?.control.abort(new Failure('stopped', `${this.#label} was stopped.`));
    await starting?.connection.catch(() => undefined);
    const connection = this.#connection;
    this.#connection = undefined;
    if (connection === undefined) return;
    this.#lastWords = connection.stderrTail();
    await connection[Symbol.asyncDispose]();
    this.#become('stopped');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed = true;
    await this.stop();
    this.#changed.dispose();
  }

  #start(): Starting {
    const control = new AbortController();
    const waiting = new Set<(stage: Stage) => void>();
    let stage: Stage = 'starting';
    const reached = (next: Stage): void => {
      if (next === stage) return;
      stage = next;
      for (const tell of waiting) tell(next);
    };
    this.#become('starting');
    const connection = this.#launch(reached, control.signal).then(
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
    return { connection, control, stage: () => stage, waiting };
  }

  async #launch(reached: (stage: Stage) => void, signal: AbortSignal): Promise<AcpConnection> {
    const overrides = overridesFor(this.#definition);
    const first = await AcpConnection.open(this.#definition, this.#context, overrides, reached, signal);
    const informed = overridesFor(this.#definition, first.intro.name);
    const same = JSON.stringify(clientCapabilities(...overrides)) === JSON.stringify(clientCapabilities(...informed));
    if (same) return first;
    // Only its own name told which agent it is, and what was promised to it by then cannot be taken back.
    await first[Symbol.asyncDispose]();
    return AcpConnection.open(this.#definition, this.#context, informed, reached, signal);
  }

  #lost(connection: AcpConnection): void {
    if (this.#connection !== connection) return;
    this.#lastWords = connection.stderrTail();
    this.#connection = undefined;
    this.#become('failed');
    // One that only closed its output lives on, and nobody can speak with it any more.
    connection[Symbol.asyncDispose]().catch((failure: unknown) => this.#context.log.warn(sentence(failure)));
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
