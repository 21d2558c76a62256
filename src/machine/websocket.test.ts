import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { until } from '../../test/tools/until.ts';
import { manualClock } from '../base/testing.ts';
import { systemClock } from './clock.ts';
import { connectWebSocket, SocketClosed, type TextSocket, UpgradeRefused } from './websocket.ts';

const never = new AbortController().signal;
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

const all = async ({ messages }: TextSocket): Promise<readonly string[]> => {
  const heard: string[] = [];
  for await (const batch of messages.readable) heard.push(...batch);
  return heard;
};

const connect = (clock = systemClock): Promise<TextSocket> => connectWebSocket({ url, token: 'secret' }, clock, never);

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
    await expect(connectWebSocket({ url, token: 'secret' }, systemClock, stop.signal)).rejects.toThrow('enough');
    await left;
  });
});
