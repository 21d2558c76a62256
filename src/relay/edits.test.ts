import { beforeEach, describe, expect, test } from 'vitest';
import { Failure } from '../base/failure.ts';
import { manualClock } from '../base/testing.ts';
import { RELAY } from '../protocol/relay/names.ts';
import type { Conflict, Place, Settlement, Workspace } from '../router/ports.ts';
import type { Queries } from '../router/queries.ts';
import type { Device } from './device.ts';
import type { ProtectedChange } from './ports.ts';
import { RelayWorkspace } from './workspace.ts';

const phone: Device = { id: 'd1', name: 'Phone', capability: 'drive' };
const never = new AbortController().signal;
const clock = manualClock();

let files: Map<string, string>;
beforeEach(() => {
  files = new Map();
});

/** Where files can be edited they are read as an edit would find them. */
const unasked = (): Promise<never> => Promise.reject(new Error('This is no test of queries.'));
const queries: Queries = {
  roots: () => ['/w'],
  list: unasked,
  measure: unasked,
  read: unasked,
  findFiles: unasked,
  search: unasked,
  gitStatus: unasked,
  gitDiff: unasked,
  gitIgnored: unasked,
};
const readOf = (path: string): string => {
  const text = files.get(path);
  if (text === undefined) throw new Failure('not found', `${path} does not exist.`);
  return text;
};
const refusal = (code: number) => expect.objectContaining({ code });

/** A workspace in memory, whose person may be typing. */
const editable = (parts: { readonly dirty?: ReadonlyMap<string, string>; readonly before?: () => void } = {}) => {
  const asked: ProtectedChange[] = [];
  const allowed: ProtectedChange[] = [];
  const workspace: Workspace = {
    roots: () => ['/w'],
    async place(path) {
      if (!path.startsWith('/')) throw new Failure('invalid', 'This is no absolute path.');
      const inside = path.startsWith('/w/');
      return { path, real: path, inside, ...(path.endsWith('.npmrc') ? { protectedBy: '.npmrc' } : {}) };
    },
    readText: async ({ path }) => parts.dirty?.get(path) ?? readOf(path),
    async writeText({ path, seen }: Place, content, settle: (conflict: Conflict) => Promise<Settlement>) {
      parts.before?.();
      const mine = parts.dirty?.get(path);
      if (mine !== undefined && (await settle({ mine, theirs: content })) === 'mine') return 'kept';
      if (mine === undefined && seen !== (files.get(path) ?? null)) throw new Failure('changed', 'It has changed.');
      files.set(path, content);
      return 'written';
    },
  };
  const relay = new RelayWorkspace({
    clock,
    queries,
    edits: {
      workspace,
      allowed: (change) => {
        asked.push(change);
        return allowed.some(({ after, before }) => after === change.after && before === change.before);
      },
    },
  });
  const edit = (path: string, newText: string, more: object = {}): Promise<unknown> => {
    const range = { start: { line: 0, character: 0 }, end: { line: 0, character: 1 } };
    return relay.applyEdit({ path, edits: [{ range, newText }], ...more }, phone, never);
  };
  const version = async (path: string): Promise<string> =>
    ((await relay.query(RELAY.readFile, { path }, never)) as { version: string }).version;
  return { relay, edit, version, asked, allowed };
};

