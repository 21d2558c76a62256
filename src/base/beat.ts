import type { Clock } from './clock.ts';
import type { Disposable } from './disposable.ts';

/** Milliseconds between two signs of life, of locks as of connections, and after how long without one something is gone. */
export const BEAT = 15_000;
export const STILL = 45_000;

/**
 * At the next beat, which is the same moment for all that beats in a process: one that only lives is woken once for all of
 * it, and sleeps until the next.
 */
export const atBeat = (clock: Clock, run: () => void): Disposable => {
  const rest = BEAT - (clock.monotonic() % BEAT);
  // The system's timers are a little early now and then, and what is new needs no sign at once.
  return clock.after(rest < BEAT / 2 ? rest + BEAT : rest, run);
};
