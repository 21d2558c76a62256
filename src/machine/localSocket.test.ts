import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { createConnection, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { WireLine } from '../base/rpcFrame.ts';
import { Disposables } from '../base/disposable.ts';
import { type ManualClock, manualClock } from '../base/testing.ts';
import type { LineConnection } from './lineConnection.ts';
import { connectLocal, listenLocal, socketPath } from './localSocket.ts';

const never = new AbortController().signal;

let folder: string;
let path: string;
let clock: ManualClock;
let owned: Disposables;
let came: LineConnection[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wheelhouse-socket-'));
  path = join(folder, 'in', 'view.sock');
  clock = manualClock();
  owned = new Disposables();
  came = [];
  owned.add(await listenLocal(path, clock, (connection) => came.push(owned.add(connection))));
});
afterEach(async () => {
  owned.dispose();
  await rm(folder, { recursive: true, force: true });
});

const connected = async (): Promise<readonly [LineConnection, LineConnection]> => {
  const here = owned.add(await connectLocal(path, clock, never));
  const there = await vi.waitFor(() => {
    const [connection] = came;
    if (connection === undefined) throw new Error('Nobody came.');
    return connection;
  });
  return [here, there];
};

const raw = async (): Promise<Socket> => {
  const socket = createConnection(path);
  owned.onEnd(() => socket.destroy());
  await vi.waitFor(() => expect(came).toHaveLength(1));
  return socket;
};

const heard = ({ lines }: LineConnection): WireLine[] => {
  const all: WireLine[] = [];
  void (async () => {
    for await (const batch of lines.readable) all.push(...batch);
  })();
  return all;
};

describe('a local socket', () => {
  test('[S3] its folder and its name are this user’s alone, and what was left over is no obstacle', async () => {
    expect((await stat(join(folder, 'in'))).mode & 0o777).toBe(0o700);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    const other = join(folder, 'in', 'other.sock');
    await writeFile(other, 'left over');
    owned.add(await listenLocal(other, clock, () => undefined));
    expect((await stat(other)).isSocket()).toBe(true);
  });

  test('[host] lines go both ways, and its end is told', async () => {
    const [here, there] = await connected();
    const [fromThere, fromHere] = [heard(here), heard(there)];
    await here.lines.writable.getWriter().write(['a', 'ö']);
    await there.lines.writable.getWriter().write(['b']);
    await vi.waitFor(() => expect([fromHere, fromThere]).toEqual([['a', 'ö'], ['b']]));
    here.dispose();
    await there.closed;
  });

  test('[S15] a line that is too long is skipped, and told as that', async () => {
    const [here, there] = await connected();
    there.allow(10);
    const all = heard(there);
    await here.lines.writable.getWriter().write(['x'.repeat(100), 'short']);
    await vi.waitFor(() => expect(all).toEqual([{ skippedBytes: 100 }, 'short']));
  });

  test('[host] the two sides say that they live, and nobody is told of it', async () => {
    const socket = await raw();
    const [there] = came;
    if (there === undefined) throw new Error('Nobody came.');
    const told = heard(there);
    const ended = vi.fn();
    void there.closed.then(ended);
    let beats = 0;
    socket.on('data', (bytes) => {
      beats += bytes.length;
      socket.write('\n');
    });
    there.keepAlive();
    for (let beat = 1; beat <= 10; beat += 1) {
      clock.advance(15_000);
      await vi.waitFor(() => expect(beats).toBe(beat));
    }
    expect(ended).not.toHaveBeenCalled();
    expect(told).toEqual([]);
  });

  test('[host] who hears something when a word is nearly due says it at once, and then not once more', async () => {
    const socket = await raw();
    let bytes = 0;
    socket.on('data', (data) => (bytes += data.length));
    const [there] = came;
    if (there === undefined) throw new Error('Nobody came.');
    const told = heard(there);
    there.keepAlive();
    clock.advance(10_000);
    socket.write('\n');
    await vi.waitFor(() => expect(bytes).toBe(1));
    // At its own beat, and when something else comes, nothing is due.
    clock.advance(5000);
    socket.write('said\n');
    await vi.waitFor(() => expect(told).toEqual(['said']));
    clock.advance(15_000);
    await vi.waitFor(() => expect(bytes).toBe(2));
  });

  test('[host] a peer that has stopped is given up', async () => {
    const socket = await raw();
    const [there] = came;
    there?.keepAlive();
    let bytes = '';
    socket.setEncoding('utf8').on('data', (text: string) => (bytes += text));
    for (let beat = 0; beat < 3; beat += 1) clock.advance(15_000);
    await there?.closed;
    expect(bytes.replaceAll('\n', '')).toBe('');
  });

  test('[S1] nothing is written before somebody says so', async () => {
    const socket = await raw();
    let bytes = 0;
    socket.on('data', (data) => (bytes += data.length));
    clock.advance(120_000);
    came[0]?.dispose();
    await new Promise((resolve) => socket.once('close', resolve));
    expect(bytes).toBe(0);
  });

  test('[host] nobody who listens is another thing than a failure', async () => {
    await expect(connectLocal(join(folder, 'none'), clock, never)).rejects.toMatchObject({ code: 'gone' });
  });

  test('[4.2.2] a name that no system takes for a socket is another, short one', () => {
    expect(socketPath('/s', 'view', 'linux')).toBe('/s/view.sock');
    const long = socketPath(`/${'long/'.repeat(40)}`, 'view', 'linux');
    expect(Buffer.byteLength(long)).toBeLessThan(100);
    expect(socketPath(`/${'long/'.repeat(41)}`, 'view', 'linux')).not.toBe(long);
    expect(socketPath('C:\\state', 'view', 'win32')).toMatch(/^\\\\\.\\pipe\\wheelhouse-[0-9a-f]{16}-view$/u);
  });
});
