import { expect, test, vi } from 'vitest';
import { Emitter } from '../base/event.ts';
import { manualClock } from '../base/testing.ts';
import { endWhenIdle } from './idle.ts';

test('[host] a host ends when nobody needed it for the whole time, and not before', () => {
  const clock = manualClock();
  const changed = new Emitter<void>();
  const end = vi.fn();
  let isNeeded = false;
  const idle = endWhenIdle({ minutes: () => 10, clock, isNeeded: () => isNeeded, changes: [changed.event] }, end);
  clock.advance(9 * 60_000);
  isNeeded = true;
  changed.fire();
  clock.advance(60 * 60_000);
  isNeeded = false;
  changed.fire();
  clock.advance(9 * 60_000);
  // News that changes nothing is no use of it.
  changed.fire();
  expect(end).not.toHaveBeenCalled();
  clock.advance(60_000);
  expect(end).toHaveBeenCalledTimes(1);
  idle.dispose();
  expect(clock.waiting).toBe(0);
});
