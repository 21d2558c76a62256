import type { Clock } from '../base/clock.ts';
import { toDisposable } from '../base/disposable.ts';

/** Milliseconds. A timer of the system that gets more is done at once: 25 days and beyond are waited for in steps. */
const LONGEST = 2 ** 31 - 1;

/** The machine's own time and chance. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(milliseconds, run) {
    let timer: NodeJS.Timeout;
    const wait = (left: number): void => {
      timer = left > LONGEST ? setTimeout(() => wait(left - LONGEST), LONGEST) : setTimeout(run, left);
    };
    wait(milliseconds);
    return toDisposable(() => clearTimeout(timer));
  },
  // The global one: `node:crypto` would be loaded at the start of every window.
  id: () => Buffer.from(crypto.getRandomValues(new Uint8Array(16))).toString('base64url'),
};
