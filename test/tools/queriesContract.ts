// What every implementation of the queries promises; one list of tests for all of them, whichever runner they need.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { Failure } from '../../src/base/failure.ts';
import type { FoundFile, Queries, TextMatch } from '../../src/router/queries.ts';

export interface QueriesWorld {
  readonly queries: Queries;
  /** A root, in which the tests put what they need. */
  readonly root: string;
  /** A folder outside of the roots. */
  readonly outside: string;
}

const { signal } = new AbortController();
const execute = promisify(execFile);

const put = async (folder: string, name: string, content = ''): Promise<string> => {
  const path = join(folder, name);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content);
  return path;
};

const find = async (queries: Queries, glob?: string, most = 1000): Promise<readonly string[]> => {
  const all: FoundFile[] = [];
  const query = glob === undefined ? { most } : { glob, most };
  await queries.findFiles(query, (files) => all.push(...files), signal);
  return all.map(({ relative }) => relative).toSorted();
};

const search = async (queries: Queries, text: string, more: object = {}): Promise<readonly TextMatch[]> => {
  const all: TextMatch[] = [];
  await queries.search({ text, most: 1000, ...more }, (matches) => all.push(...matches), signal);
  return all;
};

const refused =
  (...codes: readonly string[]) =>
  (failure: unknown): boolean =>
    failure instanceof Failure && codes.includes(failure.code);

const git = async (folder: string, ...args: readonly string[]): Promise<void> => {
  const who = ['-c', 'user.name=A Person', '-c', 'user.email=person@example.com', '-c', 'commit.gpgsign=false'];
  await execute('git', [...who, ...args], { cwd: folder });
};

/** Paths that lead out of every root, or are none. */
const hostilePaths = (outside: string): readonly string[] => [
  outside,
  join(outside, 'secret.txt'),
  'relative',
  '',
  '../up',
  `file://${outside}`,
  'C:relative',
];

