import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { SpokenTerminal } from '../../test/tools/spokenTerminal.ts';
import { silent } from '../base/log.ts';
import { type ManualClock, manualClock } from '../base/testing.ts';
import { RELAY } from '../protocol/relay/names.ts';
import type { Place, TerminalOptions } from '../router/ports.ts';
import type { Device } from './device.ts';
import { RELAY_LIMITS, type RelayFrame } from './ports.ts';
import { RelayTerminals } from './terminals.ts';

const phone: Device = { id: 'd1', name: 'Phone', capability: 'drive' };
const tablet: Device = { id: 'd2', name: 'Tablet', capability: 'drive' };

let clock: ManualClock;
let started: SpokenTerminal[];
let early: string;
let starting: Promise<void> | undefined;
let terminals: RelayTerminals;

const kinds: Readonly<Record<string, Place['kind']>> = { '/w': 'folder', '/w/sub': 'folder', '/w/a.txt': 'file' };

beforeEach(() => {
  clock = manualClock();
  started = [];
  early = '';
  starting = undefined;
  terminals = new RelayTerminals(worldOf());
});
afterEach(() => terminals.dispose());

const worldOf = () => ({
  terminals: {
    shell: 'posix' as const,
    async terminal(options: TerminalOptions, signal: AbortSignal) {
      await starting;
      if (early === 'throw') throw new Error('No pseudo-terminal is to be had.');
      signal.throwIfAborted();
      const terminal = new SpokenTerminal(options, early);
      started.push(terminal);
      return terminal;
    },
  },
  roots: () => ['/w'],
  place: async (path: string): Promise<Place> => {
    const kind = kinds[path];
    const inside = path === '/w' || path.startsWith('/w/');
    return { path, real: path, inside, ...(kind === undefined ? {} : { kind }) };
  },
  limits: RELAY_LIMITS,
  clock,
  log: silent,
});

interface Heard {
  readonly method: string;
  readonly params: { readonly terminalId: string; readonly data?: string; readonly seq?: number };
}

/** A socket, and what it has heard. */
const socket = (client: string, device: Device) => {
  const heard: Heard[] = [];
  const leave = terminals.attached(client, device, (frames: readonly RelayFrame[]) => {
    for (const { text } of frames) {
      expect(text.endsWith('\n')).toBe(true);
      heard.push(JSON.parse(text));
    }
  });
  return {
    heard,
    leave: () => leave.dispose(),
    get text() {
      return heard.map(({ params }) => params.data ?? '').join('');
    },
    get seqs() {
      return heard.flatMap(({ params }) => params.seq ?? []);
    },
  };
};

const open = async (params: object = {}, client = 'a', device = phone): Promise<string> => {
  const { terminalId } = (await terminals.request(RELAY.terminalOpen, params, client, device)) as {
    terminalId: string;
  };
  return terminalId;
};
const close = (terminalId: string, client = 'a', device = phone) =>
  terminals.request(RELAY.terminalClose, { terminalId }, client, device);
const refusal = (code: number) => expect.objectContaining({ code });

