import { describe, expect, test } from 'vitest';
import { afterSecondRun, closingLine, failedFiles, failureLines, readVitest, withExit } from './report.ts';

const row = (ok: boolean) => ({ suite: 'unit', name: 'a', file: 'a.test.ts', ok, ms: 1 });

describe('the report', () => {
  test('[report] tests of vitest become rows with files of the repository; skipped ones are only counted', () => {
    const read = readVitest('unit', '/repo', {
      testResults: [
        {
          name: '/repo/src/a.test.ts',
          status: 'failed',
          assertionResults: [
            { title: '[I5] one', fullName: 'group [I5] one', status: 'passed', duration: 1.6 },
            {
              title: 'two',
              fullName: ' [I6] two',
              status: 'failed',
              duration: null,
              failureMessages: ['Error: it broke\n    at line 3'],
            },
            { title: 'three', fullName: 'three', status: 'skipped' },
          ],
        },
      ],
    });
    expect(read.tests).toEqual([
      { suite: 'unit', name: '[I5] one', file: 'src/a.test.ts', ok: true, ms: 2 },
      {
        suite: 'unit',
        name: '[I6] two',
        file: 'src/a.test.ts',
        ok: false,
        ms: 0,
        why: 'Error: it broke\n    at line 3',
      },
    ]);
    expect(failureLines(read)).toEqual(['  x src/a.test.ts: [I6] two\n      Error: it broke\n          at line 3']);
    expect(closingLine(read)).toBe('1 passed, 1 failed, 1 skipped');
  });

  test('[report] a file that could not be loaded is a failed test', () => {
    const read = readVitest('unit', '/repo', {
      testResults: [{ name: '/repo/src/b.test.ts', status: 'failed', assertionResults: [] }],
    });
    expect(closingLine(read)).toBe('0 passed, 1 failed');
  });

  test('[report] a suite without a test fails, and so does an exit code that no row explains', () => {
    expect(closingLine(withExit('ui', { tests: [], skipped: 0 }, 0))).toBe('0 passed, 1 failed');
    expect(closingLine(withExit('unit', { tests: [row(true)], skipped: 0 }, 1))).toBe('1 passed, 1 failed');
    expect(closingLine(withExit('unit', { tests: [row(true), row(false)], skipped: 0 }, 1))).toBe('1 passed, 1 failed');
    expect(closingLine(withExit('unit', { tests: [row(true)], skipped: 0 }, 0))).toBe('1 passed, 0 failed');
  });

  test('[report] a second run counts for the files that had failed, and for no other', () => {
    const of = (file: string, ok: boolean) => ({ ...row(ok), file });
    const first = { tests: [of('a.test.ts', true), of('b.test.ts', true), of('b.test.ts', false)], skipped: 0 };
    expect(failedFiles(first)).toEqual(['b.test.ts']);
    const passed = afterSecondRun(first, { tests: [of('b.test.ts', true), of('b.test.ts', true)], skipped: 0 });
    expect(closingLine(passed)).toBe('3 passed, 0 failed');
    expect(passed.tests.map(({ run }) => run)).toEqual([undefined, 2, 2]);
    expect(closingLine(afterSecondRun(first, { tests: [of('b.test.ts', false)], skipped: 0 }))).toBe(
      '1 passed, 1 failed',
    );
    expect(closingLine(afterSecondRun(first, { tests: [], skipped: 0 }))).toBe('2 passed, 1 failed');
  });

  test('[report] what is no test of a file is not run again', () => {
    expect(failedFiles(withExit('ui', { tests: [row(true)], skipped: 0 }, 1))).toEqual([]);
  });
});
