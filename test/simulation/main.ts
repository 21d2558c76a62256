// npm run simulate -- [--seed S] [--steps N] | --history FILE

import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { type Action, readAction } from './action.ts';
import { playHistory } from './play.ts';
import { buildProgram } from './program.ts';
import { countsOf, findingOf, summaryOf } from './report.ts';
import { sweep } from './sweep.ts';

const USAGE = `npm run simulate -- [--seed S] [--steps N]   plays N steps (1000000) from the seed S (1) on
npm run simulate -- --history FILE            plays the lines of a file again`;

/** What was asked for cannot be done: a sentence for whoever asked. */
class UsageError extends Error {}

const count = (name: string, text: string, least: number): number => {
  const value = Number(text);
  if (/^\d+$/u.test(text) && Number.isSafeInteger(value) && value >= least) return value;
  throw new UsageError(`--${name} is a whole number from ${least} on, and not “${text}”.`);
};

const readArguments = (
  args: readonly string[],
): { readonly history: string } | { readonly seed: number; readonly steps: number } => {
  const options = { seed: { type: 'string' }, steps: { type: 'string' }, history: { type: 'string' } } as const;
  let values: { readonly seed?: string; readonly steps?: string; readonly history?: string };
  try {
    ({ values } = parseArgs({ args: [...args], options, strict: true }));
  } catch (failure) {
    throw new UsageError(failure instanceof Error ? failure.message : String(failure));
  }
  const { seed, steps, history } = values;
  if (history === undefined)
    return { seed: count('seed', seed ?? '1', 0), steps: count('steps', steps ?? '1000000', 1) };
  if (seed === undefined && steps === undefined) return { history };
  throw new UsageError('A history is played as it is: without --seed and --steps.');
};

const readHistory = async (file: string): Promise<readonly Action[]> => {
  const text = await readFile(file, 'utf8').catch((failure: unknown) => {
    throw new UsageError(`${file} could not be read: ${failure instanceof Error ? failure.message : String(failure)}`);
  });
  // Whatever else was printed beside the history may stand in the file.
  const lines = text.split('\n').filter((line) => line.startsWith('{'));
  const history = lines.map((line) => readAction(line) ?? line);
  const bad = history.find((one) => typeof one === 'string');
  if (bad !== undefined) throw new UsageError(`This is no action: ${bad}`);
  const actions = history.filter((one) => typeof one !== 'string');
  if (actions.length === 0) throw new UsageError(`There is no action in ${file}.`);
  return actions;
};

const again = async (file: string): Promise<number> => {
  const history = await readHistory(file);
  const { violation, history: done } = await playHistory(history);
  console.log(`${done.length} of ${history.length} actions could be done.`);
  console.log(violation?.message ?? 'Everything holds.');
  return violation === undefined ? 0 : 1;
};

const search = async (seed: number, steps: number): Promise<number> => {
  await using program = await buildProgram();
  const swept = await sweep(program.path, { seed, steps });
  console.log(countsOf(swept));
  console.log(summaryOf(swept));
  console.log(swept.finding === undefined ? 'Everything holds.' : findingOf(swept.finding));
  return swept.finding === undefined ? 0 : 1;
};

try {
  const wanted = readArguments(process.argv.slice(2));
  process.exitCode = 'history' in wanted ? await again(wanted.history) : await search(wanted.seed, wanted.steps);
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(`${error.message}\n\n${USAGE}`);
  process.exitCode = 1;
}
