import { abortable } from '../../base/abortable.ts';
import { Backoff } from '../../base/backoff.ts';
import { pause } from '../../base/clock.ts';
import { Emitter } from '../../base/event.ts';
import { Failure, sentence } from '../../base/failure.ts';
import type { AgentIntro } from '../../protocol/acp/agent.ts';
import { clientCapabilities } from '../../protocol/acp/capabilities.ts';
import { declaredNames } from '../../protocol/acp/declared.ts';
import type { BackendContext } from '../../router/ports.ts';
import type { AgentDefinition } from '../agent.ts';
import { overridesFor } from '../quirks/quirk.ts';
import { AcpConnection, type Stage } from './connection.ts';

export type AgentState = 'stopped' | 'starting' | 'running' | 'failed';

/** `again`: it has ended before, and is started so many seconds from now. */
export type Reached = (stage: Stage, again?: number) => void;

/** An agent that is being started, for all that wait for it. */
interface Starting {
  readonly connection: Promise<AcpConnection>;
  readonly control: AbortController;
  tell(reached: Reached): void;
  readonly waiting: Set<Reached>;
}

const MOST_PIDS = 50;

/** What is known of the process of an agent. */
export interface AgentFigures {
  readonly state: AgentState;
  readonly pid?: number;
  /** Of the processes that it had in this window, the last ones. */
  readonly pids: readonly number[];
  /** Wall time, ms since 1970, since when it runs. */
  readonly since?: number;
  readonly intro?: AgentIntro;
  /** See {@link Observation}. */
  readonly declared: readonly string[];
  readonly seen: readonly string[];
  /** What we declared to it. */
  readonly offered: readonly string[];
  /** How often it ended by itself since it was last healthy. */
  readonly ends: number;
  /** It is not started any more before a person restarts it. */
  readonly givenUp: boolean;
}

/**
 * Starts the process of an agent when it is first needed, and another one when that has ended.
 *
 * One that ended by itself is started again when somebody wants it, after the wait of {@link Backoff}. While it starts
 * and ends, one that has worked before is tried again by itself; of one that never has, its first end is told at once.
 */
export class Launcher implements AsyncDisposable {
  readonly #label: string;
  readonly #definition: AgentDefinition;
  readonly #context: BackendContext;
  readonly #changed = new Emitter<void>();
  readonly onChanged = this.#changed.event;
  readonly #backoff: Backoff;
  #connection: AcpConnection | undefined;
  #starting: Starting | undefined;
  #state: AgentState = 'stopped';
  #since: number | undefined;
  #pids: readonly number[] = [];
  /** It has introduced itself at least once. */
  #proved = false;
  #lastEnd = '';
  #lastWords = '';
  #disposed = false;

  constructor(definition: AgentDefinition, context: BackendContext) {
    this.#label = definition.label;
    this.#definition = definition;
    this.#context = context;
    this.#backoff = new Backoff(context.clock);
  }

