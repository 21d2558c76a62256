import { expect, test } from 'vitest';
import { playSeed } from './play.ts';
import { buildProgram } from './program.ts';
import { countsOf, findingOf, summaryOf } from './report.ts';
import { sweep } from './sweep.ts';

/** Each world has a seed of its own, and what a seed does is the same each time. */
const STEPS = 1_000_000;

test(
  '[I1] [I2] [I3] [I4] [I5] [I6] [I7] [I8] [I10] [I13] [I14] [J4] [L2] [M1] [M3] [S7] [S8] [S9] hold over the real objects, whatever people, agents, disk, windows, devices, their host and the wires between do',
  { timeout: 600_000 },
  async () => {
    await using program = await buildProgram();
    const swept = await sweep(program.path, { seed: 1, steps: STEPS });
    console.log(`${countsOf(swept)}\n${summaryOf(swept)}`);
    if (swept.finding !== undefined) expect.fail(findingOf(swept.finding));
    expect(swept.steps).toBe(STEPS);
    // A run without faults would prove little.
    for (const fault of FAULTS) expect(swept.faults.all.get(fault) ?? 0, fault).toBeGreaterThan(100);
  },
);

const FAULTS = [
  'agent dies',
  'bytes lost with the power',
  'call waits for the disk',
  'device is cut off unheard',
  'device is revoked',
  'device loses its socket',
  'device stops reading',
  'disk answers EACCES',
  'disk answers EIO',
  'disk answers ENOSPC',
  'disk answers EROFS',
  'host is killed unheard',
  'line doubled',
  'line doubled late',
  'line goes silent',
  'line is cut',
  'line stays on its way',
  'machine sleeps',
  'message of a surface doubled',
  'message of a surface lost',
  'message to a surface doubled',
  'message to a surface late',
  'message to a surface lost',
  'power is lost',
  'process is killed',
  'session open in another window',
  'surface stalls',
  'wall clock jumps',
  'window is killed',
];

test.each([4, 5, 8])('[simulation] the seed %i does the same each time', async (seed) => {
  const [first, second] = [await playSeed(seed, 300), await playSeed(seed, 300)];
  expect(second.history).toEqual(first.history);
  expect([...second.checks.all]).toEqual([...first.checks.all]);
});

test.each([327, 613])('[I13] with the seed %i every process ends', async (seed) => {
  const { violation } = await playSeed(seed, 400);
  expect(violation).toBeUndefined();
});
