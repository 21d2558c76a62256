import { expect, test } from 'vitest';
import { playSeed, shrink } from './play.ts';

/** Each run is a world of its own; what a seed does is the same each time. */
const RUNS = 100;
const STEPS = 400;

test('[I1] [I2] [I3] [I4] [I5] [I7] [I8] hold over the real objects, whatever people, agents, disk and windows do', async () => {
  let steps = 0;
  const faults = new Map<string, number>();
  for (let seed = 1; seed <= RUNS; seed += 1) {
    const played = await playSeed(seed, STEPS);
    steps += played.history.length;
    for (const [name, times] of played.faults.all) faults.set(name, (faults.get(name) ?? 0) + times);
    if (played.violation === undefined) continue;
    const shortest = await shrink(played.history, played.violation);
    expect.fail(`seed ${seed}: ${played.violation.message}\n${shortest.map((one) => JSON.stringify(one)).join('\n')}`);
  }
  expect(steps).toBeGreaterThan((RUNS * STEPS) / 2);
  // A run without faults would prove little.
  expect(faults.size).toBeGreaterThan(3);
});
