import { relative } from 'node:path';

/** One row of out/test-report.json. */
export interface TestRow {
  readonly suite: string;
  readonly name: string;
  /** Relative to the repository, with forward slashes. */
  readonly file: string;
  readonly ok: boolean;
  readonly ms: number;
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
    readonly assertionResults: readonly {
      readonly title: string;
      readonly fullName: string;
      readonly status: string;
      readonly duration?: number | null;
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
  for (const { name, status, assertionResults } of report.testResults) {
    const file = inRepository(root, name);
    if (assertionResults.length === 0 && status === 'failed')
      tests.push({ suite, name: `${file} could not be loaded`, file, ok: false, ms: 0 });
    for (const test of assertionResults) {
      if (test.status === 'passed' || test.status === 'failed') {
        tests.push({
          suite,
          name: reportName(test.title, test.fullName),
          file,
          ok: test.status === 'passed',
          ms: Math.round(test.duration ?? 0),
        });
      } else skipped += 1;
    }
  }
  return { tests, skipped };
}

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

/** "N passed, N failed", and what was skipped if anything was. */
export function closingLine({ tests, skipped }: SuiteResult): string {
  const passed = tests.filter(({ ok }) => ok).length;
  const line = `${passed} passed, ${tests.length - passed} failed`;
  return skipped === 0 ? line : `${line}, ${skipped} skipped`;
}
