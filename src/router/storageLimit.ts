import type { Clock } from '../base/clock.ts';
import { type Disposable, Disposables, toDisposable } from '../base/disposable.ts';
import { sentence } from '../base/failure.ts';
import type { Log } from '../base/log.ts';
import type { Journal } from './journal.ts';

/** Milliseconds from a reason to look to the look: a start has better things to do. */
const LATER = 5000;
const MEGABYTE = 1024 * 1024;

export interface StorageLimitParts {
  readonly journal: Pick<Journal, 'trim' | 'onFolded'>;
  readonly clock: Clock;
  readonly log: Log;
  /** Megabytes that all sessions may take; undefined: any number. */
  readonly most: () => number | undefined;
  /** Tells the person what it cost. */
  readonly tell: (sessions: number, megabytes: number) => void;
  readonly ending: AbortSignal;
}

/** Sees to it that the sessions on disk stay below what the person allows them, and tells what that cost, once. */
export class StorageLimit implements Disposable {
  readonly #parts: StorageLimitParts;
  readonly #owned = new Disposables();
  #timer: Disposable | undefined;
  #trimming: Promise<void> | undefined;
  #told = false;

  constructor(parts: StorageLimitParts) {
    this.#parts = parts;
    this.#owned.add(toDisposable(() => this.#timer?.dispose()));
    this.#owned.add(parts.journal.onFolded(() => this.look()));
    this.look();
  }

  /** There may be more than is allowed: looks at it soon. */
  look(): void {
    if (this.#owned.ended) return;
    this.#timer ??= this.#parts.clock.after(LATER, () => {
      this.#timer = undefined;
      // One after the other; what has grown meanwhile is found by the second.
      this.#trimming = (this.#trimming ?? Promise.resolve()).then(() => this.#trim());
    });
  }

  /** Settles when nothing is being removed, nor will be. */
  async rest(): Promise<void> {
    this.dispose();
    await this.#trimming;
  }

  dispose(): void {
    this.#owned.dispose();
  }

  async #trim(): Promise<void> {
    const { journal, log, most, tell, ending } = this.#parts;
    const megabytes = most();
    if (megabytes === undefined || ending.aborted) return;
    try {
      const { sessions, entries, bytes } = await journal.trim(megabytes * MEGABYTE, ending);
      if (bytes > megabytes * MEGABYTE) log.info(`The sessions take ${bytes} bytes; those that are open stay whole.`);
      if (sessions === 0) return;
      log.info(`${entries} older entries of ${sessions} sessions were removed to keep within ${megabytes} MB.`);
      if (!this.#told) tell(sessions, megabytes);
      this.#told = true;
    } catch (failure) {
      if (!ending.aborted) log.warn(`The sessions on disk could not be shortened: ${sentence(failure)}`);
    }
  }
}