  get figures(): AgentFigures {
    const connection = this.#connection;
    const running = this.#state === 'running' && connection !== undefined;
    const { observed, intro, pid } = connection ?? {};
    return {
      state: this.#state,
      ...(running && pid !== undefined ? { pid } : {}),
      ...(running && this.#since !== undefined ? { since: this.#since } : {}),
      ...(running && intro !== undefined ? { intro } : {}),
      pids: this.#pids,
      declared: observed?.declared ?? [],
      seen: observed?.seen ?? [],
      offered: declaredNames(clientCapabilities(...overridesFor(this.#definition, intro?.name))),
      ends: this.#backoff.ends,
      givenUp: this.#backoff.givenUp,
    };
  }

  get state(): AgentState {
    return this.#state;
  }

  stderrTail(): string {
    return this.#connection?.stderrTail() ?? this.#lastWords;
  }

  /** The running agent; starts it when there is none. Those that wait at the same time wait for the same one. */
  async connect(reached: Reached, signal: AbortSignal): Promise<AcpConnection> {
    signal.throwIfAborted();
    const current = this.#connection;
    if (current?.leaving === false) return current;
    if (current !== undefined) {
      await abortable(current.closed, signal);
      return this.connect(reached, signal);
    }
    if (this.#disposed) throw new Failure('stopped', `${this.#label} was stopped.`);
    this.#starting ??= this.#start();
    const { connection, tell, waiting } = this.#starting;
    tell(reached);
    waiting.add(reached);
    try {
      return await abortable(connection, signal);
    } finally {
      waiting.delete(reached);
    }
  }

  /** Whether {@link connect} would give one that others have used before. */
  get isShared(): boolean {
    return this.#connection?.leaving === false;
  }

  /** A person ends it: whatever it did before, its next start is not made to wait. */
  async stop(): Promise<void> {
    this.#backoff.forgive();
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
    const waiting = new Set<Reached>();
    let now: Parameters<Reached> = ['starting'];
    const reached: Reached = (...next) => {
      if (next[0] === now[0] && next[1] === now[1]) return;
      now = next;
      for (const tell of waiting) tell(...next);
    };
    this.#become('starting');
    const connection = this.#launchPatiently(reached, control.signal).then(
      (opened) => {
        this.#starting = undefined;
        this.#connection = opened;
        this.#since = this.#context.clock.now();
        if (opened.pid !== undefined) this.#pids = [...this.#pids.slice(-MOST_PIDS), opened.pid];
        this.#become('running');
        void opened.closed.then((failure) => this.#lost(opened, failure));
        return opened;
      },
      (failure: unknown) => {
        this.#starting = undefined;
        this.#become(control.signal.aborted ? 'stopped' : 'failed');
        throw failure;
      },
    );
    return { connection, control, tell: (told) => told(...now), waiting };
  }

  async #launchPatiently(reached: Reached, signal: AbortSignal): Promise<AcpConnection> {
    for (;;) {
      if (this.#backoff.givenUp) throw this.#givenUp();
      for (let wait = this.#backoff.wait; wait > 0; wait = this.#backoff.wait) {
        // Less than a second is over before anybody has read of it.
        if (wait >= 1000) reached('starting', Math.ceil(wait / 1000));
        await pause(this.#context.clock, Math.min(wait, 1000), signal);
      }
      try {
        const opened = await this.#launch(reached, signal);
        this.#backoff.up();
        this.#proved = true;
        return opened;
      } catch (failure) {
        if (signal.aborted || !(failure instanceof Failure) || failure.code !== 'agent gone') throw failure;
        this.#ended(failure);
        if (!this.#proved) throw failure;
        this.#context.log.info(`${failure.message} (while it was started, ${this.#backoff.ends} so far)`);
      }
    }
  }

  #ended({ message }: Failure): void {
    // The way to one that runs elsewhere has a patience of its own, which never ends.
    if (this.#definition.address === undefined) this.#backoff.down();
    this.#lastEnd = message;
  }

  #givenUp(): Failure {
    const message = `${this.#label} ended ${this.#backoff.ends} times and is not started again by itself. ${this.#lastEnd}`;
    return new Failure('given up', message, 'Look into its log, and restart it.');
  }

  async #launch(reached: Reached, signal: AbortSignal): Promise<AcpConnection> {
    const overrides = overridesFor(this.#definition);
    const first = await AcpConnection.open(this.#definition, this.#context, overrides, reached, signal);
    const informed = overridesFor(this.#definition, first.intro.name);
    const same = JSON.stringify(clientCapabilities(...overrides)) === JSON.stringify(clientCapabilities(...informed));
    if (same) return first;
    // Only its own name told which agent it is, and what was promised to it by then cannot be taken back.
    await first[Symbol.asyncDispose]();
    return AcpConnection.open(this.#definition, this.#context, informed, reached, signal);
  }

  #lost(connection: AcpConnection, failure: Failure): void {
    if (this.#connection !== connection) return;
    this.#ended(failure);
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
