// npm run test:long [-- --scale 0.001] [--only guards]: what takes hours, with every figure and its count.

import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { hunt } from '../simulation/hunt.ts';
import { MUTANTS } from '../simulation/mutants.ts';
import { buildProgram } from '../simulation/program.ts';
import { countsOf, findingOf, summaryOf } from '../simulation/report.ts';
import { sweep } from '../simulation/sweep.ts';
import { GUARDS } from './mutants/guards.ts';
import { huntGuards } from './mutants/hunt.ts';
import { closingLine } from './report.ts';
import { runVitest } from './suite.ts';

const STEPS = 100_000_000;
/** In which a guard that is broken has to be found, whatever the scale. */
const HUNT = 1_000_000;
const DEATHS = 100;
/** Damaged lines that an agent writes. */
const FUZZED = 1_000_000;
/** Paths in trees with links, and lines for a shell. */
const PATHS = 10_000_000;
const COMMANDS = 1_000_000;
/** Frames of a hostile server. */
const FRAMES = 1_000_000;
/** Rounds of the property tests, each with seeds of its own. */
const ROUNDS = 20;

/** What a stage proved, as one line; it has printed the rest. */
interface Stage {
  readonly ok: boolean;
  readonly line: string;
}

export async function longCommand(args: readonly string[]): Promise<number> {
  const options = readOptions(args);
  if (options === undefined) {
    console.error('--scale is a number above 0, and at most 1: the part of the whole that is run.');
    return 1;
  }
  const { scale, only } = options;
  const most = (whole: number): number => Math.max(1, Math.round(whole * scale));
  const stages: Readonly<Record<string, () => Promise<Stage>>> = {
    simulation: () => simulation(most(STEPS)),
    mutants: () => mutants(),
    guards: () => guards(),
    faults: () => faults(most(DEATHS), most(FUZZED)),
    attacks: () => attacks(most(PATHS), most(COMMANDS), most(FRAMES)),
    properties: () => properties(most(ROUNDS)),
  };
  const chosen = Object.entries(stages).filter(([name]) => only === undefined || name === only);
  if (chosen.length === 0) {
    console.error(`--only is one of ${Object.keys(stages).join(', ')}.`);
    return 1;
  }
  const done: Stage[] = [];
  for (const [, stage] of chosen) done.push(await stage());
  console.log(`\n${done.map(({ ok, line }) => `${ok ? 'ok  ' : 'FAIL'}  ${line}`).join('\n')}`);
  return done.every(({ ok }) => ok) ? 0 : 1;
}

const readOptions = (
  args: readonly string[],
): { readonly scale: number; readonly only: string | undefined } | undefined => {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: { scale: { type: 'string', default: '1' }, only: { type: 'string' } },
    });
    const scale = Number(values.scale);
    return scale > 0 && scale <= 1 ? { scale, only: values.only } : undefined;
  } catch {
    return undefined;
  }
};

const simulation = async (steps: number): Promise<Stage> => {
  await using program = await buildProgram();
  // One line for each hundredth: who waits for hours wants to see that it goes on.
  let next = steps / 100;
  const onWorld = (played: number): void => {
    if (played < next) return;
    next += steps / 100;
    console.log(`simulation: ${played} of ${steps} steps`);
  };
  const swept = await sweep(program.path, { seed: 1_000_000, steps, onWorld });
  console.log(countsOf(swept));
  if (swept.finding !== undefined) console.log(findingOf(swept.finding));
  return { ok: swept.finding === undefined, line: `simulation: ${summaryOf(swept)}` };
};

const mutants = async (): Promise<Stage> => {
  const hunted = await hunt(HUNT, ({ mutant, steps, message }) =>
    console.log(
      `${message === undefined ? 'NOT FOUND' : 'found'} after ${steps} steps: ${mutant.name}: ${message ?? mutant.why}`,
    ),
  );
  const found = hunted.filter(({ message }) => message !== undefined);
  const slowest = Math.max(0, ...found.map(({ steps }) => steps));
  const line = `broken by hand for the simulation: ${found.length} of ${MUTANTS.length} found, the last after ${slowest} steps`;
  return { ok: found.length === MUTANTS.length, line };
};

const guards = async (): Promise<Stage> => {
  const hunted = await huntGuards(GUARDS, ({ guard, red }) =>
    console.log(`${red === undefined ? 'NOT FOUND' : 'found'}: ${guard.name}${red === undefined ? '' : `: ${red}`}`),
  );
  const found = hunted.filter(({ red }) => red !== undefined).length;
  return { ok: found === GUARDS.length, line: `guards broken by hand: ${found} of ${GUARDS.length} found` };
};

/** Every crash point and every error of the disk are in it whatever the scale; the deaths are as many as are asked for. */
const faults = async (deaths: number, lines: number): Promise<Stage> => {
  const env = { ...process.env, DEATHS: String(deaths), FUZZED_LINES: String(lines) };
  const result = await runVitest('faults', 'faults', env, ['--project', 'hosts']);
  console.log(result.output.trimEnd());
  const ok = result.tests.length > 0 && result.tests.every((test) => test.ok);
  return { ok, line: `faults, with ${deaths} deaths of each kind and ${lines} damaged lines: ${closingLine(result)}` };
};

const attacks = async (paths: number, commands: number, frames: number): Promise<Stage> => {
  const env = { ...process.env, PATHS: String(paths), COMMANDS: String(commands), FRAMES: String(frames) };
  const files = ['paths', 'commands', 'socketFrames'].map((name) => `test/properties/${name}.test.ts`);
  const result = await runVitest('attacks', 'property', env, files);
  console.log(result.output.trimEnd());
  const ok = result.tests.length > 0 && result.tests.every((test) => test.ok);
  return { ok, line: `${paths} paths, ${commands} commands and ${frames} frames: ${closingLine(result)}` };
};

const properties = async (rounds: number): Promise<Stage> => {
  let [passed, failed] = [0, 0];
  for (let round = 1; round <= rounds; round += 1) {
    const seed = randomInt(2 ** 31);
    const result = await runVitest('property', 'property', { ...process.env, PROPERTY_SEED: String(seed) });
    const bad = result.tests.filter((test) => !test.ok).length;
    passed += result.tests.length - bad;
    failed += bad;
    if (bad > 0) console.log(result.output.trimEnd());
    console.log(`properties: round ${round} of ${rounds}, seed ${seed}, ${closingLine(result)}`);
  }
  return { ok: passed > 0 && failed === 0, line: `properties, ${rounds} rounds: ${passed} passed, ${failed} failed` };
};
