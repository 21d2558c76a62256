import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { systemClock } from './clock.ts';

const DAY = 24 * 60 * 60_000;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('[clock] what is to be done in ninety days is not done at once', () => {
  const run = vi.fn<() => void>();
  systemClock.after(90 * DAY, run);
  vi.advanceTimersByTime(90 * DAY - 1);
  expect(run).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(run).toHaveBeenCalledOnce();
});

test('[clock] nothing is left of a long wait that was given up in the midst of it', () => {
  const run = vi.fn<() => void>();
  const wait = systemClock.after(90 * DAY, run);
  vi.advanceTimersByTime(60 * DAY);
  wait.dispose();
  expect(vi.getTimerCount()).toBe(0);
});

test('[clock] what never comes due is never done', () => {
  const run = vi.fn<() => void>();
  const wait = systemClock.after(Number.POSITIVE_INFINITY, run);
  vi.advanceTimersByTime(90 * DAY);
  wait.dispose();
  expect(run).not.toHaveBeenCalled();
});

test('[clock] ids are of 128 bits that nobody else draws', () => {
  const ids = new Set(Array.from({ length: 1000 }, () => systemClock.id()));
  expect(ids.size).toBe(1000);
  for (const id of ids) expect(id).toMatch(/^[\w-]{22}$/u);
});
