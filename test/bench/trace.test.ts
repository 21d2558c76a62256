import { expect, test } from 'vitest';
import { longestIn } from './trace.ts';

const task = (tid: number, tdur?: number) => ({
  name: 'ThreadControllerImpl::RunTask',
  pid: 1,
  tid,
  dur: 900_000,
  ...(tdur === undefined ? {} : { tdur }),
});
const key = { name: 'EventDispatch', pid: 1, tid: 7, args: { data: { type: 'keydown' } } };

test('[P6] the longest task is found on the thread that took the key, by its own time', () => {
  expect(
    longestIn([task(7, 12_000), key, task(8, 80_000), task(7, 30_000), { ...task(7, 99_000), name: 'Layout' }]),
  ).toBe(30);
});

test('[P6] a trace without tasks or without the key is no proof of short ones', () => {
  expect(() => longestIn([task(7, 12_000)])).toThrow('No key');
  expect(() => longestIn([key, task(7), task(8, 1)])).toThrow('no task');
});
