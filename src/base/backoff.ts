/**
 * How long to wait before something that ended is started again.
 *
 * B1 The first end costs nothing: it is started again as soon as it is wanted. After each further one the wait is
 *    anywhere between nothing and a limit that doubles up to 30 s (full jitter): what ended together must not come back
 *    together.
 * B2 What lived for 60 s is healthy, and all that was before is forgotten.
 * B3 After five ends within 60 s, or five starts in a row that came to nothing, it is given up until somebody who wants
 *    it in spite of that says so.
 */
import type { Clock } from './clock.ts';

const FIRST_LIMIT = 250;
const LAST_LIMIT = 30_000;
const HEALTHY = 60_000;
const MOST = 5;

export class Backoff {
  readonly #clock: Pick<Clock, 'monotonic' | 'id'>;
  #ends: readonly number[] = [];
  /** Ends since it was healthy. */
  #count = 0;
  #failedStarts = 0;
  #upSince: number | undefined;
  #notBefore = Number.NEGATIVE_INFINITY;

  constructor(clock: Pick<Clock, 'monotonic' | 'id'>) {
    this.#clock = clock;
  }

  /** How often it has ended since it was healthy. */
  get ends(): number {
    return this.#count;
  }

  /** Milliseconds from now; 0: it may be started at once. */
  get wait(): number {
    return Math.max(0, this.#notBefore - this.#clock.monotonic());
  }

  get givenUp(): boolean {
    return this.#failedStarts >= MOST || this.#recent(this.#clock.monotonic()).length >= MOST;
  }

  /** It has started, and does what it is there for. */
  up(): void {
    this.#upSince = this.#clock.monotonic();
    this.#failedStarts = 0;
  }

  /** It has ended by itself, or did not even start. */
  down(): void {
    const now = this.#clock.monotonic();
    const started = this.#upSince !== undefined;
    if (this.#upSince !== undefined && now - this.#upSince >= HEALTHY) this.forgive();
    this.#upSince = undefined;
    this.#ends = [...this.#recent(now), now];
    this.#count += 1;
    if (!started) this.#failedStarts += 1;
    if (this.#count === 1) return;
    const limit = Math.min(LAST_LIMIT, FIRST_LIMIT * 2 ** (this.#count - 2));
    this.#notBefore = now + limit * fraction(this.#clock.id());
  }

  /** A person wants it now, whatever was. */
  forgive(): void {
    this.#ends = [];
    this.#count = 0;
    this.#failedStarts = 0;
    this.#notBefore = Number.NEGATIVE_INFINITY;
  }

  #recent(now: number): readonly number[] {
    // One that has been given up stays so: nothing ends any more, and time alone mends nothing.
    return this.#ends.length >= MOST ? this.#ends : this.#ends.filter((end) => now - end < HEALTHY);
  }
}

/** From 0 up to 1, spread evenly: chance comes with the clock, as an id that nobody else makes. */
const fraction = (id: string): number => {
  let hash = 0x811c9dc5;
  for (let at = 0; at < id.length; at += 1) hash = Math.imul(hash ^ id.charCodeAt(at), 0x01000193);
  // Ids that differ in their end alone would lie close together without this.
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
};
