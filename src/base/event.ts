import { type Disposable, toDisposable } from './disposable.ts';

/** Subscribe; the listener is called synchronously, in the order of subscription. */
export type Event<T> = (listener: (value: T) => void) => Disposable;

/**
 * One source of an {@link Event}.
 *
 * A listener that throws does not keep the next one from hearing: the failure goes to `onFailure`,
 * since an announcement must reach every surface.
 */
export class Emitter<T> implements Disposable {
  readonly #listeners = new Set<(value: T) => void>();
  readonly #onFailure: (failure: unknown) => void;

  constructor(
    onFailure: (failure: unknown) => void = (failure) => {
      throw failure;
    },
  ) {
    this.#onFailure = onFailure;
  }

  readonly event: Event<T> = (listener) => {
    // Wrapped, so that the same function subscribed twice is two subscriptions.
    const own = (value: T): void => listener(value);
    this.#listeners.add(own);
    return toDisposable(() => this.#listeners.delete(own));
  };

  fire(value: T): void {
    for (const listener of [...this.#listeners]) {
      try {
        listener(value);
      } catch (failure) {
        this.#onFailure(failure);
      }
    }
  }

  get listened(): boolean {
    return this.#listeners.size > 0;
  }

  dispose(): void {
    this.#listeners.clear();
  }
}
