import type { Clock } from './clock.ts';
import { toDisposable } from './disposable.ts';

export interface ManualClock extends Clock {
  /** Lets time pass, and runs what was waiting for it, in its order. */
  advance(milliseconds: number): void;
  /** How many wait. */
  readonly waiting: number;
}

/** A clock that stands still until it is moved, and counts its ids. */
export const manualClock = (): ManualClock => {
  const timers = new Set<{ readonly at: number; readonly run: () => void }>();
  let now = 0;
  let ids = 0;
  return {
    now: () => 1_700_000_000_000 + now,
    monotonic: () => now,
    after(milliseconds, run) {
      const timer = { at: now + milliseconds, run };
      timers.add(timer);
      return toDisposable(() => timers.delete(timer));
    },
    id: () => `id${(ids += 1)}`,
    get waiting() {
      return timers.size;
    },
    advance(milliseconds) {
      const end = now + milliseconds;
      for (;;) {
        const next = [...timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
        if (next === undefined) break;
        timers.delete(next);
        now = Math.max(now, next.at);
        next.run();
      }
      now = end;
    },
  };
};
