import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { run } from '../tools/run.ts';
import { root } from '../tools/suite.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wheelhouse-history-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const simulate = (...args: readonly string[]): ReturnType<typeof run> =>
  run(process.execPath, [join('test', 'simulation', 'main.ts'), ...args], { cwd: root });

test('[simulation] a run prints what was done and what went wrong, each with its count', async () => {
  const { code, output } = await simulate('--seed', '7', '--steps', '1500');
  expect(output).toMatch(/^actions\n +\d+ {2}\S/u);
  expect(output).toMatch(/\nfaults\n +\d+ {2}\S/u);
  expect(output).toMatch(/\n1500 steps in 2 worlds, .* steps\/s\nEverything holds\.\n$/u);
  expect(code).toBe(0);
});

test('[simulation] a history is played again, line by line', async () => {
  const file = join(folder, 'history');
  const action = { do: 'person prompts', a: 1, b: 2, rest: true };
  await writeFile(file, `Something else that was printed.\n${JSON.stringify(action)}\n${JSON.stringify(action)}\n`);
  const { code, output } = await simulate('--history', file);
  expect({ code, output }).toEqual({ code: 0, output: '2 of 2 actions could be done.\nEverything holds.\n' });
});

test('[simulation] a history of windows onto another process is played in such a world', async () => {
  const file = join(folder, 'windows');
  const action = { do: 'line is cut', a: 1, b: 2, rest: true, windows: true };
  await writeFile(file, `${JSON.stringify(action)}\n`);
  const { code, output } = await simulate('--history', file);
  expect({ code, output }).toEqual({ code: 0, output: '1 of 1 actions could be done.\nEverything holds.\n' });
});

test.each([
  [['--seed', 'x'], '--seed is a whole number from 0 on, and not “x”.'],
  [['--steps', '0'], '--steps is a whole number from 1 on, and not “0”.'],
  [['--step', '5'], "Unknown option '--step'"],
  [['--history', 'nowhere'], 'nowhere could not be read'],
  [['--history', 'nowhere', '--seed', '1'], 'A history is played as it is: without --seed and --steps.'],
])('[simulation] what cannot be done is said: %j', async (args, message) => {
  const { code, output } = await simulate(...args);
  expect(output).toContain(message);
  expect(output).toContain('npm run simulate -- ');
  expect(code).toBe(1);
});

test('[simulation] a line that is no action is named', async () => {
  const file = join(folder, 'bad');
  await writeFile(file, '{"do":"person flies","a":1,"b":2,"rest":true}\n');
  const { code, output } = await simulate('--history', file);
  expect(output).toContain('This is no action: {"do":"person flies"');
  expect(code).toBe(1);
});
