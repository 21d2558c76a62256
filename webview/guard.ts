import { type ReadonlySignal, signal } from '@preact/signals';
import type { Disposable } from '../src/base/disposable.ts';

/** How long what just appeared takes no answer, in milliseconds: a key typed ahead or a click aimed elsewhere. */
export const INERT = 500;

/**
 * Whether what is shown has been in sight long enough to be answered.
 *
 * Counted from its first paint while the page is visible, and anew after the page was hidden. A press that began
 * before does not count either, however late it ends.
 */
export class Guard implements Disposable {
  readonly #armed = signal(false);
  #frame = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #shownAt: number | undefined;
  #pressedAt: number | undefined;

  constructor() {
    document.addEventListener('visibilitychange', this.#restart);
    this.#restart();
  }

  get armed(): ReadonlySignal<boolean> {
    return this.#armed;
  }

  /** A key or a button went down. */
  pressed(): void {
    this.#pressedAt = performance.now();
  }

  /** Whether the click that arrives now may count. */
  accepts(): boolean {
    const shownAt = this.#shownAt;
    const now = performance.now();
    const pressedAt = this.#pressedAt ?? now;
    this.#pressedAt = undefined;
    return shownAt !== undefined && Math.min(now, pressedAt) - shownAt >= INERT;
  }

  readonly #restart = (): void => {
    this.#stop();
    if (document.visibilityState !== 'visible') return;
    // The second frame begins after the first was painted.
    this.#frame = requestAnimationFrame(() => {
      this.#frame = requestAnimationFrame(() => {
        this.#shownAt = performance.now();
        this.#timer = setTimeout(() => {
          this.#armed.value = true;
        }, INERT);
      });
    });
  };

  #stop(): void {
    cancelAnimationFrame(this.#frame);
    clearTimeout(this.#timer);
    this.#shownAt = undefined;
    this.#armed.value = false;
  }

  dispose(): void {
    document.removeEventListener('visibilitychange', this.#restart);
    this.#stop();
  }
}
