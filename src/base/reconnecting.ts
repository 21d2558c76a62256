/**
 * A connection that is made again whenever it ends.
 *
 * R1 It never gives up by itself: waits have full jitter and grow to 30 s, and 60 healthy seconds forget what was before.
 * R2 What is refused is not tried again until somebody wants it: a wrong secret sent again and again locks its owner out.
 * R3 There is one attempt at a time, and nothing of the last connection is left when the next one is made.
 */
import { abortable } from './abortable.ts';
import { Backoff } from './backoff.ts';
import { type Clock, pause } from './clock.ts';
import type { Connect, Link } from './duplex.ts';
import { Failure, sentence } from './failure.ts';
import type { Log } from './log.ts';

/** `refused`: it does not let us in, and somebody has to do something about that. */
export type LinkState = 'connecting' | 'connected' | 'reconnecting' | 'refused';

/** Milliseconds from the connection to the end of its greeting. */
const GREETING = 30_000;

export interface ReconnectingParts<In, Out = In> {
  readonly connect: Connect<In, Out>;
  readonly clock: Clock;
  readonly log: Log;
  /** How the log calls it: `A relay`. */
  readonly name: string;
  /**
   * Makes a new connection one that can be used; it counts as connected when this has resolved. What it throws ends the
   * connection. The signal is aborted when the connection ends, also long after the greeting.
   */
  greet(link: Link<In, Out>, signal: AbortSignal): Promise<void>;
  /** The state or the trouble is another one. */
  changed(): void;
}

interface Waiting {
  resolve(): void;
  reject(failure: Failure): void;
}

export class Reconnecting<In, Out = In> implements AsyncDisposable {
  readonly #parts: ReconnectingParts<In, Out>;
  readonly #backoff: Backoff;
  readonly #ending = new AbortController();
  readonly #waiting = new Set<Waiting>();
  readonly #running: Promise<void>;
  #state: LinkState = 'connecting';
  #trouble: Failure | undefined;
  #link: Link<In, Out> | undefined;
  #rest: AbortController | undefined;

  /** Connects from now on. */
  constructor(parts: ReconnectingParts<In, Out>) {
    this.#parts = parts;
    this.#backoff = new Backoff(parts.clock);
    this.#running = this.#run();
  }

  get state(): LinkState {
    return this.#state;
  }

  /** Why it is not connected: what happened, and what to do. */
  get trouble(): Failure | undefined {
    return this.#state === 'connected' ? undefined : this.#trouble;
  }

  /** Greeted, and not over. */
  get link(): Link<In, Out> | undefined {
    return this.#state === 'connected' ? this.#link : undefined;
  }

  /** Aborted when it is left for good. */
  get signal(): AbortSignal {
    return this.#ending.signal;
  }

  /** Resolves when it is connected, now or by an attempt that is made at once. @throws Failure why that failed */
  async reach(signal: AbortSignal): Promise<void> {
    this.#ending.signal.throwIfAborted();
    if (this.#state === 'connected') return;
    let mine: Waiting | undefined;
    const reached = new Promise<void>((resolve, reject) => this.#waiting.add((mine = { resolve, reject })));
    this.#backoff.forgive();
    this.#rest?.abort();
    await abortable(reached, signal).finally(() => mine && this.#waiting.delete(mine));
  }

  /** Tries now where it waits: the network or the person is back. What was refused stays so, see {@link reach}. */
  retry(): void {
    if (this.#state !== 'refused') this.#rest?.abort();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const over = new Failure('ended', 'The connection is left.');
    this.#ending.abort(over);
    this.#link?.end();
    for (const { reject } of this.#waiting) reject(over);
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#ending;
    while (!signal.aborted) {
      const failure = await this.#attempt(signal).catch(asFailure);
      this.#link = undefined;
      if (signal.aborted) return;
      this.#backoff.down();
      this.#lost(failure);
      await this.#pause(signal);
      if (this.#state === 'refused' && !signal.aborted) this.#turn('connecting', this.#trouble);
    }
  }

  /** Resolves with the end of a connection; rejects where there is none. */
  async #attempt(signal: AbortSignal): Promise<Failure> {
    const link = await this.#parts.connect(signal);
    this.#link = link;
    // Left in the very moment in which it was made: whoever left it has not seen it.
    if (signal.aborted) link.end();
    const over = new AbortController();
    const closed = link.closed.then((why) => {
      over.abort(why);
      return why;
    });
    const failed = await this.#greet(link, over.signal).then(() => undefined, asFailure);
    if (failed === undefined) {
      if (!over.signal.aborted) this.#connected();
      return await closed;
    }
    link.end();
    const why = await closed;
    // What broke off by itself says more than whoever was waiting for an answer then.
    return failed.code === 'refused' || why.code === ENDED ? failed : why;
  }

  async #greet(link: Link<In, Out>, signal: AbortSignal): Promise<void> {
    const { clock, greet } = this.#parts;
    const slow = new AbortController();
    const timer = clock.after(GREETING, () => slow.abort(mute()));
    await abortable(greet(link, signal), AbortSignal.any([signal, slow.signal])).finally(() => timer.dispose());
  }

  #connected(): void {
    this.#backoff.up();
    this.#turn('connected', undefined);
    for (const { resolve } of this.#waiting) resolve();
  }

  #lost(failure: Failure): void {
    const { log, name } = this.#parts;
    log.info(`${name}: ${failure.message}`);
    this.#turn(failure.code === 'refused' ? 'refused' : 'reconnecting', failure);
    for (const { reject } of this.#waiting) reject(failure);
  }

  #turn(state: LinkState, trouble: Failure | undefined): void {
    const isSame = this.#state === state && this.#trouble?.message === trouble?.message;
    this.#state = state;
    this.#trouble = trouble;
    if (!isSame) this.#parts.changed();
  }

  async #pause(signal: AbortSignal): Promise<void> {
    const rest = new AbortController();
    this.#rest = rest;
    const either = AbortSignal.any([signal, rest.signal]);
    const never = new Promise<void>((resolve) => either.addEventListener('abort', () => resolve(), { once: true }));
    const { clock } = this.#parts;
    await (this.#state === 'refused' ? never : pause(clock, this.#backoff.wait, either).catch(() => undefined));
    this.#rest = undefined;
    // What waits for either is kept alive until one of them comes.
    rest.abort();
  }
}

/** Of a link that was ended here. */
const ENDED = 'ended';

export const asFailure = (failure: unknown): Failure =>
  failure instanceof Failure ? failure : new Failure('lost', sentence(failure), undefined, { cause: failure });

const mute = (): Failure => new Failure('lost', `It did not answer within ${GREETING / 1000} s.`, 'It is tried again.');
