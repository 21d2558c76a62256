import { sentence } from '../base/failure.ts';
import type { Log } from '../base/log.ts';
import { LIMITS } from './limits.ts';

/**
 * Writes messages in batches, one batch at a time: what is said while a surface is still taking the last batch goes
 * with the next one. A surface that takes nothing at all is given up before what waits for it grows without end.
 */
export class Outbox<T> {
  readonly #writer: WritableStreamDefaultWriter<readonly T[]>;
  readonly #log: Log;
  readonly #onEnd: () => void;
  #waiting: T[] = [];
  #writing = false;
  #ended = false;

  constructor(writable: WritableStream<readonly T[]>, log: Log, onEnd: () => void) {
    this.#writer = writable.getWriter();
    this.#log = log;
    this.#onEnd = onEnd;
    this.#writer.closed.catch(() => this.end());
  }

  send(message: T): void {
    if (this.#ended) return;
    this.#waiting.push(message);
    if (this.#waiting.length > LIMITS.viewWaiting) {
      this.#log.warn('A surface takes no messages any more and was given up.');
      this.end();
    } else if (!this.#writing) void this.#write();
  }

  /** Nothing more is sent. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#waiting = [];
    // What breaks while it ends is of no interest to anybody.
    this.#writer.close().catch(() => undefined);
    this.#onEnd();
  }

  async #write(): Promise<void> {
    this.#writing = true;
    try {
      while (this.#waiting.length > 0) {
        const batch = this.#waiting;
        this.#waiting = [];
        await this.#writer.write(batch);
      }
    } catch (failure) {
      this.#log.debug(`A surface went away: ${sentence(failure)}`);
      this.end();
    } finally {
      this.#writing = false;
    }
  }
}
