import { mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { protectedStamps, stampOf } from './stamps.ts';

describe('what files look like', () => {
  let root = '';
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'wheelhouse-stamps-'));
  });
  afterEach(async () => {
    await rm(root, { recursive: true, force: true });
  });
  const put = async (name: string, text = ''): Promise<string> => {
    const path = join(root, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
    return path;
  };

  test('[S26] a file that is put back in time has another stamp all the same', async () => {
    const path = await put('.npmrc', 'one');
    await utimes(path, 1, 1);
    const before = await stampOf(path);
    await writeFile(path, 'two');
    await utimes(path, 1, 1);
    expect(await stampOf(path)).not.toEqual(before);
    expect(await stampOf(join(root, 'none'))).toEqual({ kind: 'gone' });
    expect(await stampOf(root)).toEqual({ kind: 'folder' });
  });

  test('[S26] the protected files are found, and those of a repository that it obeys', async () => {
    const names = ['.vscode/tasks.json', '.git/config', '.git/hooks/pre-commit', '.mcp.json', '.claude/a/b.json'];
    await Promise.all([...names, '.git/index', '.git/objects/aa/bb', 'src/a.ts', 'README.md'].map((name) => put(name)));
    const found = [...(await protectedStamps([root, join(root, 'none')])).keys()];
    expect(found).toEqual(expect.arrayContaining(names.map((name) => join(root, name))));
    expect(found.filter((path) => /objects|README|src/u.test(path))).toEqual([]);
  });
});
