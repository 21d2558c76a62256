import { run } from './run.ts';
import { closingLine, failureLines } from './report.ts';
import type { SuiteResult, TestRow } from './report.ts';
import { root, runVitest, tool } from './suite.ts';

interface Step {
  readonly name: string;
  run(): Promise<{ readonly ok: boolean; readonly output: string; readonly ms: number; readonly note?: string }>;
}

const node = (name: string, script: string, ...args: string[]): Step => ({
  name,
  run: async () => {
    const { code, output, ms } = await run(process.execPath, [tool(script), ...args], { cwd: root });
    return { ok: code === 0, output, ms };
  },
});

const types = (name: string, project: string): Step =>
  node(`types: ${name}`, 'typescript/bin/tsc', '--noEmit', '-p', project);

/** @returns a row for each step, and the unit tests' own rows */
export async function check(): Promise<SuiteResult & { readonly ms: number }> {
  const start = performance.now();
  let units: SuiteResult = { tests: [], skipped: 0 };
  const unit: Step = {
    name: 'unit tests',
    run: async () => {
      // Half of the time these wait for processes that they started: more workers than cores.
      const result = await runVitest('unit', 'unit*', process.env, ['--maxWorkers=4']);
      units = result;
      return {
        ok: result.tests.every(({ ok }) => ok),
        output: result.output,
        ms: result.ms,
        note: closingLine(result),
      };
    },
  };
  // The longest first, so that no core idles at the end.
  const steps = [
    unit,
    node('lint', 'oxlint/bin/oxlint', '--type-aware', '--deny-warnings'),
    types('host', 'tsconfig.json'),
    types('pure rooms', 'tsconfig.pure.json'),
    types('webview', 'webview/tsconfig.json'),
    types('tests', 'test/tsconfig.json'),
    node('dead code', 'knip/bin/knip.js', '--no-progress'),
    node('format', 'oxfmt/bin/oxfmt', '--check', '.'),
  ];
  const rows: TestRow[] = [];
  const failed: string[] = [];
  const work = async (): Promise<void> => {
    for (let step = steps.shift(); step !== undefined; step = steps.shift()) {
      const { ok, output, ms, note } = await step.run();
      console.log(
        `${ok ? 'ok  ' : 'FAIL'}  ${step.name.padEnd(18)} ${(ms / 1000).toFixed(1).padStart(5)} s${note === undefined ? '' : `  ${note}`}`,
      );
      if (step === unit) for (const line of failureLines(units)) console.log(line);
      if (!ok) failed.push(`\n---- ${step.name}\n${output.trimEnd()}`);
      if (step !== unit)
        rows.push({
          suite: 'check',
          name: `[check] ${step.name}`,
          file: 'test/tools/check.ts',
          ok,
          ms: Math.round(ms),
        });
    }
  };
  await Promise.all([work(), work()]);
  for (const text of failed) console.log(text);
  return { tests: [...rows, ...units.tests], skipped: units.skipped, ms: performance.now() - start };
}

export async function checkCommand(): Promise<number> {
  const { tests, ms } = await check();
  const ok = tests.every((test) => test.ok);
  console.log(`\ncheck ${ok ? 'passed' : 'failed'} in ${(ms / 1000).toFixed(1)} s`);
  return ok ? 0 : 1;
}
