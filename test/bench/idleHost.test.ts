import { expect, test } from 'vitest';
import { standsStill } from './idleHost.ts';

test('[bench] a process is at rest when its count stands still, however long the one that looks has been running', async () => {
  const times = { look: 1, rest: 5, patience: 60_000 };
  expect(performance.now()).toBeGreaterThan(times.rest);
  let looks = 0;
  // Something happens before each of the first forty looks.
  await standsStill(async () => Math.min((looks += 1), 40), times);
  expect(looks).toBeGreaterThan(40);
});

test('[bench] who never comes to rest is waited for so long and no longer', async () => {
  let looks = 0;
  await standsStill(async () => (looks += 1), { look: 1, rest: 60_000, patience: 20 });
  expect(looks).toBeGreaterThan(1);
});
