import { abortable } from '../../base/abortable.ts';
import type { Clock } from '../../base/clock.ts';
import type { Connect, Link } from '../../base/duplex.ts';
import { Failure } from '../../base/failure.ts';
import type { Log } from '../../base/log.ts';
import { type LinkState, Reconnecting } from '../../base/reconnecting.ts';
import type { Process } from '../../router/ports.ts';
import { agentProcess } from './agentProcess.ts';

export interface AgentAtParts {
  /** What a person calls it. */
  readonly label: string;
  readonly connect: Connect<string>;
  readonly clock: Clock;
  readonly log: Log;
  /** Has the agent introduce itself, which spawns it here first. @throws Failure why it did not */
  start(signal: AbortSignal): Promise<void>;
  /** A connection that was good has ended, and whoever used it knows: what lived in it can be taken up again. */
  lost(): void;
  /** The state or the trouble is another one. */
  changed(): void;
}

/**
 * An agent at an address, connected for as long as somebody wants it.
 *
 * The connection comes first, and the agent is then started over it; a start that comes before there is one waits for it.
 * One that was stopped on purpose stays so until the next start.
 */
export class AgentAt implements AsyncDisposable {
  readonly #parts: AgentAtParts;
  readonly #line: Reconnecting<string>;
  #offer = Promise.withResolvers<Link<string>>();
  /** Settles when nobody uses the last connection any more. */
  #free: Promise<unknown> = Promise.resolve();
  /** As it came; there is never more than one. */
  #link: Link<string> | undefined;
  #taken: Link<string> | undefined;
  /** Whose user has ended it, and not the other side. */
  #left: Link<string> | undefined;
  #starting = false;
  /** After such an end: it is known what follows from it. */
  #known = Promise.withResolvers<void>();
  #stopped = false;

  constructor(parts: AgentAtParts) {
    this.#parts = parts;
    const { clock, log, label } = parts;
    this.#line = new Reconnecting({
      connect: (signal) => this.#connect(signal),
      clock,
      log,
      name: label,
      greet: (_, signal) => this.#greet(signal),
      changed: () => this.#changed(),
    });
    this.#renew();
  }

  get state(): LinkState {
    return this.#line.state;
  }

  /** On purpose, and so it stays until somebody wants it again. */
  get stopped(): boolean {
    return this.#stopped;
  }

  /** Why it is not connected: what happened, and what to do. */
  get trouble(): Failure | undefined {
    return this.#line.trouble;
  }

  /** Resolves when it is connected, now or by an attempt that is made at once. @throws Failure why that failed */
  async reach(signal: AbortSignal): Promise<void> {
    this.#stopped = false;
    await this.#line.reach(signal);
  }

  /** Tries now where it waits. */
  retry(): void {
    this.#line.retry();
  }

  /** The agent, as soon as there is a connection to it; waits for that as long as it takes. @throws Failure `refused` */
  async spawn(signal: AbortSignal): Promise<Process> {
    const isAnew = this.#stopped || this.#line.state === 'refused';
    this.#stopped = false;
    this.#known.resolve();
    // Somebody wants it, whatever was: what becomes of that is told by the offer.
    if (isAnew) this.#line.reach(signal).catch(() => undefined);
    const link = await abortable(this.#offer.promise, signal).catch((failure: unknown) => {
      this.#stopped ||= signal.aborted;
      throw failure;
    });
    this.#renew();
    return this.#processOver(link);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#line[Symbol.asyncDispose]();
    this.#offer.reject(new Failure('ended', `${this.#parts.label} is not connected any more.`, 'Connect it again.'));
  }

  async #connect(signal: AbortSignal): Promise<Link<string>> {
    if (this.#stopped)
      throw new Failure(
        'refused',
        `${this.#parts.label} was stopped here.`,
        'Go on in a session, or connect it again.',
      );
    const link = await this.#parts.connect(signal);
    this.#link = link;
    return {
      messages: link.messages,
      closed: link.closed.then(async (why) => {
        if (this.#left !== link) return why;
        // A start that gives up says why, and one that wants another connection says so.
        if (this.#starting) await this.#known.promise;
        return new Failure('ended', `${this.#parts.label} was ended here.`);
      }),
      end: () => link.end(),
    };
  }

  async #greet(signal: AbortSignal): Promise<void> {
    await abortable(this.#free, signal);
    const link = this.#link;
    if (link !== undefined) this.#offer.resolve(link);
    this.#starting = true;
    try {
      await this.#parts.start(signal);
    } catch (failure) {
      if (!(failure instanceof Failure) || PASSING.has(failure.code)) throw failure;
      this.#stopped = false;
      throw new Failure('refused', failure.message, failure.next, { cause: failure });
    } finally {
      this.#starting = false;
      if (this.#taken !== link) this.#renew();
      // Not before what is thrown here was heard.
      this.#parts.clock.after(0, () => this.#known.resolve());
    }
  }

  #processOver(link: Link<string>): Process {
    let good = false;
    this.#taken = link;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#free = promise;
    return agentProcess({
      link,
      clock: this.#parts.clock,
      heard: () => (good = true),
      over: (lost) => {
        resolve();
        if (!lost) {
          this.#stopped = true;
          this.#left = link;
          this.#known = Promise.withResolvers();
        } else if (good && !this.#line.signal.aborted) this.#parts.lost();
      },
    });
  }

  #changed(): void {
    const { state, trouble } = this.#line;
    if (state === 'refused' && trouble !== undefined) {
      this.#offer.reject(trouble);
      this.#renew();
    }
    this.#parts.changed();
  }

  #renew(): void {
    this.#offer = Promise.withResolvers();
    // Nobody may be waiting for it.
    this.#offer.promise.catch(() => undefined);
  }
}

/** What the next attempt may be spared of. Whatever else an agent answers to its first question it answers again. */
const PASSING: ReadonlySet<string> = new Set(['agent gone', 'lost', 'ended', 'stopped', 'cancelled']);
