import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  codeOf,
  type Message,
  named,
  owner,
  paramsOf,
  phone,
  RelayRoom,
  resultOf,
  tablet,
} from '../../test/tools/relay.ts';
import { question } from '../../test/tools/sessions.ts';
import { type SpokenTerminal, spokenTerminals } from '../../test/tools/spokenTerminal.ts';
import { until } from '../../test/tools/until.ts';
import type { SessionKey } from '../model/session.ts';
import { RELAY } from '../protocol/relay/names.ts';
import type { Workspace } from '../router/ports.ts';

let room: RelayRoom;
let key: SessionKey;
let text: string;
let started: SpokenTerminal[];

/** One file, `/w/a.txt`. */
const workspace: Workspace = {
  roots: () => ['/w'],
  place: async (path) => ({ path, real: path, inside: path.startsWith('/w/') }),
  readText: async () => text,
  writeText: async (_, content) => {
    text = content;
    return 'written';
  },
};
const none = (): Promise<never> => Promise.reject(new Error('This is no test of that.'));
const queries = {
  roots: () => ['/w'],
  list: async () => ({ entries: [{ name: 'a.txt', kind: 'file' as const }], more: false }),
  measure: async <T>(_: string, entries: readonly T[]) => entries,
  read: none,
  findFiles: none,
  search: none,
  gitStatus: none,
  gitDiff: none,
  gitIgnored: none,
};

beforeEach(async () => {
  text = 'abc';
  started = [];
  room = new RelayRoom({
    lease: true,
    world: { queries, edits: { workspace, allowed: () => false }, terminals: spokenTerminals(started, '$ ') },
  });
  key = await room.session();
});
afterEach(() => room.close());

const at = { line: 0, character: 0 };
const EDIT = { path: '/w/a.txt', edits: [{ range: { start: at, end: at }, newText: 'x' }] };
const outputs = (messages: readonly Message[]): readonly unknown[] =>
  named(messages, RELAY.terminalOutput).map((message) => paramsOf(message)['data']);

