// Too much of everything, while an honest client goes on.
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { deflateRawSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { manualClock } from '../../src/base/testing.ts';
import { CLOSE } from '../../src/protocol/relay/names.ts';
import { until } from '../tools/until.ts';
import { Caller, type DoorWorld, openDoorWorld, OWNER_TOKEN, requestOf, say, SESSION_DATA } from './doorWorld.ts';

const MB = 1024 * 1024;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Bytes that something still refers to. */
const held = (): number => {
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
};

/** Asks over and over again, and how long each answer took, in milliseconds. */
class Honest {
  readonly #caller: Caller;
  readonly #times: number[] = [];
  #asked = 0;

  private constructor(caller: Caller) {
    this.#caller = caller;
  }

  static async open(world: DoorWorld): Promise<Honest> {
    const caller = await Caller.open(`${world.listener.relay}?client_id=honest`, OWNER_TOKEN);
    await until('it to be welcome', () => caller.heard.length === 1);
    return new Honest(caller);
  }

  /** One after the other while `under` is under way, and at least so many. Of those the 99th of 100. */
  async p99(under: Promise<unknown>, least = 200): Promise<number> {
    let isOver = false;
    void under.finally(() => (isOver = true));
    this.#times.length = 0;
    while (!isOver || this.#times.length < least) {
      const text = `{"jsonrpc":"2.0","id":${(this.#asked += 1)},"method":"ping"}`;
      const since = performance.now();
      const answered = new Promise<string>((resolve) =>
        this.#caller.socket.once('message', (data: Buffer) => resolve(data.toString('utf8'))),
      );
      this.#caller.socket.send(text);
      expect(await answered).toBe(text);
      this.#times.push(performance.now() - since);
    }
    await under;
    const sorted = this.#times.toSorted((a, b) => a - b);
    return sorted[Math.floor(sorted.length * 0.99)] ?? 0;
  }

  get closed(): boolean {
    return this.#caller.closed !== undefined;
  }
}

/** Another program that makes so many connections, 250 at a time, and says nothing by half of them. */
const FLOOD = `
  const { connect } = require('node:net');
  const [port, count] = process.argv.slice(1).map(Number);
  const one = (said) => new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => { socket.write(said); setTimeout(() => socket.destroy(), 50); });
    socket.on('error', () => undefined).on('close', resolve).resume();
  });
  (async () => {
    for (let done = 0; done < count; done += 250)
      await Promise.all(Array.from({ length: 250 }, (_, n) => one(n % 2 ? 'GET /acp HTTP/1.1\\r\\n' : '')));
  })();
`;

const flooded = async (port: number, count: number): Promise<void> => {
  const child = spawn(process.execPath, ['-e', FLOOD, String(port), String(count)], { stdio: 'inherit' });
  const [code] = (await once(child, 'exit')) as [number];
  expect(code).toBe(0);
};

/** Resolves when the other side has ended it. */
const opened = (
  world: DoorWorld,
  bytes: string | Buffer,
): { readonly socket: Socket; readonly closed: Promise<void> } => {
  const socket = connect(world.port, '127.0.0.1');
  socket.on('error', () => undefined);
  socket.resume();
  if (bytes.length > 0) socket.write(bytes);
  return { socket, closed: new Promise((resolve) => socket.once('close', () => resolve())) };
};

describe('before a token was shown', () => {
  test('[S10] ten thousand connections that say nothing: an honest client is served as before, and memory does not grow', async () => {
    await using world = await openDoorWorld();
    const honest = await Honest.open(world);
    const calm = await honest.p99(Promise.resolve(), 1000);
    const before = held();
    const stormy = await honest.p99(flooded(world.port, 10_000));
    const grown = held() - before;
    expect(honest.closed).toBe(false);
    expect(grown).toBeLessThan(32 * MB);
    // A machine of two cores has three programs here, and others: one slice of theirs is no fault of the door.
    expect(stormy).toBeLessThan(Math.max(2 * calm, 50));
  });

  test('[S10] who keeps every place taken keeps nobody out', async () => {
    const clock = manualClock();
    await using world = await openDoorWorld({ clock });
    const idle = Array.from({ length: 200 }, () => opened(world, 'GET /acp HTTP/1.1\r\nHost: '));
    await Promise.all(idle.map(({ socket }) => new Promise((resolve) => socket.once('connect', resolve))));
    const late = new Caller(world.listener.relay, OWNER_TOKEN);
    let halves = 0;
    await until('the late one to be let in', () => {
      if (late.heard.length > 0) return true;
      clock.advance(500);
      halves += 1;
      return false;
    });
    // 32 places, each for half a second while somebody waits.
    expect(halves).toBeGreaterThanOrEqual(6);
    expect(late.closed).toBeUndefined();
    for (const { socket } of idle) socket.destroy();
  });

  test('[S10] whoever is slow has five seconds: to begin, to end a head, to end a body, to ask again', async () => {
    const clock = manualClock();
    await using world = await openDoorWorld({ clock });
    const host = `Host: 127.0.0.1:${world.port}`;
    const slow = [
      opened(world, ''),
      opened(world, 'GET /acp HTTP/1.1\r\n'),
      opened(world, `GET /acp HTTP/1.1\r\n${host}\r\nX: 1`),
      opened(world, `POST /pair HTTP/1.1\r\n${host}\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{`),
      opened(world, `GET /app/ HTTP/1.1\r\n${host}\r\n\r\n`),
    ];
    await until('all to be there', () => clock.waiting === slow.length);
    await until('the page to have been sent', () => (slow.at(-1)?.socket.bytesRead ?? 0) > 0);
    let ended = 0;
    for (const { closed } of slow) void closed.then(() => (ended += 1));
    clock.advance(4999);
    // A byte now and then changes nothing.
    slow[1]?.socket.write('A');
    expect(clock.waiting).toBe(slow.length);
    clock.advance(1);
    await until('all to be ended', () => ended === slow.length);
    expect(clock.waiting).toBe(0);
  });

  test('[S10] [CVE-2024-37890] heads that are too long or have too many lines are refused, and the door stands', async () => {
    await using world = await openDoorWorld();
    const host = `Host: 127.0.0.1:${world.port}`;
    const authorization = `Authorization: Bearer ${OWNER_TOKEN}`;
    const long = [`X: ${'x'.repeat(9000)}`];
    expect((await say(world.port, requestOf({ target: '/acp', headers: [host, authorization, ...long] }))).status).toBe(
      431,
    );
    // As many as fit: what counts them must not lose the one that asks for a socket.
    const many = Array.from({ length: 1500 }, () => 'x:');
    const flooded = await say(world.port, requestOf({ target: '/acp', headers: [host, authorization, ...many] }));
    expect([101, 400, 431]).toContain(flooded.status);
    const noise = await say(world.port, randomBytes(4096));
    expect([0, 400]).toContain(noise.status);
    const honest = await Honest.open(world);
    await honest.p99(Promise.resolve());
  });

  test('[S10] an upgrade that is none ends its connection and nothing else', async () => {
    await using world = await openDoorWorld();
    const { port } = world;
    const own = [`Host: 127.0.0.1:${port}`, `Authorization: Bearer ${OWNER_TOKEN}`];
    const upgrade = (...lines: readonly string[]): string =>
      ['GET /acp HTTP/1.1', ...own, 'Connection: Upgrade', ...lines, '', ''].join('\r\n');
    const key = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==';
    const statuses = [
      upgrade('Upgrade: websocket', 'Sec-WebSocket-Version: 13'),
      upgrade('Upgrade: websocket', 'Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: short'),
      upgrade('Upgrade: websocket', 'Sec-WebSocket-Version: 7', key),
      upgrade('Upgrade: websocket', 'Sec-WebSocket-Version: 13', key, 'Sec-WebSocket-Protocol: a,,b'),
      upgrade('Upgrade: h2c', 'HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA'),
      upgrade('Upgrade: websocket', 'Sec-WebSocket-Version: 13', key).replace('GET', 'POST'),
    ];
    for (const bytes of statuses) expect([400, 405]).toContain((await say(port, bytes)).status);
    expect(world.guests).toEqual([]);
    expect(world.listener.sockets).toBe(0);
  });
});

describe('after it', () => {
  test('[S10] [CVE-2026-1526] nothing is inflated, and a message that says it is huge is refused by what it says', async () => {
    await using world = await openDoorWorld();
    const honest = await Honest.open(world);
    const before = held();
    const bomb = deflateRawSync(Buffer.alloc(4 * MB)).subarray(0, -4);
    const head = (first: number, length: bigint): Buffer => {
      const bytes = Buffer.alloc(14);
      bytes.writeUInt8(first, 0);
      bytes.writeUInt8(0x80 | 127, 1);
      bytes.writeBigUInt64BE(length, 2);
      return bytes;
    };
    const closes: number[] = [];
    for (const bytes of [
      Buffer.concat([head(0xc1, BigInt(bomb.length)), bomb]),
      head(0x81, 17n * BigInt(MB)),
      head(0x81, 1n << 40n),
      head(0x81, (1n << 63n) - 1n),
    ]) {
      const caller = await Caller.open(world.listener.relay, OWNER_TOKEN);
      const { _socket: raw } = caller.socket as unknown as { readonly _socket: Socket };
      raw.write(bytes);
      await until('it to be closed', () => caller.closed !== undefined);
      closes.push(caller.closed?.code ?? 0);
    }
    expect(closes).toEqual([1002, CLOSE.tooLong, CLOSE.tooLong, CLOSE.tooLong]);
    // A message in very many pieces.
    const pieces = await Caller.open(world.listener.relay, OWNER_TOKEN);
    const { _socket: raw } = pieces.socket as unknown as { readonly _socket: Socket };
    const piece = Buffer.from([0x00, 0x81, 0, 0, 0, 0, 0x61]);
    raw.write(Buffer.from([0x01, 0x81, 0, 0, 0, 0, 0x61]));
    for (let n = 0; n < 20; n += 1) raw.write(Buffer.concat(Array<Buffer>(10_000).fill(piece)));
    await until('the pieces to be too many', () => pieces.closed !== undefined);
    expect(held() - before).toBeLessThan(32 * MB);
    await honest.p99(Promise.resolve());
    expect(honest.closed).toBe(false);
  });

  test('[S10] a device has so many sockets and no more, and the others have theirs', async () => {
    await using world = await openDoorWorld();
    const phone = await world.devices.add('phone', 'watch');
    const headers = [`Host: 127.0.0.1:${world.port}`, `Authorization: Bearer ${phone.token}`];
    const all: Caller[] = [];
    for (let n = 0; n < 128; n += 1) all.push(await Caller.open(world.listener.relay, phone.token));
    expect((await say(world.port, requestOf({ target: '/acp', headers }))).status).toBe(429);
    const other = await Honest.open(world);
    await other.p99(Promise.resolve(), 20);
    all[0]?.socket.terminate();
    await until('one to be gone', () => world.listener.sockets === 128);
    expect((await say(world.port, requestOf({ target: '/acp', headers }))).status).toBe(101);
  });

  test('[S10] all devices together have so many and no more', async () => {
    await using world = await openDoorWorld();
    const phones = await Promise.all(Array.from({ length: 5 }, (_, n) => world.devices.add(`phone ${n}`, 'watch')));
    const [last, ...first] = phones;
    for (const { token } of first)
      await Promise.all(Array.from({ length: 128 }, () => Caller.open(world.listener.relay, token)));
    const headers = [`Host: 127.0.0.1:${world.port}`, `Authorization: Bearer ${last?.token ?? ''}`];
    const answer = await say(world.port, requestOf({ target: '/acp', headers }));
    expect([answer.status, answer.header('retry-after')]).toEqual([503, '60']);
  });

  test('[S10] a hundred devices that come at once are all let in', async () => {
    await using world = await openDoorWorld();
    const callers = Array.from({ length: 100 }, () => new Caller(world.listener.relay, OWNER_TOKEN));
    await until('all to be there', () => callers.every(({ heard }) => heard[0] === SESSION_DATA));
    expect(callers.filter(({ closed }) => closed !== undefined)).toEqual([]);
  });
});