describe('edits by a device', () => {
  test('[relay 9 edit] is told the version that it makes, which the next one may expect', async () => {
    files.set('/w/a', 'abc');
    const { edit, version } = editable();
    const first = await edit('/w/a', 'X', { expectedVersion: await version('/w/a') });
    expect(first).toEqual({ path: '/w/a', version: await version('/w/a') });
    await edit('/w/a', 'Y', { expectedVersion: (first as { version: string }).version });
    await edit('/w/a', 'Z');
    expect(files.get('/w/a')).toBe('Zbc');
  });

  test('[S12] another version is a conflict, which names the present one', async () => {
    files.set('/w/a', 'abc');
    const { edit, version } = editable();
    const old = await version('/w/a');
    files.set('/w/a', 'abd');
    const currentVersion = await version('/w/a');
    await expect(edit('/w/a', 'X', { expectedVersion: old })).rejects.toMatchObject({
      code: -32011,
      data: { path: '/w/a', currentVersion },
    });
    expect(files.get('/w/a')).toBe('abd');
  });

  test('[relay 9 edit] null makes a file, and never writes over one', async () => {
    const { edit, version } = editable();
    await expect(edit('/w/new', 'X')).rejects.toEqual(refusal(-32002));
    await expect(edit('/w/new', 'X', { expectedVersion: 'v' })).rejects.toEqual(refusal(-32002));
    expect(await edit('/w/new', 'text', { expectedVersion: null })).toEqual({
      path: '/w/new',
      version: await version('/w/new'),
    });
    const currentVersion = await version('/w/new');
    await expect(edit('/w/new', 'X', { expectedVersion: null })).rejects.toMatchObject({
      code: -32011,
      data: { path: '/w/new', currentVersion },
    });
    expect(files.get('/w/new')).toBe('text');
  });

  test('[S12] what somebody else writes between the look and the write is not lost', async () => {
    files.set('/w/a', 'abc');
    const { edit } = editable({ before: () => files.set('/w/a', 'theirs') });
    await expect(edit('/w/a', 'X')).rejects.toEqual(refusal(-32011));
    expect(files.get('/w/a')).toBe('theirs');
  });

  test('[S12] two at once are made one after the other', async () => {
    files.set('/w/a', 'abc');
    const { edit } = editable();
    await Promise.all([edit('/w/a', 'X'), edit('/w/a', 'YY'), edit('/w/a', '')]);
    expect(files.get('/w/a')).toBe('Ybc');
  });

  test('[S12] what the person has not saved is what is edited, and never lost', async () => {
    const dirty = new Map([['/w/a', 'mine']]);
    files.set('/w/a', 'old');
    expect(await editable({ dirty }).edit('/w/a', 'M')).toBeDefined();
    expect(files.get('/w/a')).toBe('Mine');
    const typing = editable({ dirty, before: () => dirty.set('/w/a', 'mine, and more') });
    await expect(typing.edit('/w/a', 'X')).rejects.toEqual(refusal(-32011));
    expect(files.get('/w/a')).toBe('Mine');
  });

  test('[S26] a protected file is refused at once, whatever it is expected to be, until this very change is allowed', async () => {
    files.set('/w/.npmrc', 'abc');
    const { edit, asked, allowed } = editable();
    await expect(edit('/w/.npmrc', 'X')).rejects.toEqual(refusal(-32602));
    await expect(edit('/w/sub/.npmrc', 'X', { expectedVersion: null })).rejects.toEqual(refusal(-32602));
    expect(asked.map(({ place, before, after }) => [place.path, before, after])).toEqual([
      ['/w/.npmrc', 'abc', 'Xbc'],
      ['/w/sub/.npmrc', undefined, 'X'],
    ]);
    expect(files).toEqual(new Map([['/w/.npmrc', 'abc']]));
    allowed.push(...asked);
    await edit('/w/.npmrc', 'X');
    await expect(edit('/w/.npmrc', 'Y')).rejects.toEqual(refusal(-32602));
    expect(files.get('/w/.npmrc')).toBe('Xbc');
  });

  test.each([
    ['another path', { path: '/etc/passwd' }],
    ['no path', { path: '' }],
    ['a relative one', { path: 'a' }],
    ['a list of files', { changes: { '/w/a': [] } }],
    ['a rename', { documentChanges: [{ kind: 'rename', oldUri: '/w/a', newUri: '/w/.vscode/tasks.json' }] }],
    ['a deletion', { kind: 'delete' }],
    ['no list', { edits: {} }],
    ['an edit that does more', { edits: [{ range: {}, newText: '', command: 'x' }] }],
    ['a version that is none', { expectedVersion: 7 }],
  ])('[S12] %s is refused as a whole', async (_, more) => {
    files.set('/w/a', 'abc');
    const { edit } = editable();
    await expect(edit('/w/a', 'X', more)).rejects.toEqual(refusal(-32602));
    expect(files).toEqual(new Map([['/w/a', 'abc']]));
  });

  test('[S12] lines and characters are whole numbers from 0, and so many edits are no edit', async () => {
    files.set('/w/a', 'abc');
    const { relay } = editable();
    const at = (line: unknown, character: unknown = 0) => ({
      range: { start: { line, character }, end: { line, character } },
      newText: 'x',
    });
    const apply = (edits: readonly unknown[]) => relay.applyEdit({ path: '/w/a', edits }, phone, never);
    for (const edit of [at(-1), at(0.5), at('0'), at(0, -1), at(null), at(Number.NaN), { range: at(0).range }, null])
      await expect(apply([at(0), edit])).rejects.toEqual(refusal(-32602));
    await expect(apply(Array.from({ length: 100_000 }, () => at(0)))).rejects.toEqual(refusal(-32602));
    expect(files.get('/w/a')).toBe('abc');
    await apply([at(0), at(9e15)]);
    expect(files.get('/w/a')).toBe('xabcx');
  });

  test('[relay 9 edit] where nothing may be edited there is no such method', async () => {
    const none = new RelayWorkspace({ clock, queries });
    expect(none.capabilities).toEqual({ workspaceQueries: true, workspaceEdits: false });
    await expect(none.applyEdit({ path: '/w/a', edits: [] }, phone, never)).rejects.toEqual(refusal(-32601));
  });
});
