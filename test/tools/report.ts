import { relative } from 'node:path';

/** One row of out/test-report.json. */
export interface TestRow {
  readonly suite: string;
  readonly name: string;
  /** Relative to the repository, with forward slashes. */
  readonly file: string;
  readonly ok: boolean;
  readonly ms: number;
  /** How it failed, or its first run: the beginning of the first error. */
  readonly why?: string;
  /** Set where an earlier run of its file had a failure. */
  readonly run?: 2;
}

export interface SuiteResult {
  readonly tests: readonly TestRow[];
  readonly skipped: number;
}

/** The part of vitest's JSON reporter that is read here. */
export interface VitestReport {
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly message?: string;
    readonly assertionResults: readonly {
      readonly title: string;
      readonly fullName: string;
      readonly status: string;
      readonly duration?: number | null;
      readonly failureMessages?: readonly string[];
    }[];
  }[];
}

const inRepository = (root: string, file: string): string => relative(root, file).replaceAll('\\', '/');

/** A test that says by itself in brackets what it proves needs no names of groups before that. */
export const reportName = (title: string, fullName: string): string =>
  title.startsWith('[') ? title : fullName.trim();

/** A file that could not be loaded has no tests of its own; it becomes one that failed. */
export function readVitest(suite: string, root: string, report: VitestReport): SuiteResult {
  const tests: TestRow[] = [];
  let skipped = 0;
  for (const { name, status, message, assertionResults } of report.testResults) {
    const file = inRepository(root, name);
    if (assertionResults.length === 0 && status === 'failed')
      tests.push({ suite, name: `${file} could not be loaded`, file, ok: false, ms: 0, ...because(message) });
    for (const test of assertionResults) {
      if (test.status === 'passed' || test.status === 'failed') {
        tests.push({
          suite,
          name: reportName(test.title, test.fullName),
          file,
          ok: test.status === 'passed',
          ms: Math.round(test.duration ?? 0),
          ...(test.status === 'failed' ? because(test.failureMessages?.[0]) : {}),
        });
      } else skipped += 1;
    }
  }
  return { tests, skipped };
}

const because = (message: string | undefined): Pick<TestRow, 'why'> =>
  message === undefined || message === '' ? {} : { why: message.slice(0, 400) };

/** What failed and how, in a few lines each: whoever reads the log of a run has it before the logs of the suites. */
export const failureLines = ({ tests }: SuiteResult): readonly string[] =>
  tests
    .filter(({ ok }) => !ok)
    .map(
      ({ file, name, why = '' }) => `  x ${file}: ${name}${why === '' ? '' : `\n${why.replaceAll(/^/gmu, '      ')}`}`,
    );

/**
 * Holds a suite to what its process said: an exit code that no row explains, or no test at all, is a failure too.
 */
export function withExit(suite: string, result: SuiteResult, code: number): SuiteResult {
  const add = (name: string): SuiteResult => ({
    ...result,
    tests: [...result.tests, { suite, name, file: '', ok: false, ms: 0 }],
  });
  if (code !== 0 && result.tests.every(({ ok }) => ok)) return add(`the suite itself ended with ${code}`);
  if (result.tests.length === 0) return add('the suite ran no tests');
  return result;
}

/** None where something failed that is no test of a file. */
export function failedFiles({ tests }: SuiteResult): readonly string[] {
  const files = new Set(tests.filter(({ ok }) => !ok).map(({ file }) => file));
  return files.has('') ? [] : [...files];
}

/** What counts when the files that had failed in the first run were run again: of those the second run alone. */
export function afterSecondRun(first: SuiteResult, second: SuiteResult): SuiteResult {
  const again = new Set(failedFiles(first));
  const kept = first.tests.filter(({ file }) => !again.has(file));
  const missing = [...again].filter((file) => second.tests.every((row) => row.file !== file));
  return {
    tests: [
      ...kept,
      ...second.tests.map((row): TestRow => ({ ...row, run: 2 })),
      // A file that the second run did not come to has not passed.
      ...first.tests.filter(({ file }) => missing.includes(file)),
    ],
    skipped: Math.max(first.skipped, second.skipped),
  };
}

/** "N passed, N failed", and what was skipped if anything was. */
export function closingLine({ tests, skipped }: SuiteResult): string {
  const passed = tests.filter(({ ok }) => ok).length;
  const line = `${passed} passed, ${tests.length - passed} failed`;
  return skipped === 0 ? line : `${line}, ${skipped} skipped`;
}
