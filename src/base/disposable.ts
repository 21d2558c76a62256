/** Something that is owned, and ends when its owner says so. Disposing twice is harmless. */
export interface Disposable {
  dispose(): void;
}

export const toDisposable = (end: () => void): Disposable => {
  let ended = false;
  return {
    dispose() {
      if (ended) return;
      ended = true;
      end();
    },
  };
};

const alive = new Set<Disposables>();

/**
 * Owns disposables and ends them in reverse order.
 *
 * Adding to one that has already ended ends the newcomer at once: the code that was still awaiting
 * something when its owner went away must not leak what it then receives.
 */
export class Disposables implements Disposable {
  readonly #owned = new Set<Disposable>();
  #ended = false;

  constructor() {
    alive.add(this);
  }

  get ended(): boolean {
    return this.#ended;
  }

  add<T extends Disposable>(item: T): T {
    if (this.#ended) item.dispose();
    else this.#owned.add(item);
    return item;
  }

  onEnd(end: () => void): Disposable {
    return this.add(toDisposable(end));
  }

  /** Ends one item before its owner ends. */
  remove(item: Disposable): void {
    this.#owned.delete(item);
    item.dispose();
  }

  dispose(): void {
    if (this.#ended) return;
    this.#ended = true;
    alive.delete(this);
    const failures: unknown[] = [];
    for (const item of [...this.#owned].reverse()) {
      try {
        item.dispose();
      } catch (failure) {
        // One failing part must not keep the others alive.
        failures.push(failure);
      }
    }
    this.#owned.clear();
    if (failures.length > 0) throw new AggregateError(failures, 'Some parts did not end cleanly.');
  }
}

/** How many owners have not ended: what a suite compares before and after. */
export const undisposed = (): number => alive.size;
