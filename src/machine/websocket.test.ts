import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { until } from '../../test/tools/until.ts';
import { manualClock } from '../base/testing.ts';
import { systemClock } from './clock.ts';
import {
  connectWebSocket,
  SocketClosed,
  type SocketLink,
  type SocketMessage,
  textOnly,
  UpgradeRefused,
} from './websocket.ts';

const never = new AbortController().signal;
const SECRET = { authorization: 'Bearer secret' };
let server: Server;
let sockets: WebSocketServer;
let url: string;
/** How the server answers an upgrade instead of doing it. */
let refusal: string | undefined;
let headers: NodeJS.Dict<string | string[]>;

beforeEach(async () => {
  refusal = undefined;
  server = createServer();
  sockets = new WebSocketServer({ noServer: true, perMessageDeflate: true });
  server.on('upgrade', (request, socket, head) => {
    ({ headers } = request);
    if (refusal !== undefined) return void socket.end(`HTTP/1.1 ${refusal}\r\nConnection: close\r\n\r\n`);
    sockets.handleUpgrade(request, socket, head, (opened) => sockets.emit('connection', opened));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = server.address();
  url = `ws://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/acp?client_id=a`;
});

afterEach(async () => {
  for (const socket of sockets.clients) socket.terminate();
  await new Promise((resolve) => server.close(resolve));
});

const accepted = async (): Promise<WebSocket> => {
  const [socket] = (await once(sockets, 'connection')) as [WebSocket];
  return socket;
};

const all = async ({ messages }: SocketLink<string>): Promise<readonly string[]> => {
  const heard: string[] = [];
  for await (const batch of messages.readable) heard.push(...batch);
  return heard;
};

const connect = (clock = systemClock): Promise<SocketLink<string>> =>
  connectWebSocket({ url, headers: SECRET }, clock, never).then(textOnly);

describe('a WebSocket of ours', () => {
  test('[relay 2] what comes along with the upgrade, and right before the end, is read; compression is not offered', async () => {
    sockets.on('connection', (socket: WebSocket) => {
      socket.send('first');
      socket.send('second');
      socket.close(4001, 'revoked');
    });
    const socket = await connect();
    expect(await all(socket)).toEqual(['first', 'second']);
    expect(await socket.closed).toMatchObject({ number: 4001 });
    expect(await socket.closed).toBeInstanceOf(SocketClosed);
    expect(headers['authorization']).toBe('Bearer secret');
    expect(headers['sec-websocket-extensions']).toBeUndefined();
    expect(headers['origin']).toBeUndefined();
  });

  test('[relay 2] both directions keep their order', async () => {
    sockets.on('connection', (socket: WebSocket) => {
      socket.on('message', (data: Buffer) => {
        socket.send(data.toString());
        if (data.toString() === '99') socket.close(1000);
      });
    });
    const socket = await connect();
    const writer = socket.messages.writable.getWriter();
    const sent = Array.from({ length: 100 }, (_, at) => String(at));
    await writer.write(sent);
    expect(await all(socket)).toEqual(sent);
  });

  test.each(['401 Unauthorized', '404 Not Found', '302 Found\r\nLocation: http://127.0.0.1:1/'])(
    '[W1] %s is told, and no other place is asked',
    async (status) => {
      refusal = status;
      const failure = await connect().catch((cause: unknown) => cause);
      expect(failure).toBeInstanceOf(UpgradeRefused);
      expect(failure).toMatchObject({ status: Number(status.slice(0, 3)) });
      expect(JSON.stringify(failure)).not.toContain('secret');
    },
  );

  test('[W1] a binary message ends it', async () => {
    const other = accepted();
    const socket = await connect();
    const closed = once(await other, 'close');
    (await other).send(Buffer.from([1, 2, 3]));
    expect(await all(socket)).toEqual([]);
    expect((await closed)[0]).toBe(1003);
  });

  test('[W2] 15 s without one byte and it is dead; a pong is a sign of life', async () => {
    const clock = manualClock();
    const other = accepted();
    const socket = await connect(clock);
    const far = await other;
    let pings = 0;
    far.on('ping', () => (pings += 1));
    let over = false;
    void socket.closed.then(() => (over = true));
    for (let at = 1; at <= 6; at += 1) {
      clock.advance(5000);
      await until('the ping', () => pings === at);
      // The answer to the ping of this round has to be there before the next one is counted.
      far.send('still here');
      const reader = socket.messages.readable.getReader();
      await reader.read();
      reader.releaseLock();
    }
    expect(over).toBe(false);
    far.pause();
    clock.advance(5000);
    clock.advance(5000);
    clock.advance(5000);
    expect(await socket.closed).toMatchObject({ code: 'lost', message: expect.stringContaining('15 s') });
  });

  test('[relay 2] given up while it is opened', async () => {
    const stop = new AbortController();
    server.removeAllListeners('upgrade');
    const left = new Promise<void>((resolve) => {
      server.on('upgrade', (_request, socket) => {
        socket.on('error', () => undefined).on('close', () => resolve());
        socket.on('end', () => socket.destroy()).resume();
        stop.abort(new Error('enough'));
      });
    });
    await expect(connectWebSocket({ url, headers: SECRET }, systemClock, stop.signal)).rejects.toThrow('enough');
    await left;
  });

  test('[socket] text and bytes keep their order; bytes are a view of what was received', async () => {
    const payload = Buffer.from(Uint8Array.from({ length: 1000 }, (_, at) => at & 0xff));
    sockets.on('connection', (socket: WebSocket) => {
      socket.send('first');
      socket.send(payload);
      socket.send(new Uint8Array());
      socket.send('');
      socket.close(1000);
    });
    const link = await connectWebSocket({ url }, systemClock, never);
    const heard: SocketMessage[] = [];
    for await (const batch of link.messages.readable) heard.push(...batch);
    expect(heard.map((each) => (typeof each === 'string' ? each : each.length))).toEqual(['first', 1000, 0, '']);
    const [, bytes] = heard;
    expect(bytes).toEqual(payload);
    // Of its own it would have a buffer of its own size.
    expect(bytes instanceof Uint8Array && bytes.buffer.byteLength).toBeGreaterThan(1000);
  });

  test('[socket] bytes go out as bytes, text as text, a batch at a time', async () => {
    const heard: unknown[] = [];
    sockets.on('connection', (socket: WebSocket) => {
      socket.on('message', (data: Buffer, isBinary) => {
        heard.push(isBinary ? [...data] : data.toString());
        if (heard.length === 4) socket.close(1000);
      });
    });
    const link = await connectWebSocket({ url }, systemClock, never);
    const writer = link.messages.writable.getWriter();
    await writer.write([]);
    await writer.write(['a', Uint8Array.of(1, 2), 'b', Uint8Array.of()]);
    await link.closed;
    expect(heard).toEqual(['a', [1, 2], 'b', []]);
    await expect(writer.write(['too late'])).rejects.toMatchObject({ code: 'lost' });
  });

  test('[socket] what stands before a message of bytes is text, and is read', async () => {
    const other = accepted();
    const link = await connect();
    const closed = once(await other, 'close');
    const far = await other;
    for (const message of ['one', 'two']) far.send(message);
    far.send(Uint8Array.of(1));
    far.send('three');
    expect(await all(link)).toEqual(['one', 'two']);
    expect((await closed)[0]).toBe(1003);
    expect(await link.closed).toMatchObject({ code: 'ended' });
  });

  test('[W1] a message that is too long ends it, before it is held', async () => {
    const other = accepted();
    const link = await connectWebSocket({ url, longest: 1000 }, systemClock, never);
    const closed = once(await other, 'close');
    (await other).send('x'.repeat(1000));
    (await other).send('x'.repeat(1001));
    const heard: SocketMessage[] = [];
    for await (const batch of link.messages.readable) heard.push(...batch);
    expect(heard).toEqual(['x'.repeat(1000)]);
    expect(await link.closed).toMatchObject({ code: 'lost', message: expect.stringContaining('payload') });
    // What was still on its way may keep the word from being heard.
    expect([1006, 1009]).toContain((await closed)[0]);
  });

  test('[W4] who does not read is not sent more than some: the other side feels it', async () => {
    const other = accepted();
    const link = await connectWebSocket({ url }, systemClock, never);
    const far = await other;
    const text = 'x'.repeat(100_000);
    let sent = 0;
    while (far.bufferedAmount < 4 * 1024 * 1024 && sent < 1000) {
      far.send(text);
      sent += 1;
      await new Promise((resolve) => setImmediate(resolve));
    }
    // The system's own buffers take a few megabytes; all of it would be a hundred.
    expect(sent).toBeLessThan(500);
    far.close(1000);
    let heard = 0;
    for await (const batch of link.messages.readable) heard += batch.length;
    expect(heard).toBe(sent);
    expect(await link.closed).toMatchObject({ number: 1000 });
  });

  test('[W2] a server that takes the connection and says nothing is left after 10 s', async () => {
    const clock = manualClock();
    server.removeAllListeners('upgrade');
    const asked = once(server, 'upgrade');
    const connecting = connectWebSocket({ url }, clock, never);
    const failure = connecting.catch((cause: unknown) => cause);
    const [, raw] = (await asked) as [unknown, Socket];
    const gone = new Promise((resolve) => raw.on('error', resolve).on('end', resolve).resume());
    clock.advance(10_000);
    expect(await failure).toMatchObject({ code: 'lost', message: expect.stringContaining('10 s') });
    await gone;
    raw.destroy();
    expect(clock.waiting).toBe(0);
  });

  test('[socket] closed by us: our word arrives, and one who never answers it is left', async () => {
    const clock = manualClock();
    const other = accepted();
    const link = await connectWebSocket({ url }, clock, never);
    const far = await other;
    far.pause();
    link.close(4002, 'enough');
    clock.advance(5_000);
    expect(await link.closed).toMatchObject({ code: 'ended', message: expect.stringContaining('4002: enough') });
    const closed = once(far, 'close');
    far.resume();
    expect((await closed)[0]).toBe(4002);
    expect(clock.waiting).toBe(0);
  });

  test('[socket] sub-protocols are offered; one that was not is no agreement', async () => {
    const link = await connectWebSocket({ url, protocols: ['one', 'two'] }, systemClock, never);
    expect(headers['sec-websocket-protocol']).toBe('one,two');
    link.end();
    sockets.options.handleProtocols = () => 'three';
    const failure = connectWebSocket({ url, protocols: ['one'] }, systemClock, never);
    await expect(failure).rejects.toMatchObject({ code: 'lost' });
  });

  test.each([['http://127.0.0.1/'], ['ws://127.0.0.1/#a'], ['nowhere'], ['ws+unix:///tmp/a.sock']])(
    '[socket] %s is no address of a socket',
    async (wrong) => {
      await expect(connectWebSocket({ url: wrong }, systemClock, never)).rejects.toMatchObject({ code: 'refused' });
    },
  );

  test('[W3] a secret that no header can hold is refused, and stands in no failure', async () => {
    const wrong = { authorization: 'Bearer sentinel\r\nx: y' };
    const failure: unknown = await connectWebSocket({ url, headers: wrong }, systemClock, never).catch(
      (f: unknown) => f,
    );
    expect(failure).toMatchObject({ code: 'refused' });
    expect(String(failure)).not.toContain('sentinel');
  });
});
