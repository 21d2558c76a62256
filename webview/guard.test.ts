// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Guard, INERT } from './guard.ts';

let visible: 'visible' | 'hidden';
let guard: Guard;

beforeEach(() => {
  vi.useFakeTimers();
  visible = 'visible';
  vi.spyOn(document, 'visibilityState', 'get').mockImplementation(() => visible);
});
afterEach(() => {
  guard.dispose();
  vi.restoreAllMocks();
  vi.useRealTimers();
});

const turn = (to: typeof visible): void => {
  visible = to;
  document.dispatchEvent(new Event('visibilitychange'));
};
/** Two frames, and then so long. */
const shown = (milliseconds: number): Promise<unknown> => vi.advanceTimersByTimeAsync(40 + milliseconds);
const now = () => [guard.armed.value, guard.accepts()];

describe('a card in a page that comes and goes', () => {
  test('[S31] [acp 4.2.13] that appeared while nobody saw it is inert for its half second after it is seen', async () => {
    visible = 'hidden';
    guard = new Guard();
    await shown(60 * INERT);
    expect(now()).toEqual([false, false]);
    turn('visible');
    // A click that was on its way to what stood there before.
    expect(now()).toEqual([false, false]);
    await shown(INERT - 100);
    expect(now()).toEqual([false, false]);
    await shown(100);
    expect(now()).toEqual([true, true]);
  });

  test('[S31] [acp 4.2.13] that was seen and went away begins anew, and a timer from before does not count', async () => {
    guard = new Guard();
    await shown(INERT - 100);
    turn('hidden');
    await shown(INERT);
    turn('visible');
    await shown(INERT - 100);
    expect(now()).toEqual([false, false]);
    await shown(100);
    expect(now()).toEqual([true, true]);
    turn('hidden');
    expect(now()).toEqual([false, false]);
  });

  test('[acp 4.2.13] is left with no timer and no listener when it goes', async () => {
    guard = new Guard();
    guard.dispose();
    turn('visible');
    expect(vi.getTimerCount()).toBe(0);
  });
});