describe('folders and terminals on the wire', () => {
  test('[relay 8 query as viewer] whoever watches is answered, alone and without a number, whoever drives', async () => {
    const driver = room.client({ client: 'pad', device: tablet });
    await driver.request(RELAY.takeControl);
    const watch = { id: 'd-w', name: 'Watch', capability: 'watch' as const };
    const viewer = room.client({ client: 'tv', device: watch });
    for (const client of [driver, viewer]) client.take();
    const answer = await viewer.request(RELAY.listDirectory, { path: '/w' });
    expect(answer).toEqual({
      jsonrpc: '2.0',
      id: 'tv:1',
      result: { path: '/w', entries: [{ name: 'a.txt', type: 'file' }], truncated: false },
    });
    expect(codeOf(await viewer.request(RELAY.applyEdit, EDIT))).toBe(-32010);
    expect(driver.take()).toEqual([]);
    expect(text).toBe('abc');
    viewer.say({ jsonrpc: '2.0', method: RELAY.listDirectory, params: { path: '/w' } });
    await room.settled();
    expect(viewer.take()).toEqual([]);
  });

  test('[relay 8 edit workspace_changed] the editor is answered, then all are told once, without a number', async () => {
    const other = await room.session();
    const editor = room.client({ client: 'web', session: key });
    const tab = room.client({ client: 'web/2', session: other });
    const pad = room.client({ client: 'pad', device: tablet, session: '' });
    const plain = room.client({ device: owner });
    for (const client of [editor, tab, pad, plain]) client.take();
    await editor.request(RELAY.takeControl);
    for (const client of [editor, tab, pad, plain]) client.take();
    const id = editor.ask(RELAY.applyEdit, EDIT);
    // Versions are made outside of this thread.
    await until('the change to be told', () => pad.socket.frames.length > 0);
    const changed = { jsonrpc: '2.0', method: RELAY.workspaceChanged, params: { path: '/w/a.txt' } };
    expect(editor.take()).toEqual([
      { jsonrpc: '2.0', id, result: { path: '/w/a.txt', version: expect.stringMatching(/^[0-9a-f]{32}$/u) } },
      changed,
    ]);
    expect([tab.take(), pad.take(), plain.take()]).toEqual([[changed], [changed], []]);
    expect(text).toBe('xabc');
  });

  test('[relay 8 edit] what is refused changes nothing and is told to nobody else', async () => {
    const editor = room.client({ client: 'web' });
    const pad = room.client({ client: 'pad', device: tablet });
    await editor.request(RELAY.takeControl);
    for (const client of [editor, pad]) client.take();
    expect(codeOf(await editor.request(RELAY.applyEdit, { ...EDIT, path: '/etc/passwd' }))).toBe(-32602);
    expect(codeOf(await pad.request(RELAY.applyEdit, EDIT))).toBe(-32010);
    expect(named(pad.take(), RELAY.workspaceChanged)).toEqual([]);
    expect(text).toBe('abc');
  });

  test('[relay 8 terminal output before open reply] what is said at once comes before the name', async () => {
    const client = room.client({ client: 'web' });
    client.take();
    const id = client.ask(RELAY.terminalOpen);
    await room.settled();
    const told = client.take().filter((message) => message['method'] !== RELAY.control);
    expect(told.map((message) => message['method'] ?? message['id'])).toEqual([RELAY.terminalOutput, id]);
    expect(resultOf(told[1])).toEqual({ terminalId: paramsOf(told[0])['terminalId'] });
    expect(told.some(({ rseq }) => rseq !== undefined)).toBe(false);
  });

  test('[relay 8 terminal scrollback dedupe] stands behind the open requests and before anything live, and is the opener’s', async () => {
    const first = room.client({ client: 'web', session: key });
    await first.request(RELAY.terminalOpen);
    started[0]?.say('one');
    room.clock.advance(100);
    first.leave();
    started[0]?.say('two');
    room.append(key, { kind: 'question/asked', question: question('q1') });
    const again = room.client({ client: 'web', session: key });
    const stranger = room.client({ client: 'pad', device: tablet, session: key });
    started[0]?.say('three');
    room.append(key, { kind: 'question/asked', question: question('q2') });
    room.clock.advance(100);
    const told = again.take();
    const place = (is: (message: Message) => boolean): number => told.findIndex(is);
    const order = [
      place(({ type }) => type === 'relay_welcome'),
      told.findLastIndex(({ id }) => id === 'q1'),
      place(({ method }) => method === RELAY.terminalOutput),
      place(({ id }) => id === 'q2'),
    ];
    expect(order).toEqual(order.toSorted((a, b) => a - b));
    expect(order).not.toContain(-1);
    expect(outputs(told).join('')).toBe('$ onetwothree');
    expect(outputs(stranger.take())).toEqual([]);
  });

  test('[relay 8 9th terminal] is refused, and the eight run on', async () => {
    const client = room.client({ client: 'web' });
    for (let at = 1; at <= 8; at += 1)
      expect(resultOf(await client.request(RELAY.terminalOpen))).toEqual({ terminalId: `term_${at}` });
    expect(codeOf(await client.request(RELAY.terminalOpen))).toBe(-32000);
    expect(started.map(({ disposed }) => disposed)).toEqual([0, 0, 0, 0, 0, 0, 0, 0]);
  });

  test('[relay 4 terminals] where they are off there is no such method, and initialize says so', async () => {
    const off = new RelayRoom();
    const client = off.client({ client: 'web', device: phone });
    expect(codeOf(await client.request(RELAY.terminalOpen))).toBe(-32601);
    expect(codeOf(await client.request(RELAY.readFile, { path: '/w/a.txt' }))).toBe(-32601);
    expect(codeOf(await client.request(RELAY.applyEdit, EDIT))).toBe(-32601);
    await off.close();
  });
});
