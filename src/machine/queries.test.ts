import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { queriesContract } from '../../test/tools/queriesContract.ts';
import { root as repository } from '../../test/tools/suite.ts';
import type { FoundFile } from '../router/queries.ts';
import { DiskWorkspace } from './diskWorkspace.ts';
import { ripgrepUnder } from './findRipgrep.ts';
import { WorkspaceQueries } from './queries.ts';
import { DEFAULT_RULES } from './ripgrep.ts';

/** The tests run with the ripgrep of the VS Code that they run in. */
const appRoot = join(repository, '.tools/vscode/node_modules/code-server/lib/vscode');
const { signal } = new AbortController();

const queriesOf = (roots: readonly string[]): WorkspaceQueries => {
  const workspace = new DiskWorkspace(() => roots);
  return new WorkspaceQueries({
    roots: () => roots,
    place: (path, stop) => workspace.place(path, stop),
    readText: (place, range, stop) => workspace.readText(place, range, stop),
    rules: () => DEFAULT_RULES,
    ripgrep: () => ripgrepUnder(appRoot),
    git: async () => '/usr/bin/git',
    env: process.env,
  });
};

describe('queries of a workspace on this machine', () => {
  let root = '';
  let outside = '';
  beforeEach(async () => {
    root = await realpath(await mkdtemp(join(tmpdir(), 'wheelhouse-queries-')));
    outside = await realpath(await mkdtemp(join(tmpdir(), 'wheelhouse-outside-')));
  });
  afterEach(async () => {
    await rm(root, { recursive: true, force: true });
    await rm(outside, { recursive: true, force: true });
  });

  for (const { name, run } of queriesContract)
    test(name, async () => run({ queries: queriesOf([root]), root, outside }), 30_000);

  const put = async (name: string): Promise<void> => {
    await mkdir(join(root, name, '..'), { recursive: true });
    await writeFile(join(root, name), '');
  };
  const find = async (roots: readonly string[], most = 100): Promise<readonly FoundFile[]> => {
    const all: FoundFile[] = [];
    await queriesOf(roots).findFiles({ most }, (files) => all.push(...files), signal);
    return all;
  };

  test('[acp 4.2.1] of nested roots each file is told once, as of the innermost; the same root twice is one', async () => {
    await put('a.txt');
    await put('inner/b.txt');
    const inner = join(root, 'inner');
    const told = (await find([root, inner, root])).map(({ root: of, relative }) => [of, relative]);
    expect(told).toEqual([
      [root, 'a.txt'],
      [inner, 'b.txt'],
    ]);
  });

  test('[query files] what was wanted is wanted of all roots together', async () => {
    await put('one/a.txt');
    await put('one/b.txt');
    await put('two/c.txt');
    await put('two/d.txt');
    expect(await find([join(root, 'one'), join(root, 'two')], 3)).toHaveLength(3);
  });

  test('[query missing] without ripgrep the answer says what to do', async () => {
    const none = new WorkspaceQueries({
      roots: () => [root],
      place: async (path) => ({ path, real: path, inside: true }),
      readText: async () => '',
      rules: () => DEFAULT_RULES,
      ripgrep: async () => undefined,
      git: async () => undefined,
      env: {},
    });
    await expect(none.findFiles({ most: 1 }, () => undefined, signal)).rejects.toMatchObject({ code: 'missing' });
    await expect(none.gitStatus(root, signal)).rejects.toMatchObject({ code: 'missing' });
  });

  test('[query read] marks of UTF-16 are read, and what is no text is refused', async () => {
    await writeFile(join(root, 'wide.txt'), Buffer.from('\uFEFFwide', 'utf16le'));
    await writeFile(join(root, 'marked.txt'), '\uFEFFmarked');
    await writeFile(join(root, 'data'), Buffer.from([1, 0, 2]));
    await writeFile(join(root, 'latin'), Buffer.from('caf\xE9', 'latin1'));
    const read = (name: string): Promise<string> => queriesOf([root]).read(join(root, name), {}, signal);
    expect(await read('wide.txt')).toBe('wide');
    expect(await read('marked.txt')).toBe('marked');
    await expect(read('data')).rejects.toMatchObject({ code: 'binary' });
    await expect(read('latin')).rejects.toMatchObject({ code: 'binary' });
  });
});
