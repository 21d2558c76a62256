import { JOURNAL_LIMITS } from '../router/journal.ts';

/** When something that failed is tried again: after ever longer pauses, up to a longest one. */
export class Retry {
  /** By the clock that does not jump. */
  at = 0;
  #pause: number = JOURNAL_LIMITS.retry;

  later(now: number): undefined {
    this.at = now + this.#pause;
    this.#pause = Math.min(this.#pause * 2, JOURNAL_LIMITS.retryMost);
    return undefined;
  }

  reset(): void {
    this.#pause = JOURNAL_LIMITS.retry;
  }
}
