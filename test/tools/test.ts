import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runHost } from '../host/run.ts';
import { check } from './check.ts';
import { PackageError, packageExtension } from './package.ts';
import { closingLine, failureLines, withExit } from './report.ts';
import type { SuiteResult, TestRow } from './report.ts';
import { root, runScreens, runVitest } from './suite.ts';
import type { SuiteRun } from './suite.ts';

interface Suite {
  readonly name: string;
  /** What the suite may take on two cores. */
  readonly seconds: number;
  run(env: NodeJS.ProcessEnv): Promise<SuiteRun>;
}

/** Vitest by itself leaves one free. */
const BOTH_CORES = ['--maxWorkers=2'];

/** One after the other; those of one row at the same time, since the processes of both wait for each other a good deal. */
const suites: readonly (readonly Suite[])[] = [
  [{ name: 'property', seconds: 60, run: (env) => runVitest('property', 'property', env, BOTH_CORES) }],
  [{ name: 'golden', seconds: 20, run: (env) => runVitest('golden', 'golden', env) }],
  [
    { name: 'simulation', seconds: 90, run: (env) => runVitest('simulation', 'simulation', env) },
    { name: 'host', seconds: 150, run: runHost },
  ],
  [
    { name: 'fakes', seconds: 90, run: (env) => runVitest('fakes', 'fakes', env, BOTH_CORES) },
    { name: 'faults', seconds: 110, run: (env) => runVitest('faults', 'faults', env) },
  ],
  [{ name: 'hosts', seconds: 120, run: (env) => runVitest('hosts', 'hosts', env) }],
  [{ name: 'ui', seconds: 480, run: (env) => runScreens('ui', 'ui', env) }],
];

const checkSeconds = 60;
const packageSeconds = 20;

/** Everything that every landing must pass. */
export async function testCommand(): Promise<number> {
  const start = performance.now();
  const tests: TestRow[] = [];
  let skipped = 0;
  const add = (name: string, seconds: number, result: SuiteResult & { readonly ms: number }): void => {
    tests.push(...result.tests);
    skipped += result.skipped;
    const took = (result.ms / 1000).toFixed(1);
    const over = result.ms > seconds * 1000 ? '  OVER ITS BUDGET' : '';
    console.log(`---- ${name}: ${closingLine(result)}; ${took} s of ${seconds} s${over}`);
  };

  add('check', checkSeconds, await check());
  const packaged = await packageRow();
  add('package', packageSeconds, packaged);
  const env = packaged.path === undefined ? process.env : { ...process.env, WHEELHOUSE_VSIX: packaged.path };
  for (const together of suites) {
    const results = await Promise.all(together.map(async (suite) => ({ suite, result: await orFailed(suite, env) })));
    for (const { suite, result } of results) {
      for (const line of failureLines(result)) console.log(line);
      if (result.tests.some(({ ok }) => !ok)) console.log(result.output.trimEnd());
      add(suite.name, suite.seconds, result);
      const second = result.tests.filter(({ run }) => run === 2);
      const again = new Set(second.map(({ file }) => file));
      if (again.size > 0) console.log(`---- ${suite.name}: at the second run: ${[...again].join(', ')}`);
      for (const { name, why } of second) if (why !== undefined) console.log(`     ${name}\n${why}`);
    }
  }

  await mkdir(join(root, 'out'), { recursive: true });
  await writeFile(join(root, 'out', 'test-report.json'), `${JSON.stringify({ tests }, undefined, 1)}\n`);
  for (const line of failureLines({ tests, skipped })) console.log(line);
  console.log(`---- all in ${((performance.now() - start) / 1000).toFixed(0)} s\n`);
  console.log(closingLine({ tests, skipped }));
  return tests.length > 0 && tests.every(({ ok }) => ok) ? 0 : 1;
}

/** A suite that throws before it has counted still leaves a row, so that the closing line is written. */
async function orFailed(suite: Suite, env: NodeJS.ProcessEnv): Promise<SuiteRun> {
  const start = performance.now();
  try {
    return await suite.run(env);
  } catch (error) {
    const output = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { ...withExit(suite.name, { tests: [], skipped: 0 }, 1), output, ms: performance.now() - start };
  }
}

async function packageRow(): Promise<SuiteResult & { readonly ms: number; readonly path?: string }> {
  const start = performance.now();
  const done = (ok: boolean): SuiteResult & { readonly ms: number } => {
    const ms = Math.round(performance.now() - start);
    const name = '[package] the vsix has the files and the size that were agreed';
    return { tests: [{ suite: 'package', name, file: 'test/tools/package.ts', ok, ms }], skipped: 0, ms };
  };
  try {
    const { path } = await packageExtension();
    return { ...done(true), path };
  } catch (error) {
    if (!(error instanceof PackageError)) throw error;
    console.log(error.message);
    return done(false);
  }
}
