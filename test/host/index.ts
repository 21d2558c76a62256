// What VS Code calls in its extension host to run the tests (`extensionTestsPath`). @vscode/test-electron and the
// server's `extensionTestsPath` call it the same way. Bundled by run.ts to out/host-tests/index.js.

import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import Mocha from 'mocha';
// Made by run.ts: every file of suites/, loaded when called.
import { suites } from 'wheelhouse:suites';
import { reportName } from '../tools/report.ts';
import type { HostReport } from './report.ts';

const resultsFile = process.env['WHEELHOUSE_HOST_RESULTS'] ?? join(__dirname, '..', 'reports', 'host.json');

function load(): Mocha {
  // A window does a good deal by itself beside a test: one that failed is run once more, and its row says so.
  const mocha = new Mocha({ ui: 'tdd', timeout: 90_000, retries: 1 });
  for (const [file, loadSuite] of Object.entries(suites)) {
    // What mocha does for a file that it loads by itself: `suite` and `test` become global, and tests know their file.
    mocha.suite.emit('pre-require', globalThis, file, mocha);
    loadSuite();
  }
  return mocha;
}

/** Runs all suites. The results file says what ran; without it a run that never began would look like one that passed. */
export async function run(): Promise<void> {
  // Stacks then name the lines of the suites instead of those of the bundle.
  process.setSourceMapsEnabled(true);
  const report: HostReport = { tests: [], skipped: 0 };
  const failures = await new Promise<number>((resolve) => {
    const runner = load().run(resolve);
    const again = new Map<string, string>();
    runner.on('retry', (test: Mocha.Runnable, error: Error) => {
      again.set(test.fullTitle(), `At its first run: ${error.stack ?? error.message}`.slice(0, 400));
    });
    const add = (test: Mocha.Runnable, error?: Error): void => {
      const why = again.get(test.fullTitle());
      const row = {
        name: reportName(test.title, test.fullTitle()),
        file: test.file ?? '',
        ok: error === undefined,
        ms: test.duration ?? 0,
        ...(why === undefined ? {} : { run: 2 as const, why }),
      };
      report.tests.push(error === undefined ? row : { ...row, error: error.stack ?? error.message });
    };
    runner.on('pass', (test) => add(test));
    runner.on('fail', (test, error: Error) => add(test, error));
    runner.on('pending', () => (report.skipped += 1));
  });
  await mkdir(dirname(resultsFile), { recursive: true });
  await writeFile(resultsFile, JSON.stringify(report));
  if (failures > 0) throw new Error(`${failures} failed`);
}