describe('a terminal of a device', () => {
  test('[relay 3 terminals] is the person’s shell in the first folder, 80 by 24, unless something else is asked for', async () => {
    expect(await open()).toBe('term_1');
    expect(await open({ cols: 'wide', rows: null, cwd: 7, command: false })).toBe('term_2');
    expect(await open({ cols: 132.9, rows: 43, cwd: '/w/sub', command: "echo 'hi'" })).toBe('term_3');
    const shell = { command: 'exec "${SHELL:-/bin/sh}"', args: [], shell: true, cwd: '/w', columns: 80, rows: 24 };
    expect(started.map(({ options: { name: _, ...options } }) => options)).toEqual([
      shell,
      shell,
      {
        ...shell,
        command: `exec "\${SHELL:-/bin/sh}" -c 'echo '\\''hi'\\'''`,
        cwd: '/w/sub',
        columns: 132,
        rows: 43,
      },
    ]);
  });

  test('[S13] no size makes a screen without cells or one without end', async () => {
    await open({ cols: 0, rows: 1e9 });
    await open({ cols: -5, rows: Number.NaN });
    expect(started.map(({ options: { columns, rows } }) => [columns, rows])).toEqual([
      [1, 1000],
      [1, 24],
    ]);
    const resize = (cols: unknown, rows: unknown): void =>
      terminals.notify(RELAY.terminalResize, { terminalId: 'term_1', cols, rows }, 'a', phone);
    resize(1e9, 0.5);
    resize('9', 9);
    resize(Number.POSITIVE_INFINITY, 9);
    expect(started[0]?.sizes).toEqual([[1000, 1]]);
  });

  test('[relay 9 terminals] runs in no folder outside of the roots', async () => {
    await expect(open({ cwd: '/etc' })).rejects.toEqual(refusal(-32602));
    await expect(open({ cwd: '/w/a.txt' })).rejects.toEqual(refusal(-32000));
    await expect(open({ command: 'a\0b' })).rejects.toEqual(refusal(-32602));
    expect(started).toEqual([]);
  });

  test('[relay 8 terminal output before open reply] what it says at once is told before its name is', async () => {
    const { heard } = socket('a', phone);
    early = '$ ';
    let named = false;
    const opening = open().then(() => (named = true));
    while (heard.length === 0) {
      expect(named).toBe(false);
      await Promise.resolve();
    }
    expect(heard).toEqual([
      { jsonrpc: '2.0', method: RELAY.terminalOutput, params: { terminalId: 'term_1', data: '$ ', seq: 1 } },
    ]);
    expect(named).toBe(false);
    await opening;
  });

  test('[relay 8 terminal scrollback dedupe] a socket that comes again gets all of it under the same numbers, then the rest', async () => {
    const first = socket('a', phone);
    await open();
    started[0]?.say('one ');
    clock.advance(100);
    started[0]?.say('two ');
    first.leave();
    clock.advance(100);
    started[0]?.say('three ');
    started[0]?.say('four ');
    const second = socket('a', phone);
    started[0]?.say('five');
    clock.advance(100);
    expect(first.text).toBe('one two ');
    expect(second.text).toBe('one two three four five');
    expect(second.seqs).toEqual(second.seqs.map((_, at) => at + 1));
    expect(second.heard.slice(0, first.heard.length)).toEqual(first.heard);
    const lines = new Map([...first.heard, ...second.heard].map(({ params }) => [params.seq, params.data]));
    expect([...lines.values()].join('')).toBe('one two three four five');
  });

  test('[relay 9 terminals] is heard by every socket of its opener’s base, each word once, and by nobody else', async () => {
    const [one, two] = [socket('a', phone), socket('a', phone)];
    const others = [socket('b', phone), socket('a', tablet)];
    await open();
    started[0]?.say('secret');
    clock.advance(100);
    expect([one.text, two.text]).toEqual(['secret', 'secret']);
    expect(others.map(({ heard }) => heard)).toEqual([[], []]);
  });

  test('[relay 9 terminals] tells no half characters and no endless frames, and its first word at once', async () => {
    const { heard } = socket('a', phone);
    await open();
    started[0]?.say('x');
    expect(heard).toHaveLength(1);
    started[0]?.say('🙂'.repeat(50_000));
    started[0]?.say('\ud83d');
    clock.advance(100);
    started[0]?.say('\ude42');
    clock.advance(100);
    const data = heard.map(({ params }) => params.data ?? '');
    expect(data.join('')).toBe(`x${'🙂'.repeat(50_001)}`);
    expect(data.every((text) => !/\p{Surrogate}/u.test(text) && text.length <= 32 * 1024)).toBe(true);
  });

  test('[relay 9 terminals] of a flood the last 1,000 frames or the last MiB are kept', async () => {
    await open();
    for (let at = 0; at < 1200; at += 1) {
      started[0]?.say(`${at};`);
      clock.advance(100);
    }
    expect(socket('a', phone).seqs).toEqual(Array.from({ length: 1000 }, (_, at) => at + 201));
    for (let at = 0; at < 100; at += 1) started[0]?.say('y'.repeat(32 * 1024));
    clock.advance(100);
    expect(socket('a', phone).text.length).toBeLessThanOrEqual(1024 * 1024);
  });

  test('[relay 9 terminals] its end is told with one of code and signal, after its last word', async () => {
    const { heard } = socket('a', phone);
    await open();
    await open();
    started[0]?.say('a');
    started[0]?.say('b');
    await started[0]?.exit({ code: 3, signal: null });
    await started[1]?.exit({ code: 0, signal: 'SIGKILL' });
    expect(heard.map(({ method, params }) => [method, params])).toEqual([
      [RELAY.terminalOutput, { terminalId: 'term_1', data: 'a', seq: 1 }],
      [RELAY.terminalOutput, { terminalId: 'term_1', data: 'b', seq: 2 }],
      [RELAY.terminalExit, { terminalId: 'term_1', exitCode: 3, signal: null }],
      [RELAY.terminalExit, { terminalId: 'term_2', exitCode: null, signal: 'SIGKILL' }],
    ]);
    expect(socket('a', phone).heard).toEqual(heard);
  });

  test('[relay 8 9th terminal] a ninth that would run is refused, and none of the eight is touched', async () => {
    await Promise.all(Array.from({ length: 8 }, () => open()));
    await expect(open()).rejects.toEqual(refusal(-32000));
    await expect(open({}, 'b', tablet)).rejects.toEqual(refusal(-32000));
    expect(started.map(({ disposed }) => disposed)).toEqual(Array.from({ length: 8 }, () => 0));
    await started[0]?.exit({ code: 0, signal: null });
    await open();
    expect(await close('term_2')).toEqual({ ok: true });
    await open();
    await expect(open()).rejects.toEqual(refusal(-32000));
  });

  test('[relay 8 9th terminal] those that are only being started count', async () => {
    const gate = Promise.withResolvers<void>();
    starting = gate.promise;
    const all = Array.from({ length: 9 }, () =>
      open().then(
        () => 'open',
        ({ code }: { code: number }) => code,
      ),
    );
    gate.resolve();
    expect(await Promise.all(all)).toEqual([...Array.from({ length: 8 }, () => 'open'), -32000]);
  });

  test('[relay 9 terminals] one that ended stays readable until it is closed, the last eight of them', async () => {
    for (let at = 0; at < 10; at += 1) {
      await open();
      started[at]?.say(`${at}`);
      await started[at]?.exit({ code: 0, signal: null });
    }
    const ids = (): readonly string[] => [...new Set(socket('a', phone).heard.map(({ params }) => params.terminalId))];
    expect(ids()).toEqual(['term_3', 'term_4', 'term_5', 'term_6', 'term_7', 'term_8', 'term_9', 'term_10']);
    await close('term_5');
    expect(ids()).not.toContain('term_5');
    expect(started.map(({ disposed }) => disposed)).toEqual([1, 1, 0, 0, 1, 0, 0, 0, 0, 0]);
  });

  test('[relay 3 terminals] what comes after it was closed is told to nobody; closing what is unknown is well', async () => {
    const { heard } = socket('a', phone);
    await open();
    expect(await close('term_1')).toEqual({ ok: true });
    started[0]?.say('late');
    await started[0]?.exit({ code: 0, signal: null });
    clock.advance(100);
    expect(heard).toEqual([]);
    expect(started[0]?.disposed).toBe(1);
    expect(await close('term_1')).toEqual({ ok: true });
    expect(await close('term_99')).toEqual({ ok: true });
    expect(await terminals.request(RELAY.terminalClose, undefined, 'a', phone)).toEqual({ ok: true });
  });

  test('[S13] nobody but its opener types into it, resizes it or closes it', async () => {
    await open();
    const resize = { terminalId: 'term_1', cols: 9, rows: 9 };
    for (const [client, device] of [
      ['b', phone],
      ['a', tablet],
    ] as const) {
      terminals.notify(RELAY.terminalInput, { terminalId: 'term_1', data: 'rm -rf ~\r' }, client, device);
      terminals.notify(RELAY.terminalResize, resize, client, device);
      await expect(terminals.request(RELAY.terminalResize, resize, client, device)).rejects.toEqual(refusal(-32602));
      await expect(close('term_1', client, device)).rejects.toEqual(refusal(-32602));
    }
    expect(started[0]).toMatchObject({ typed: '', sizes: [], disposed: 0 });
    terminals.notify(RELAY.terminalInput, { terminalId: 'term_1', data: 'ls\r' }, 'a', phone);
    expect(await terminals.request(RELAY.terminalResize, resize, 'a', phone)).toEqual({});
    expect(started[0]).toMatchObject({ typed: 'ls\r', sizes: [[9, 9]] });
  });

  test('[S13] what is typed into a command that says nothing has an end', async () => {
    await open();
    const data = 'x'.repeat(512 * 1024);
    for (let at = 0; at < 20; at += 1)
      terminals.notify(RELAY.terminalInput, { terminalId: 'term_1', data }, 'a', phone);
    expect(started[0]?.typed.length).toBeLessThan(2 * 1024 * 1024);
    started[0]?.say('.');
    terminals.notify(RELAY.terminalInput, { terminalId: 'term_1', data: 'again' }, 'a', phone);
    expect(started[0]?.typed.endsWith('again')).toBe(true);
  });

  test('[relay 9 terminals] waits ten minutes for a socket of its opener', async () => {
    await open();
    clock.advance(9 * 60_000);
    const back = socket('a', phone);
    clock.advance(60 * 60_000);
    expect(started[0]?.disposed).toBe(0);
    back.leave();
    clock.advance(5 * 60_000);
    // Another client of the same device is no socket of its opener, and neither is the same name on another device.
    socket('b', phone);
    socket('a', tablet);
    clock.advance(5 * 60_000);
    expect(started[0]?.disposed).toBe(1);
    expect(clock.waiting).toBe(0);
  });

  test('[S9] of a device that is revoked nothing runs on, and nothing is begun', async () => {
    await open({}, 'a', phone);
    await open({}, 'a', tablet);
    const gate = Promise.withResolvers<void>();
    starting = gate.promise;
    const late = open({}, 'a', phone);
    terminals.revoked(phone.id);
    gate.resolve();
    await expect(late).rejects.toEqual(refusal(-32000));
    expect(started.map(({ disposed }) => disposed)).toEqual([1, 0]);
  });

  test('[relay 4 terminals] what cannot be started is refused with the reason', async () => {
    early = 'throw';
    await expect(open()).rejects.toMatchObject({ code: -32000, message: 'No pseudo-terminal is to be had.' });
    early = '';
    expect(await open()).toBe('term_1');
  });

  test('[relay 9 terminals] where they are switched off there is no such method', async () => {
    const { terminals: _, ...off } = worldOf();
    const none = new RelayTerminals(off);
    expect(none.isOn).toBe(false);
    await expect(none.request(RELAY.terminalOpen, {}, 'a', phone)).rejects.toEqual(refusal(-32601));
    none.notify(RELAY.terminalInput, { terminalId: 'term_1', data: 'x' }, 'a', phone);
    none.dispose();
  });
});