export const queriesContract: readonly {
  readonly name: string;
  readonly run: (world: QueriesWorld) => Promise<void>;
}[] = [
  {
    name: '[query list] a folder tells its entries, folders first, and not what the settings hide',
    run: async ({ queries, root }) => {
      await put(root, 'l/b.txt');
      await put(root, 'l/a/c.txt');
      await put(root, 'l/.git/config');
      await symlink(join(root, 'l/a'), join(root, 'l/link'));
      const { entries, more } = await queries.list(join(root, 'l'), signal);
      assert.deepEqual(entries, [
        { name: 'a', kind: 'folder' },
        { name: 'b.txt', kind: 'file' },
        { name: 'link', kind: 'link' },
      ]);
      assert.equal(more, false);
      await assert.rejects(queries.list(join(root, 'l/none'), signal), refused('not found'));
    },
  },
  {
    name: '[query measure] entries are told with size and time, and a link is not followed',
    run: async ({ queries, root, outside }) => {
      await put(root, 'e/a.txt', 'four');
      await mkdir(join(root, 'e/folder'));
      await put(outside, 'large.txt', 'x'.repeat(1000));
      await symlink(join(outside, 'large.txt'), join(root, 'e/way'));
      const gone = { name: 'gone', kind: 'file' } as const;
      const up = { name: '../l', kind: 'folder' } as const;
      const { entries } = await queries.list(join(root, 'e'), signal);
      const measured = await queries.measure(join(root, 'e'), [...entries, gone, up], signal);
      const soon = Date.now() + 60_000;
      for (const { name, modified } of measured.slice(0, 3))
        assert.ok(modified !== undefined && Number.isInteger(modified) && modified > 0 && modified < soon, name);
      assert.deepEqual(
        measured.map(({ modified: _, ...entry }) => entry),
        [
          { name: 'folder', kind: 'folder' },
          { name: 'a.txt', kind: 'file', size: 4 },
          { name: 'way', kind: 'link' },
          gone,
          up,
        ],
      );
      assert.deepEqual(measured.slice(3), [gone, up]);
      await assert.rejects(queries.measure(outside, [gone], signal), refused('outside'));
    },
  },
  {
    name: '[query read] a file is read, whole or in lines',
    run: async ({ queries, root }) => {
      const path = await put(root, 'r/a.txt', 'one\ntwo\r\nthree');
      assert.equal(await queries.read(path, {}, signal), 'one\ntwo\r\nthree');
      assert.equal(await queries.read(path, { line: 2, limit: 1 }, signal), 'two\r\n');
      assert.equal(await queries.read(path, { line: 9 }, signal), '');
      await assert.rejects(queries.read(join(root, 'r/none'), {}, signal), refused('not found'));
    },
  },
  {
    name: '[query files] files are found, those that are ignored or hidden are not, and names may be strange',
    run: async ({ queries, root }) => {
      await put(root, 'f/.gitignore', 'build/\n*.log\n');
      await put(root, 'f/build/x.txt');
      await put(root, 'f/a.log');
      await put(root, 'f/.hidden');
      await put(root, 'f/node_modules/p/index.js');
      await put(root, 'f/with space, ünd\nline.txt');
      await put(root, 'f/-n.txt');
      assert.deepEqual(await find(queries, 'f/**'), [
        'f/-n.txt',
        'f/.gitignore',
        'f/.hidden',
        'f/with space, ünd\nline.txt',
      ]);
      assert.deepEqual(await find(queries, 'f/**/*.log'), [], 'a glob brings nothing back that is ignored');
    },
  },
  {
    name: '[query files] no more than was wanted, and it is said that there is more',
    run: async ({ queries, root }) => {
      await Promise.all(Array.from({ length: 20 }, (_, at) => put(root, `m/${at}.txt`)));
      let count = 0;
      const wanted = { glob: 'm/*.txt', most: 7 };
      const { more } = await queries.findFiles(wanted, (files) => (count += files.length), signal);
      assert.deepEqual({ count, more }, { count: 7, more: true });
      const all = await queries.findFiles({ glob: 'm/*.txt', most: 20 }, () => undefined, signal);
      assert.equal(all.more, false);
    },
  },
  {
    name: '[query search] a text is a text, in any file that is not ignored, with its place',
    run: async ({ queries, root }) => {
      await put(root, 's/a.ts', 'first\n  const x = f(a.*b);\n');
      await put(root, 's/b.ts', 'const y = f(aXXb);\n');
      await put(root, 's/.gitignore', 'b.ts\n');
      const [only, ...others] = await search(queries, 'F(A.*B)', { glob: 's/**' });
      assert.equal(others.length, 0);
      assert.equal(only?.relative, 's/a.ts');
      assert.deepEqual({ line: only.line, column: only.column }, { line: 2, column: 13 });
      assert.equal(only.text, '  const x = f(a.*b);');
      assert.deepEqual(await search(queries, 'F(A.*B)', { glob: 's/**', caseSensitive: true }), []);
      const found = await search(queries, String.raw`f\(a.*b\)`, { glob: 's/**', regularExpression: true });
      assert.equal(found.length, 1);
      await assert.rejects(search(queries, '(', { regularExpression: true }), refused('invalid'));
      await assert.rejects(search(queries, ''), refused('invalid'));
    },
  },
  {
    name: '[query search] a column counts UTF-16 units, whatever stands before it',
    run: async ({ queries, root }) => {
      const lines = ['äöü needle', '🙂🙂needle', `${'x'.repeat(3000)}needle`, `${'é'.repeat(2000)}needle`];
      await put(root, 'u/a.txt', `${lines.join('\n')}\n`);
      const found = await search(queries, 'needle', { glob: 'u/**' });
      assert.deepEqual(
        found.map(({ line, column }) => [line, column]),
        lines.map((line, at) => [at + 1, line.indexOf('needle') + 1]),
      );
      assert.ok(found.every(({ text }) => text.length <= 400));
    },
  },
  {
    name: '[query search] a line without end is shown cut, and the number of matches is capped',
    run: async ({ queries, root }) => {
      await put(root, 'c/long.txt', `needle${'x'.repeat(100_000)}`);
      await put(root, 'c/many.txt', 'needle\n'.repeat(50));
      const [long] = await search(queries, 'needle', { glob: 'c/long.txt' });
      assert.ok(long !== undefined && long.text.length < 1000, `${long?.text.length} characters`);
      const { more } = await queries.search({ text: 'needle', glob: 'c/**', most: 10 }, () => undefined, signal);
      assert.equal(more, true);
    },
  },
  {
    name: '[S11] no query answers for what is outside, by any path, link or glob',
    run: async ({ queries, root, outside }) => {
      await put(outside, 'secret.txt', 'sentinel-of-outside');
      await symlink(outside, join(root, 'way-out'));
      await symlink(join(outside, 'secret.txt'), join(root, 'secret-link.txt'));
      for (const path of [...hostilePaths(outside), join(root, 'way-out'), join(root, 'way-out/secret.txt')]) {
        const no = refused('outside', 'invalid', 'not found');
        await assert.rejects(queries.list(path, signal), no, `list ${path}`);
        await assert.rejects(queries.read(path, {}, signal), no, `read ${path}`);
        await assert.rejects(queries.gitStatus(path, signal), no, `status ${path}`);
        await assert.rejects(queries.gitDiff({ path }, signal), no, `diff ${path}`);
      }
      await assert.rejects(queries.read(join(root, 'secret-link.txt'), {}, signal), refused('outside'));
      for (const glob of ['../**', '/../**', `${outside}/**`, '!**', '', '**/../../*', 'a\0b'])
        assert.deepEqual(await find(queries, glob).catch(() => []), [], glob);
      assert.deepEqual(await search(queries, 'sentinel-of-outside'), []);
      assert.ok(!(await find(queries)).some((relative) => /secret|way-out/.test(relative)));
    },
  },
  {
    name: '[S11] a glob or a text made to take for ever does not',
    run: async ({ queries, root }) => {
      await put(root, 'd/a.txt', 'a'.repeat(100_000));
      const start = performance.now();
      await find(queries, `${'**/*a'.repeat(200)}b`);
      await search(queries, '(a+)+$b', { regularExpression: true, glob: 'd/**' });
      assert.ok(performance.now() - start < 10_000);
    },
  },
  {
    name: '[S11] an option in the place of a text or a glob is only text',
    run: async ({ queries, root }) => {
      const canary = join(root, 'o/canary');
      await put(root, 'o/a.txt', '--pre=x\n');
      assert.equal((await search(queries, '--pre=x', { glob: 'o/**' })).length, 1);
      assert.deepEqual(await find(queries, `--pre=touch ${canary}`), []);
      assert.deepEqual(await find(queries, 'o/*'), ['o/a.txt']);
    },
  },
  {
    name: '[query cancel] an abort ends a query within 50 ms, whatever it was doing',
    run: async ({ queries, root }) => {
      await Promise.all(Array.from({ length: 50 }, (_, at) => put(root, `x/${at}.txt`, 'y\n'.repeat(20_000))));
      const stopped = new AbortController();
      let since = Number.POSITIVE_INFINITY;
      let late = 0;
      const matches = (): void => {
        if (stopped.signal.aborted) late += 1;
        else {
          since = performance.now();
          stopped.abort(new Failure('cancelled', 'Enough.'));
        }
      };
      await assert.rejects(
        queries.search({ text: 'y', glob: 'x/**', most: 10_000_000 }, matches, stopped.signal),
        refused('cancelled'),
      );
      const took = performance.now() - since;
      assert.ok(took <= 50, `${took} ms`);
      assert.equal(late, 0, 'nothing comes after the answer');
      await assert.rejects(
        queries.findFiles({ most: 1 }, () => undefined, stopped.signal),
        refused('cancelled'),
      );
    },
  },
  {
    name: '[query git] what changed, where it was before, and the difference',
    run: async ({ queries, root }) => {
      const repository = join(root, 'g');
      await put(repository, 'kept.txt', 'one\n');
      await put(repository, 'old name.txt', 'a text that is long enough to be known again\n');
      await put(repository, 'below/deep.txt', 'deep\n');
      await put(repository, '.gitignore', 'ignored\n');
      await git(repository, 'init', '--quiet', '--initial-branch=main');
      await git(repository, 'add', '.');
      await git(repository, 'commit', '--quiet', '--message=first');
      await put(repository, 'kept.txt', 'two\n');
      await git(repository, 'mv', 'old name.txt', 'new name.txt');
      await put(repository, 'new\nline.txt');
      await put(repository, 'ignored');
      const { branch, changes, more } = await queries.gitStatus(repository, signal);
      const top = await realpath(repository);
      assert.equal(branch, 'main');
      assert.equal(more, false);
      assert.deepEqual(
        changes.toSorted((a, b) => (a.path < b.path ? -1 : 1)),
        [
          { path: join(top, 'kept.txt'), index: '.', worktree: 'M' },
          { path: join(top, 'new\nline.txt'), index: '?', worktree: '?' },
          { path: join(top, 'new name.txt'), index: 'R', worktree: '.', from: join(top, 'old name.txt') },
        ],
      );
      assert.deepEqual((await queries.gitStatus(join(repository, 'below'), signal)).changes, []);
      const { text } = await queries.gitDiff({ path: repository }, signal);
      assert.match(text, /^-one\n\+two$/mu);
      assert.equal((await queries.gitDiff({ path: join(repository, 'below') }, signal)).text, '');
      const paths = [join(repository, 'ignored'), join(repository, 'kept.txt')];
      assert.deepEqual([...(await queries.gitIgnored(repository, paths, signal))], [paths[0]]);
    },
  },
  {
    name: '[query git] what is staged and what is not, of a folder, of a file and of one that is gone; ahead and behind',
    run: async ({ queries, root }) => {
      const [here, there] = [join(root, 'p'), join(root, 'q')];
      await put(here, 'a[1].txt', 'one\n');
      await put(here, 'a1.txt', 'one\n');
      await put(here, 'deep/er/gone.txt', 'gone\n');
      await git(here, 'init', '--quiet', '--initial-branch=main');
      await git(here, 'add', '.');
      await git(here, 'commit', '--quiet', '--message=first');
      assert.deepEqual(await queries.gitStatus(here, signal), { branch: 'main', changes: [], more: false });
      await git(root, 'clone', '--quiet', here, there);
      await git(here, 'commit', '--quiet', '--allow-empty', '--message=theirs');
      await git(there, 'commit', '--quiet', '--allow-empty', '--message=mine');
      await git(there, 'commit', '--quiet', '--allow-empty', '--message=mine too');
      await git(there, 'fetch', '--quiet');
      const { ahead, behind } = await queries.gitStatus(there, signal);
      assert.deepEqual({ ahead, behind }, { ahead: 2, behind: 1 });
      await git(there, 'checkout', '--quiet', '--detach');
      assert.equal((await queries.gitStatus(there, signal)).branch, undefined);

      await put(here, 'a[1].txt', 'staged\n');
      await git(here, 'add', '.');
      await put(here, 'a[1].txt', 'unstaged\n');
      await put(here, 'a1.txt', 'other\n');
      await rm(join(here, 'deep'), { recursive: true });
      const diff = async (path: string, part: 'staged' | 'unstaged'): Promise<readonly string[]> =>
        (await queries.gitDiff({ path, part }, signal)).text.split('\n').filter((line) => /^[-+]\w/u.test(line));
      assert.deepEqual(await diff(here, 'staged'), ['-one', '+staged']);
      assert.deepEqual(await diff(join(here, 'a[1].txt'), 'unstaged'), ['-staged', '+unstaged']);
      assert.deepEqual(await diff(join(here, 'deep/er/gone.txt'), 'unstaged'), ['-gone']);
      const { changes } = await queries.gitStatus(join(here, 'a[1].txt'), signal);
      assert.deepEqual(
        changes.map(({ path, index, worktree }) => [path, index, worktree]),
        [[join(await realpath(here), 'a[1].txt'), 'M', 'M']],
      );
    },
  },
  {
    name: '[query git] a repository without a commit, and a folder that is in none',
    run: async ({ queries, root }) => {
      const repository = join(root, 'fresh');
      await put(repository, 'a.txt', 'one\n');
      // A root may itself lie in a repository; this one ends the way up.
      await git(repository, 'init', '--quiet', '--initial-branch=main');
      assert.equal((await queries.gitStatus(repository, signal)).changes.length, 1);
      await git(repository, 'add', '.');
      assert.match((await queries.gitDiff({ path: repository }, signal)).text, /^\+one$/mu);
    },
  },
  {
    name: '[S11] a repository that names programs to run has none of them run by a look',
    run: async ({ queries, root }) => {
      const repository = join(root, 'trap');
      const canary = join(root, 'trapped');
      await put(repository, 'a.txt', 'one\n');
      await put(repository, '.gitattributes', '*.txt diff=trap\n');
      await git(repository, 'init', '--quiet', '--initial-branch=main');
      await git(repository, 'add', '.');
      await git(repository, 'commit', '--quiet', '--message=first');
      const trap = `touch "${canary}"; cat`;
      for (const key of ['core.fsmonitor', 'diff.external', 'diff.trap.command', 'diff.trap.textconv', 'core.pager'])
        await git(repository, 'config', key, trap);
      await put(repository, '.git/hooks/post-index-change', `#!/bin/sh\n${trap}\n`);
      await put(repository, 'a.txt', 'two\n');
      await queries.gitStatus(repository, signal);
      await queries.gitDiff({ path: repository }, signal);
      await queries.gitIgnored(repository, [join(repository, 'a.txt')], signal);
      assert.deepEqual(
        (await queries.list(root, signal)).entries.filter(({ name }) => name === 'trapped'),
        [],
      );
    },
  },
];
