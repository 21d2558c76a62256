import { mkdir, readFile, rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { afterSecondRun, failedFiles, readVitest, withExit } from './report.ts';
import type { SuiteResult, VitestReport } from './report.ts';
import { run } from './run.ts';

export const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/[\\/]$/, '');
export const reports = join(root, 'out', 'reports');

export interface SuiteRun extends SuiteResult {
  readonly output: string;
  readonly ms: number;
}

/** The script of a tool in node_modules, to be run with our own Node: `.bin` would take the first on PATH. */
export const tool = (path: string): string => join(root, 'node_modules', path);

/** More files than these that fail are no accident. */
const FILES_AGAIN = 2;

/**
 * Runs a suite of screens. A file of it that failed gets one more run, alone and in a window of its own, since a real
 * browser and a real VS Code share their two cores with another file's; its rows say which run they are of.
 */
export async function runScreens(suite: string, projects: string, env: NodeJS.ProcessEnv): Promise<SuiteRun> {
  const first = await runVitest(suite, projects, env);
  const failed = failedFiles(first);
  if (failed.length === 0 || failed.length > FILES_AGAIN) return first;
  console.log(first.output.trimEnd());
  console.log(`---- ${suite}: once more, each by itself: ${failed.join(', ')}`);
  const second = await runVitest(suite, projects, env, [...failed, '--maxWorkers=1']);
  return { ...second, ...afterSecondRun(first, second), ms: first.ms + second.ms };
}

/** Runs the projects of vitest whose names match, and reads what its JSON reporter wrote. */
export async function runVitest(
  suite: string,
  projects: string,
  env: NodeJS.ProcessEnv = process.env,
  flags: readonly string[] = [],
): Promise<SuiteRun> {
  await mkdir(reports, { recursive: true });
  const file = join(reports, `${suite}.json`);
  // A report of an earlier run must not speak for one that died.
  await rm(file, { force: true });
  const args = [
    tool('vitest/vitest.mjs'),
    'run',
    '--project',
    projects,
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${file}`,
    ...flags,
  ];
  const { code, output, ms } = await run(process.execPath, args, { cwd: root, env: { ...env, NO_COLOR: '1' } });
  const report = await readFile(file, 'utf8').then(
    (text) => JSON.parse(text) as VitestReport,
    () => ({ testResults: [] }),
  );
  return { ...withExit(suite, readVitest(suite, root, report), code), output, ms };
}
