import { mkdir, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { silent } from '../base/log.ts';
import { systemClock } from '../machine/clock.ts';
import { DiskWorkspace } from '../machine/diskWorkspace.ts';
import { RELAY } from '../protocol/relay/names.ts';
import type { WindowRequest, WindowResult } from '../protocol/view/request.ts';
import type { Device } from '../relay/device.ts';
import { RelayWorkspace } from '../relay/workspace.ts';
import { EditorFiles } from './editorFiles.ts';
import { hostQueries } from './queries.ts';
import { hostRelayEdits } from './relayEdits.ts';
import { Windows } from './windows.ts';

const never = new AbortController().signal;
const phone: Device = { id: 'd1', name: 'Phone', capability: 'drive' };

let folder: string;
let windows: Windows;
let relay: RelayWorkspace;

beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'wheelhouse-relay-edits-')));
  windows = new Windows(systemClock);
  const disk = new DiskWorkspace(() => [folder]);
  const edits = hostRelayEdits({
    files: new EditorFiles({ windows, disk, clock: systemClock }),
    watch: { around: (workspace) => workspace },
    windows,
    log: silent,
    ending: never,
  });
  relay = new RelayWorkspace({ clock: systemClock, edits, queries: hostQueries(disk) });
  await writeFile(join(folder, 'a.txt'), 'abc\n');
  await mkdir(join(folder, '.vscode'));
  await writeFile(join(folder, '.vscode/tasks.json'), '{}\n');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** A window of the folder, and what it was asked. */
const attach = (act: (request: WindowRequest) => WindowResult): readonly WindowRequest[] => {
  const asked: WindowRequest[] = [];
  const window = windows.attach((message) => {
    if (message.type !== 'request') return;
    asked.push(message.request);
    window.hear({ type: 'answer', id: message.id, result: act(message.request) });
  });
  window.hear({ type: 'offer', roots: [folder], secrets: true });
  return asked;
};
const replace = (name: string, newText: string, expectedVersion?: string) => {
  const range = { start: { line: 0, character: 0 }, end: { line: 0, character: 1 } };
  const expected = expectedVersion === undefined ? {} : { expectedVersion };
  return relay.applyEdit({ path: join(folder, name), edits: [{ range, newText }], ...expected }, phone, never);
};
const onDisk = (name: string): Promise<string> => readFile(join(folder, name), 'utf8');

describe('edits by devices in a host', () => {
  test('[relay 9 edit] without a window they are made on the disk', async () => {
    const { version } = await replace('a.txt', 'X');
    expect(await onDisk('a.txt')).toBe('Xbc\n');
    expect(version).toMatch(/^[0-9a-f]{32}$/u);
  });

  test('[relay 9 edit] what the person has not saved is what is edited, in their window', async () => {
    let buffer = 'typing\n';
    const asked = attach((request) => {
      if (request.kind === 'workspace/read') return { kind: 'text', text: buffer };
      if (request.kind === 'workspace/write') return { kind: 'conflict', mine: buffer };
      buffer = 'Typing\n';
      return { kind: 'written', how: 'written' };
    });
    const path = join(folder, 'a.txt');
    const read = await relay.query(RELAY.readFile, { path }, never);
    expect(read).toMatchObject({ content: 'typing\n' });
    const { version } = read as { version: string };
    await replace('a.txt', 'T', version);
    const write = asked.find(({ kind }) => kind === 'workspace/write');
    expect(write).toMatchObject({ content: 'Typing\n' });
    expect(asked.find(({ kind }) => kind === 'workspace/settle')).toMatchObject({ settlement: 'theirs' });
    expect(await onDisk('a.txt')).toBe('abc\n');
  });

  test('[S12] while they type it is a conflict, and theirs stays', async () => {
    let buffer = 'typing\n';
    attach((request) => {
      if (request.kind === 'workspace/read') return { kind: 'text', text: buffer };
      buffer = 'typing more\n';
      return request.kind === 'workspace/write' ? { kind: 'conflict', mine: buffer } : { kind: 'written', how: 'kept' };
    });
    await expect(replace('a.txt', 'T')).rejects.toMatchObject({ code: -32011 });
    expect(await onDisk('a.txt')).toBe('abc\n');
  });

  test('[S26] a protected file is refused until a person in a window has allowed this very change', async () => {
    const name = '.vscode/tasks.json';
    await expect(replace(name, '[')).rejects.toMatchObject({ code: -32602 });
    const asked = attach(({ kind }) =>
      kind === 'change/ask' ? { kind: 'said', yes: true } : { kind: 'failure', code: 'refused', message: 'No.' },
    );
    await expect(replace(name, '[')).rejects.toMatchObject({ code: -32602 });
    expect(asked.filter(({ kind }) => kind === 'change/ask')).toEqual([
      { kind: 'change/ask', device: 'Phone', path: join(folder, name), before: '{}\n', after: '[}\n' },
    ]);
    await expect(replace(name, '(')).rejects.toMatchObject({ code: -32602 });
    expect(await onDisk(name)).toBe('{}\n');
    await replace(name, '[');
    expect(await onDisk(name)).toBe('[}\n');
  });
});
