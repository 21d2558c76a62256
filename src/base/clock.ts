import type { Disposable } from './disposable.ts';

/** Time and ids, handed in: what pure code uses instead of the globals, so that a test can decide both. */
export interface Clock {
  /** Wall time in milliseconds since 1970, for display only. */
  now(): number;
  /** Milliseconds that never jump, for durations and deadlines. */
  monotonic(): number;
  after(milliseconds: number, run: () => void): Disposable;
  /** A new id that nobody else makes: random, URL-safe, at least 96 bits. */
  id(): string;
}

/** True as soon as the promise settles, false when that took longer than `milliseconds`. */
export const within = (clock: Clock, milliseconds: number, settles: Promise<unknown>): Promise<boolean> =>
  new Promise((resolve) => {
    const timer = clock.after(milliseconds, () => resolve(false));
    const settled = (): void => {
      timer.dispose();
      resolve(true);
    };
    settles.then(settled, settled);
  });

/** Settles after `milliseconds`; rejects with the signal's reason as soon as it is aborted. */
export const pause = (clock: Clock, milliseconds: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const timer = clock.after(milliseconds, () => {
      signal.removeEventListener('abort', abort);
      resolve();
    });
    function abort(): void {
      timer.dispose();
      reject(signal.reason);
    }
    signal.addEventListener('abort', abort, { once: true });
  });
