import { beforeEach, describe, expect, test } from 'vitest';
import { Failure } from '../base/failure.ts';
import { type ManualClock, manualClock } from '../base/testing.ts';
import { RELAY } from '../protocol/relay/names.ts';
import type { FolderEntry, Queries } from '../router/queries.ts';
import { RelayWorkspace } from './workspace.ts';

const never = new AbortController().signal;
const MIB = 1024 * 1024;

let clock: ManualClock;
let files: Map<string, string>;
beforeEach(() => {
  clock = manualClock();
  files = new Map();
});

const queriesWith = (some: Partial<Queries>): Queries => ({
  roots: () => ['/w'],
  list: async () => ({ entries: [], more: false }),
  measure: async (_, entries) => entries,
  read: async (path) => readOf(path),
  findFiles: async () => ({ more: false }),
  search: async () => ({ more: false }),
  gitStatus: async () => ({ changes: [], more: false }),
  gitDiff: async () => ({ text: '', more: false }),
  gitIgnored: async () => new Set(),
  ...some,
});
const readOf = (path: string): string => {
  const text = files.get(path);
  if (text === undefined) throw new Failure('not found', `${path} does not exist.`);
  return text;
};
const workspaceWith = (some: Partial<Queries> = {}): RelayWorkspace =>
  new RelayWorkspace({ clock, queries: queriesWith(some) });
const ask = async (workspace: RelayWorkspace, method: string, params: unknown, signal = never): Promise<unknown> =>
  await workspace.query(method, params, signal);
const refusal = (code: number) => expect.objectContaining({ code });

