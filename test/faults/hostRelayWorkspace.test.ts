import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { RELAY } from '../../src/protocol/relay/names.ts';
import { until } from '../tools/until.ts';
import { hostPrograms, HostWorld, type Ready } from './hostWorld.ts';
import { DeviceClient, pairDevice } from './relayDevices.ts';
import { Trial } from './trial.ts';

const execute = promisify(execFile);
const programs = hostPrograms();

const open = (): Promise<Trial> => Trial.open({ host: '', watchdog: '', agent: '' });
const connect = async (ready: Ready, client: string, token: string): Promise<DeviceClient> => {
  const device = new DeviceClient(`${ready.relay}?client_id=${client}`, token);
  await device.hear('the welcome', ({ type }) => type === 'relay_welcome');
  return device;
};
const notices = ({ frames }: DeviceClient, wanted: string) => frames.filter(({ method }) => method === wanted);

describe('the folders of a host, for its devices', { timeout: 120_000 }, () => {
  test('[relay 8 query as viewer] who may only watch reads files and repository, and changes nothing', async () => {
    await using trial = await open();
    const world = new HostWorld(programs, trial);
    const { ready } = await world.serve();
    await execute('git', ['init', '--quiet', '--initial-branch=main'], { cwd: world.root });
    const path = join(world.root, 'a.txt');
    await writeFile(path, 'one\ntwo\n');
    const { token } = await pairDevice(world, ready, 'Watch', 'watch');
    const viewer = await connect(ready, 'viewer', token);
    const read = await viewer.ask('viewer-1', RELAY.readFile, { path, line: 2 });
    expect(read).toMatchObject({ result: { content: 'two\n', eol: '\n', truncated: false } });
    expect(await viewer.ask('viewer-2', RELAY.gitStatus, {})).toMatchObject({
      result: { branch: 'main', changes: expect.arrayContaining([{ path, index: '?', worktree: '?' }]) },
    });
    expect(await viewer.ask('viewer-3', RELAY.readFile, { path: ready.tokenFile })).toMatchObject({
      error: { code: -32602 },
    });
    for (const [method, params] of [
      [RELAY.applyEdit, { path, edits: [] }],
      [RELAY.terminalOpen, {}],
      [RELAY.terminalInput, { terminalId: 'term_1', data: 'x' }],
    ] as const)
      expect(await viewer.ask(`viewer-${method}`, method, params)).toMatchObject({
        error: { code: -32010, data: { capability: 'watch' } },
      });
    expect(read).not.toHaveProperty('rseq');
    viewer.end();
  });

  test('[relay 8 edit workspace_changed] an edit is told to all, after the one who made it has its answer', async () => {
    await using trial = await open();
    const world = new HostWorld(programs, trial);
    const { ready } = await world.serve();
    const path = join(world.root, 'a.txt');
    await writeFile(path, 'abc\r\n');
    const { token } = await pairDevice(world, ready, 'Phone');
    const [editor, other] = [await connect(ready, 'editor', token), await connect(ready, 'other', token)];
    const { result } = await editor.ask('editor-1', RELAY.readFile, { path });
    const { version } = result as { readonly version: string };
    const at = { line: 0, character: 3 };
    const edit = { path, edits: [{ range: { start: at, end: at }, newText: 'd\n' }], expectedVersion: version };
    const edited = await editor.ask('editor-2', RELAY.applyEdit, edit);
    expect(edited).toMatchObject({ result: { path, version: expect.not.stringContaining(version) } });
    expect(await readFile(path, 'utf8')).toBe('abcd\r\n\r\n');
    for (const device of [editor, other])
      expect(await device.hear('the change', ({ method }) => method === RELAY.workspaceChanged)).toEqual({
        jsonrpc: '2.0',
        method: RELAY.workspaceChanged,
        params: { path },
      });
    const order = editor.frames.map(({ id, method }) => id ?? method);
    expect(order.indexOf('editor-2')).toBeLessThan(order.indexOf(RELAY.workspaceChanged));
    expect(await editor.ask('editor-3', RELAY.applyEdit, edit)).toMatchObject({
      error: { code: -32011, data: { path, currentVersion: (edited['result'] as { version: string }).version } },
    });
    expect(notices(other, RELAY.workspaceChanged)).toHaveLength(1);
    for (const device of [editor, other]) device.end();
  });

  test('[relay 3 terminals] a terminal outlives its socket, and tells it all when it is back', async () => {
    await using trial = await open();
    const world = new HostWorld(programs, trial);
    const config = await world.configure({ relay: { terminals: true } });
    const { ready } = await world.serve('--config', config);
    const { token } = await pairDevice(world, ready, 'Phone');
    const first = await connect(ready, 'phone', token);
    const said = ({ frames }: DeviceClient): string =>
      frames
        .filter(({ method }) => method === RELAY.terminalOutput)
        .map(({ params }) => (params as { data: string }).data)
        .join('');
    const opened = await first.ask('phone-1', RELAY.terminalOpen, { command: 'pwd; read word; echo "heard $word"' });
    expect(opened).toMatchObject({ result: { terminalId: 'term_1' } });
    await until('the folder', () => said(first).includes(world.root));
    first.end();
    await until('the socket to be gone', () => first.closed);
    const second = await connect(ready, 'phone', token);
    await until('all that it said', () => said(second).includes(said(first)));
    const stranger = await connect(ready, 'stranger', token);
    for (const device of [stranger, second])
      device.say({
        jsonrpc: '2.0',
        method: RELAY.terminalInput,
        params: { terminalId: 'term_1', data: device === second ? 'hello\r' : 'stolen\r' },
      });
    expect(await second.hear('its end', ({ method }) => method === RELAY.terminalExit)).toMatchObject({
      params: { terminalId: 'term_1', exitCode: 0, signal: null },
    });
    expect(said(second)).toContain('heard hello');
    expect(said(second)).not.toContain('stolen');
    expect(notices(stranger, RELAY.terminalOutput)).toEqual([]);
    for (const device of [stranger, second]) device.end();
  });
});
