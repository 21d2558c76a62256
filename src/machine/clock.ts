import { randomBytes } from 'node:crypto';
import type { Clock } from '../base/clock.ts';
import { toDisposable } from '../base/disposable.ts';

/** The machine's own time and chance. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(milliseconds, run) {
    const timer = setTimeout(run, milliseconds);
    return toDisposable(() => clearTimeout(timer));
  },
  id: () => randomBytes(16).toString('base64url'),
};