describe('what a device asks of the folders', () => {
  test('[relay 9 queries] a folder is listed with sizes and times, at most as far as the limit', async () => {
    const entries: readonly FolderEntry[] = [
      { name: 'src', kind: 'folder' },
      { name: 'a.ts', kind: 'file' },
      { name: 'way', kind: 'link' },
      { name: 'pipe', kind: 'other' },
    ];
    const workspace = workspaceWith({
      list: async () => ({ entries, more: false }),
      measure: async (_, some) =>
        some.map((entry) => ({ ...entry, ...(entry.kind === 'file' ? { size: 3 } : {}), modified: 5 })),
    });
    expect(await ask(workspace, RELAY.listDirectory, { path: '/w' })).toEqual({
      path: '/w',
      entries: [
        { name: 'src', type: 'directory', mtime: 5 },
        { name: 'a.ts', type: 'file', size: 3, mtime: 5 },
        { name: 'way', type: 'symlink', mtime: 5 },
        { name: 'pipe', type: 'other', mtime: 5 },
      ],
      truncated: false,
    });
    expect(await ask(workspace, RELAY.listDirectory, { path: '/w', limit: 1 })).toMatchObject({
      entries: [{ name: 'src' }],
      truncated: true,
    });
  });

  test('[relay 9 queries] a file is read in lines from 1, with the version and the line ends of the whole', async () => {
    files.set('/w/a', 'one\r\ntwo\r\nthree');
    const workspace = workspaceWith();
    const whole = (await ask(workspace, RELAY.readFile, { path: '/w/a' })) as { version: string };
    expect(whole).toEqual({
      path: '/w/a',
      content: 'one\r\ntwo\r\nthree',
      version: whole.version,
      eol: '\r\n',
      truncated: false,
    });
    expect(await ask(workspace, RELAY.readFile, { path: '/w/a', line: 2, limit: 1 })).toEqual({
      ...whole,
      content: 'two\r\n',
      truncated: true,
    });
    expect(await ask(workspace, RELAY.readFile, { path: '/w/a', line: 9 })).toMatchObject({
      content: '',
      truncated: false,
    });
    files.set('/w/b', 'no end');
    expect(await ask(workspace, RELAY.readFile, { path: '/w/b' })).toMatchObject({ eol: '\n' });
    files.set('/w/a', 'one\r\ntwo\r\nthreE');
    const changed = (await ask(workspace, RELAY.readFile, { path: '/w/a' })) as { version: string };
    expect(changed.version).not.toBe(whole.version);
  });

  test('[relay 9 queries] a large file is told to the last whole line of the first MiB, and goes on from there', async () => {
    const text = `${'x'.repeat(99)}\n`.repeat(20_000);
    files.set('/w/large', text);
    files.set('/w/line', '🙂'.repeat(MIB));
    const workspace = workspaceWith();
    let told = '';
    for (let line = 1; told.length < text.length;) {
      const { content, truncated } = (await ask(workspace, RELAY.readFile, { path: '/w/large', line })) as {
        content: string;
        truncated: boolean;
      };
      expect(content.length).toBeLessThanOrEqual(MIB);
      told += content;
      line += content.split('\n').length - 1;
      expect(truncated).toBe(told.length < text.length);
    }
    expect(told).toBe(text);
    const { content } = (await ask(workspace, RELAY.readFile, { path: '/w/line' })) as { content: string };
    expect(/\p{Surrogate}/u.test(content)).toBe(false);
    expect(content.length).toBe(MIB);
  });

  test('[relay 9 queries] files and texts are found by what was asked for, a thousand at the most', async () => {
    const asked: unknown[] = [];
    const file = { path: '/w/a.ts', root: '/w', relative: 'a.ts' };
    const workspace = workspaceWith({
      findFiles: async (query, found) => {
        asked.push(query);
        found([file]);
        return { more: true };
      },
      search: async (query, found) => {
        asked.push(query);
        found([{ ...file, line: 3, column: 7, text: 'the line' }]);
        return { more: false };
      },
    });
    expect(await ask(workspace, RELAY.findFiles, { glob: '**/*.ts', limit: 1e6 })).toEqual({
      paths: ['/w/a.ts'],
      truncated: true,
    });
    expect(await ask(workspace, RELAY.searchText, { query: 'l.ne', isRegex: true, glob: 'a*', limit: 5 })).toEqual({
      matches: [{ path: '/w/a.ts', line: 3, column: 7, text: 'the line' }],
      truncated: false,
    });
    await ask(workspace, RELAY.searchText, { query: 'l.ne' });
    expect(asked).toEqual([
      { glob: '**/*.ts', most: 1000 },
      { text: 'l.ne', regularExpression: true, glob: 'a*', most: 5 },
      { text: 'l.ne', regularExpression: false, most: 1000 },
    ]);
  });

  test('[relay 9 queries] git speaks with the letters of porcelain v1, of the first root unless another path is named', async () => {
    const asked: unknown[] = [];
    const workspace = workspaceWith({
      gitStatus: async (path) => {
        asked.push(path);
        const changes = [
          { path: '/w/a', index: '.', worktree: 'M' },
          { path: '/w/b', index: 'R', worktree: '.', from: '/w/c' },
          { path: '/w/d', index: '?', worktree: '?' },
        ];
        return { branch: 'main', ahead: 2, behind: 1, changes, more: false };
      },
      gitDiff: async (query) => {
        asked.push(query);
        return { text: `${'+x\n'.repeat(MIB)}`, more: false };
      },
    });
    expect(await ask(workspace, RELAY.gitStatus, undefined)).toEqual({
      branch: 'main',
      ahead: 2,
      behind: 1,
      changes: [
        { path: '/w/a', index: ' ', worktree: 'M' },
        { path: '/w/b', index: 'R', worktree: ' ' },
        { path: '/w/d', index: '?', worktree: '?' },
      ],
      truncated: false,
    });
    const { diff, truncated } = (await ask(workspace, RELAY.gitDiff, { path: '/w/sub', staged: true })) as {
      diff: string;
      truncated: boolean;
    };
    expect(diff.length).toBeLessThanOrEqual(MIB);
    expect([diff.endsWith('+x\n'), truncated]).toEqual([true, true]);
    await ask(workspace, RELAY.gitDiff, {});
    expect(asked).toEqual(['/w', { path: '/w/sub', part: 'staged' }, { path: '/w', part: 'unstaged' }]);
    const detached = workspaceWith();
    expect(await ask(detached, RELAY.gitStatus, {})).toMatchObject({ branch: null, ahead: 0, behind: 0 });
  });

  test.each([
    [RELAY.listDirectory, {}],
    [RELAY.listDirectory, { path: 7 }],
    [RELAY.listDirectory, { path: '/w', limit: -1 }],
    [RELAY.listDirectory, { path: '/w', limit: 'all' }],
    [RELAY.readFile, null],
    [RELAY.readFile, { path: '/w/a', line: 0 }],
    [RELAY.readFile, { path: '/w/a', line: '1' }],
    [RELAY.readFile, { path: '/w/a', limit: 1.5 }],
    [RELAY.findFiles, {}],
    [RELAY.findFiles, { glob: ['**'] }],
    [RELAY.searchText, { glob: '**' }],
    [RELAY.searchText, { query: 'a', glob: 1 }],
    [RELAY.gitStatus, { path: {} }],
    [RELAY.gitDiff, { path: false }],
  ])('[relay 9 queries] %s of %j is refused', async (method, params) => {
    files.set('/w/a', 'text');
    await expect(ask(workspaceWith(), method, params)).rejects.toEqual(refusal(-32602));
  });

  test.each([
    ['outside', -32602],
    ['invalid', -32602],
    ['binary', -32602],
    ['not found', -32002],
    ['no repository', -32002],
    ['missing', -32603],
    ['untrusted', -32603],
  ])('[relay 9 queries] what fails as “%s” is told as %i', async (code, told) => {
    const failing = workspaceWith({
      read: async () => {
        throw new Failure(code, 'It went wrong.', 'Do this.');
      },
    });
    await expect(ask(failing, RELAY.readFile, { path: '/w/a' })).rejects.toMatchObject({
      code: told,
      message: 'It went wrong. Do this.',
    });
  });

  test('[relay 9 queries] after ten seconds there is an answer, and what worked on it has been told to end', async () => {
    let stopped = false;
    const workspace = workspaceWith({
      search: (_query, _found, signal) =>
        new Promise(() => signal.addEventListener('abort', () => (stopped = true), { once: true })),
    });
    const asked = ask(workspace, RELAY.searchText, { query: 'x' });
    clock.advance(9_999);
    expect(stopped).toBe(false);
    clock.advance(1);
    await expect(asked).rejects.toEqual(refusal(-32603));
    expect(stopped).toBe(true);
    expect(clock.waiting).toBe(0);
  });

  test('[relay 9 queries] what nobody waits for any more ends', async () => {
    const gone = new AbortController();
    let stopped = false;
    const workspace = workspaceWith({
      read: (_path, _range, signal) =>
        new Promise(() => signal.addEventListener('abort', () => (stopped = true), { once: true })),
    });
    const asked = ask(workspace, RELAY.readFile, { path: '/w/a' }, gone.signal);
    gone.abort(new Failure('cancelled', 'Its socket is gone.'));
    await expect(asked).rejects.toEqual(refusal(-32800));
    expect(stopped).toBe(true);
  });

  test('[S10] a flood of queries is worked on eight at a time, in order, and has an end', async () => {
    const open: (() => void)[] = [];
    let most = 0;
    let running = 0;
    const workspace = workspaceWith({
      read: async () => {
        running += 1;
        most = Math.max(most, running);
        await new Promise<void>((resolve) => open.push(resolve));
        running -= 1;
        return 'text';
      },
    });
    const all = Array.from({ length: 1000 }, () =>
      ask(workspace, RELAY.readFile, { path: '/w/a' }).then(
        () => 'told',
        ({ code }: { code: number }) => code,
      ),
    );
    let done = 0;
    for (const one of all) void one.then(() => (done += 1));
    while (done < all.length) {
      open.shift()?.();
      // Versions are made outside of this thread.
      await new Promise((resolve) => setImmediate(resolve));
    }
    const told = await Promise.all(all);
    expect(most).toBe(8);
    expect(told.filter((one) => one === 'told')).toHaveLength(8 + 256);
    expect(told.filter((one) => one === -32603)).toHaveLength(1000 - 264);
  });

  test('[relay 9 queries] without folders to ask there is no such method, and no other method is one', () => {
    const none = new RelayWorkspace({ clock });
    expect(none.capabilities).toEqual({ workspaceQueries: false, workspaceEdits: false });
    expect(none.query(RELAY.readFile, { path: '/w/a' }, never)).toBeUndefined();
    for (const method of [RELAY.applyEdit, RELAY.ping, 'fs/read_text_file', 'toString'])
      expect(workspaceWith().query(method, {}, never)).toBeUndefined();
  });
});
