// A hundred thousand frames that a hostile server makes up or damages, against our client's socket; a reader of our own says
// what of them is to be heard. FRAMES and SEED choose others.
import { once } from 'node:events';
import { createHash } from 'node:crypto';
import { createServer, type Server, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/machine/clock.ts';
import { connectWebSocket, type SocketMessage } from '../../src/machine/websocket.ts';
import { Random } from '../simulation/random.ts';
import { listenHere } from '../tools/listen.ts';
import { heardOf } from './socketReference.ts';

const FRAMES = Number(process.env['FRAMES'] ?? 100_000);
const LONGEST = 4_000;
const never = new AbortController().signal;

let server: Server;
let url: string;
/** What the next one who connects is sent. */
let bytes: readonly Buffer[] = [];

beforeAll(async () => {
  server = createServer((socket) => void serve(socket).catch(() => socket.destroy()));
  url = `ws://127.0.0.1:${await listenHere(server)}/`;
});

afterAll(() => new Promise((resolve) => server.close(resolve)));

const serve = async (socket: Socket): Promise<void> => {
  socket.on('error', () => undefined);
  const [head] = (await once(socket, 'data')) as [Buffer];
  const key = /sec-websocket-key: (\S+)/iu.exec(head.toString())?.[1] ?? '';
  const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
  const upgraded = `HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-accept: ${accept}\r\n\r\n`;
  socket.resume();
  for (const piece of [Buffer.from(upgraded), ...bytes]) socket.write(piece);
  socket.end();
};

const FIRST = [1, 1, 1, 1, 2, 2, 2] as const;
const NEXT = [0, 0, 0, 0, 0, 0, 0] as const;

/** As a server frames it, one after the other, with all that a client must not accept now and then. */
const frame = (chance: Random, isOpen: boolean): Buffer => {
  if (chance.below(150) === 0) return close(chance);
  const isOdd = chance.below(100) === 0;
  const opcode = isOdd ? chance.below(16) : chance.pick([...(isOpen ? NEXT : FIRST), 9, 10]);
  const isControl = opcode >= 8;
  const payload = Buffer.from(wordsOf(chance, chance.pick([0, 1, 7, 125, isControl ? 3 : 126, isControl ? 9 : 700])));
  const final = isControl || chance.below(8) > 0 ? 0x80 : 0;
  const first = (isOdd ? chance.below(256) & 0xf0 : final) | opcode;
  const { length } = payload;
  // Announced longer than has to be, or longer than it is, now and then.
  const wide = length > 125 || (isOdd && chance.below(4) === 0) ? (isOdd && chance.below(3) === 0 ? 127 : 126) : length;
  const head = Buffer.alloc(wide === 127 ? 10 : wide === 126 ? 4 : 2);
  head[0] = first;
  head[1] = wide;
  if (wide === 126) head.writeUInt16BE(length, 2);
  if (wide === 127) head.writeBigUInt64BE(BigInt(length), 2);
  return Buffer.concat([head, payload]);
};

const framesOf = (many: number, chance: Random): Buffer => {
  const frames: Buffer[] = [];
  let isOpen = false;
  for (let at = 0; at < many; at += 1) {
    const next = frame(chance, isOpen);
    const [first = 0] = next;
    if ((first & 0x0f) < 8) isOpen = (first & 0x80) === 0;
    frames.push(next);
  }
  return Buffer.concat(frames);
};

const close = (chance: Random): Buffer => {
  const reason = Buffer.from(chance.pick(['', 'enough', 'so weiß']));
  const number = chance.pick([1000, 1001, 1005, 1008, 1011, 4000, 4001, 5000]);
  return Buffer.concat([Buffer.of(0x88, 2 + reason.length, number >> 8, number & 0xff), reason]);
};

const wordsOf = (chance: Random, length: number): Uint8Array => {
  if (chance.below(200) === 0) return Uint8Array.from({ length }, () => chance.below(256));
  return Buffer.from('Grüße 🦊 an alle! '.repeat(Math.ceil(length / 10)).slice(0, length / 2));
};

/** A byte changed, dropped, doubled or all cut off behind it. */
const damaged = (frames: Buffer, chance: Random): Buffer => {
  const at = chance.below(Math.max(1, frames.length));
  const [before, after] = [frames.subarray(0, at), frames.subarray(at + 1)];
  const kind = chance.below(5);
  if (kind === 0) return Buffer.concat([before, Buffer.of(chance.below(256)), after]);
  if (kind === 1) return Buffer.concat([before, after]);
  if (kind === 2) return Buffer.concat([before, frames.subarray(at, at + 1), frames.subarray(at)]);
  if (kind === 3) return Buffer.from(before);
  return Buffer.concat([before, Buffer.of(chance.pick([0x7f, 0xff, 0xfe, 0x81, 0x88])), after]);
};

const sliced = (all: Buffer, chance: Random): readonly Buffer[] => {
  const pieces: Buffer[] = [];
  for (let from = 0; from < all.length;) {
    const size = chance.below(3) === 0 ? all.length : 1 + chance.below(400);
    pieces.push(all.subarray(from, from + size));
    from += size;
  }
  return pieces;
};

describe('a hostile server', () => {
  test(`[S15 frames] of ${FRAMES} made up and damaged frames exactly what is whole is heard, and the rest is an end`, async () => {
    const seed = Number(process.env['SEED'] ?? 8);
    const chance = new Random(seed);
    const ends = new Map<string, number>();
    let heard = 0;
    for (let sent = 0; sent < FRAMES;) {
      const whole = framesOf(1 + chance.below(80), chance);
      const all = chance.below(3) > 0 ? whole : damaged(whole, chance);
      bytes = sliced(all, chance);
      const link = await connectWebSocket({ url, longest: LONGEST }, systemClock, never);
      const messages: SocketMessage[] = [];
      for await (const batch of link.messages.readable) messages.push(...batch);
      const { code } = await link.closed;
      const expected = heardOf(all, LONGEST);
      expect(plain(messages), `seed ${seed}, ${all.toString('hex')}`).toEqual(plain(expected.messages));
      expect(code, `seed ${seed}, ${all.toString('hex')}`).toBe(expected.end === 'close' ? 'closed' : 'lost');
      ends.set(expected.end, (ends.get(expected.end) ?? 0) + 1);
      heard += messages.length;
      sent += expected.frames;
    }
    // All that a server can do was among it.
    expect([...ends.keys()].sort()).toEqual(['broken', 'close', 'cut', 'wrong']);
    expect(heard).toBeGreaterThan(FRAMES / 2);
  });

  test('[S15 frames] what a head announces is not set aside before it has come', async () => {
    const huge = Buffer.from([0x82, 127, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 1, 2, 3]);
    bytes = [huge];
    const before = process.memoryUsage().arrayBuffers;
    const links = await Promise.all(Array.from({ length: 50 }, () => connectWebSocket({ url }, systemClock, never)));
    for (const link of links) {
      for await (const batch of link.messages.readable) expect(batch).toEqual([]);
      expect(await link.closed).toMatchObject({ code: 'lost' });
    }
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(16 * 1024 * 1024);
  });
});

const plain = (messages: readonly SocketMessage[]): readonly unknown[] =>
  messages.map((message) => (typeof message === 'string' ? message : [...message]));
