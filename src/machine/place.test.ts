import { link, mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Place } from '../router/ports.ts';
import { type Looks, Places, realLooks, realPathOf } from './place.ts';

let folder = '';
const at = (...names: string[]): string => join(folder, ...names);
const find = (path: string, ...roots: string[]): Promise<Place> =>
  new Places(() => (roots.length === 0 ? [at('root')] : roots)).find(path);

beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'wheelhouse-place-')));
  await mkdir(at('root', 'src', '.vscode'), { recursive: true });
  await mkdir(at('root', '.git', 'hooks'), { recursive: true });
  await mkdir(at('root-other'));
  await mkdir(at('outside', 'deep'), { recursive: true });
  await writeFile(at('root', 'src', 'a.ts'), 'a');
  await writeFile(at('outside', 'secret'), 'secret');
  await symlink(at('outside'), at('root', 'way-out'));
  await symlink('../../outside/deep', at('root', 'src', 'up'));
  await symlink(at('root', 'way-out'), at('root', 'twice'));
  await symlink(at('outside', 'not-there-yet'), at('root', 'dangling'));
  await symlink('src/new/file', at('root', 'later'));
  await symlink('way-out/../root-other/x', at('root', 'around'));
  await symlink('loop-b', at('root', 'loop-a'));
  await symlink('loop-a', at('root', 'loop-b'));
  await symlink(at('root', 'src'), at('root', 'way-in'));
  await symlink(at('root', '.git', 'hooks'), at('root', 'harmless'));
  await symlink(at('root', 'src'), at('root', '.claude'));
  await symlink(at('root'), at('linked-root'));
  await link(at('outside', 'secret'), at('root', 'hard'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('where a path leads', () => {
  test('[S21] files inside, there or not there yet, are inside', async () => {
    expect(await find(at('root', 'src', 'a.ts'))).toEqual({
      path: at('root', 'src', 'a.ts'),
      real: at('root', 'src', 'a.ts'),
      inside: true,
      root: at('root'),
      relative: 'src/a.ts',
      kind: 'file',
    });
    expect(await find(at('root', 'new', 'deep', 'a.ts'))).toMatchObject({ inside: true, relative: 'new/deep/a.ts' });
    expect(await find(at('root', 'way-in', 'a.ts'))).toMatchObject({ inside: true, relative: 'src/a.ts' });
    expect(await find(at('root', 'later'))).toMatchObject({ inside: true, relative: 'src/new/file' });
    expect(await find(at('root'))).toMatchObject({ inside: true, relative: '', kind: 'folder' });
    expect(await find(at('root', 'src', 'a.ts', 'below'))).toMatchObject({ inside: true });
  });

  test.each([
    ['CVE-2026-27967', 'way-out/secret', 'outside/secret'],
    ['CVE-2026-39861', 'way-out/new', 'outside/new'],
    ['CVE-2026-50549', 'way-out/new/deep/file', 'outside/new/deep/file'],
    ['S21', 'src/up/x', 'outside/deep/x'],
    ['S21', 'way-in/up/x', 'outside/deep/x'],
    ['S21', 'twice/secret', 'outside/secret'],
    ['S21', 'dangling', 'outside/not-there-yet'],
    ['S21', 'dangling/x', 'outside/not-there-yet/x'],
    ['S21', 'around', 'root-other/x'],
    ['S21', '../root-other/x', 'root-other/x'],
  ])('[%s] %s is outside', async (_, path, real) => {
    expect(await find(`${at('root')}/${path}`)).toMatchObject({ inside: false, real: at(real) });
  });

  test('[S21] links that go round are an answer', async () => {
    await expect(find(at('root', 'loop-a', 'x'))).rejects.toMatchObject({ code: 'invalid' });
  });

  test('[S21] a root that is a link holds its files, under either of its names', async () => {
    for (const [root, path] of [
      ['root', 'root'],
      ['linked-root', 'linked-root'],
      // Agents resolve the folder that they are given.
      ['linked-root', 'root'],
    ] as const)
      expect(await find(at(path, 'src', 'a.ts'), at(root))).toMatchObject({ inside: true, relative: 'src/a.ts' });
    expect(await find(at('linked-root', 'src', 'a.ts'))).toMatchObject({ inside: false });
  });

  test('[acp 4.2.1] of nested roots the innermost is named; with none everything is outside', async () => {
    const path = at('root', 'src', 'a.ts');
    expect(await find(path, at('root'), at('root', 'src'))).toMatchObject({
      root: at('root', 'src'),
      relative: 'a.ts',
    });
    expect(await find(path, at('gone'))).toMatchObject({ inside: false });
    expect(await new Places(() => []).find(path)).toMatchObject({ inside: false, real: path });
  });

  test('[S26] what is protected is so by its name and by where it leads, from whichever root', async () => {
    expect(await find(at('root', 'harmless', 'pre-commit'))).toMatchObject({ protectedBy: '.git/**' });
    expect(await find(at('root', '.git', 'hooks', 'x'))).toMatchObject({ inside: true, protectedBy: '.git/**' });
    // Who opens it goes by its name, wherever it leads.
    expect(await find(at('root', '.claude', 'a.ts'))).toMatchObject({
      relative: 'src/a.ts',
      protectedBy: '.claude/**',
    });
    const settings = at('root', 'src', '.vscode', 'settings.json');
    expect(await find(settings, at('root'), at('root', 'src', '.vscode'))).toMatchObject({ protectedBy: '.vscode/**' });
    expect(await find(settings, at('root', 'src', '.vscode'))).toMatchObject({ protectedBy: '.vscode/**' });
    expect(await find(at('outside', '.bashrc'))).toMatchObject({ inside: false, protectedBy: '.bashrc' });
    expect((await find(at('root', 'src', 'a.ts'))).protectedBy).toBeUndefined();
  });

  test('[S20] what is no path is refused in words', async () => {
    for (const path of ['', 'a', 'file:///etc/passwd', '/a\0b', '~/a'])
      await expect(find(path)).rejects.toMatchObject({ code: 'invalid', next: expect.any(String) as string });
  });
});

/** A file system that keeps names as they were given, and finds them under any case and either form. */
const forgiving = (stored: Readonly<Record<string, string>>): Looks => {
  const fold = (path: string): string => path.normalize('NFC').toLowerCase();
  const things = new Map(Object.entries(stored).map(([path, what]) => [fold(path), { path, what }]));
  const kindOf = (what: string) => (what === 'folder' || what === 'file' ? what : 'link');
  return {
    flavour: 'posix',
    kind: (path) => {
      const thing = things.get(fold(path));
      return Promise.resolve(path === '/' ? 'folder' : thing && kindOf(thing.what));
    },
    target: (path) => Promise.resolve(things.get(fold(path))?.what ?? ''),
    real: (path) => {
      const thing = things.get(fold(path));
      return Promise.resolve(thing && kindOf(thing.what) !== 'link' ? thing.path : undefined);
    },
    identity: (path) => Promise.resolve(things.get(fold(path))?.path),
  };
};

describe('where a path leads, where names are forgiving', () => {
  const looks = forgiving({
    '/Users': 'folder',
    '/Users/Me': 'folder',
    '/Users/Me/Caf\u00e9': 'folder',
    '/Users/Me/Caf\u00e9/.vscode': 'folder',
    '/Users/Me/Caf\u00e9/Link': '/Users/Other',
    '/Users/Other': 'folder',
  });
  const places = new Places(() => ['/Users/Me/Caf\u00e9'], looks);

  test('[CVE-2025-59944] one spelling or another, it is the same folder and the same protected file', async () => {
    for (const root of ['/Users/Me/Caf\u00e9', '/users/ME/CAF\u00c9', '/USERS/me/cafe\u0301'])
      for (const file of ['.vscode/settings.json', '.VSCODE/Settings.json', '.VsCode/settings.JSON'])
        expect(await places.find(`${root}/${file}`)).toMatchObject({ inside: true, protectedBy: '.vscode/**' });
  });

  test('[S23] a link is one under every spelling', async () => {
    expect(await places.find('/users/me/CAFE\u0301/LINK/x')).toMatchObject({ inside: false, real: '/Users/Other/x' });
    expect(await places.find('/Users/Me/Cafe/x')).toMatchObject({ inside: false });
  });

  test('[S23] where they are not, another spelling is another folder', async () => {
    const strict: Looks = { ...looks, identity: (path) => Promise.resolve(path) };
    const found = await new Places(() => ['/Users/Me/Caf\u00e9'], strict).find('/users/me/caf\u00e9/a');
    expect(found.inside).toBe(false);
  });
});

test('[S46] nothing is asked of another machine about a path that is not the person’s own folder', async () => {
  const asked: string[] = [];
  const note = (path: string): Promise<undefined> => {
    asked.push(path);
    return Promise.resolve(undefined);
  };
  const looks: Looks = { flavour: 'win32', kind: note, target: () => Promise.resolve(''), real: note, identity: note };
  const place = await new Places(() => ['C:\\w', '\\\\own\\share\\w'], looks).find('\\\\evil\\share\\a');
  expect(place).toEqual({ path: '\\\\evil\\share\\a', real: '\\\\evil\\share\\a', inside: false });
  expect(asked.filter((path) => path.startsWith('\\\\evil'))).toEqual([]);
  const own = await new Places(() => ['\\\\own\\share\\w'], looks).find('\\\\own\\share\\w\\a');
  expect(own).toMatchObject({ inside: true, relative: 'a' });
  // Nor of the person's own about a path that lies here: it may be away, and that takes a minute to find out.
  asked.length = 0;
  await new Places(() => ['C:\\w', '\\\\own\\share\\w'], looks).find('C:\\w\\a');
  expect(asked.filter((path) => path.startsWith('\\\\'))).toEqual([]);
});

test('[S21] a path is followed as the system follows it', async () => {
  expect((await realPathOf(at('root', 'way-in', 'x', 'y'), realLooks)).real).toBe(at('root', 'src', 'x', 'y'));
});
