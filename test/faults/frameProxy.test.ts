import { createServer, type Server } from 'node:http';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { systemClock } from '../../src/machine/clock.ts';
import { webRequest } from '../../src/machine/webRequest.ts';
import { connectWebSocket, type SocketLink, type SocketMessage } from '../../src/machine/websocket.ts';
import { listenHere } from '../tools/listen.ts';
import { until } from '../tools/until.ts';
import { FrameProxy } from './frameProxy.ts';

const never = new AbortController().signal;
const SENT: readonly SocketMessage[] = ['a', Uint8Array.of(1, 2, 3), 'b'.repeat(300), 'c'.repeat(70_000), '', 'end'];

let server: Server;
let sockets: WebSocketServer;
let proxy: FrameProxy;
let heard: unknown[];

beforeEach(async () => {
  heard = [];
  server = createServer((request, response) => response.end(`${request.method} ${request.url}`));
  sockets = new WebSocketServer({ server });
  proxy = await FrameProxy.listen(1, await listenHere(server));
});

afterEach(async () => {
  await proxy[Symbol.asyncDispose]();
  for (const socket of sockets.clients) socket.terminate();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const connect = (): Promise<SocketLink> =>
  connectWebSocket({ url: `ws://127.0.0.1:${proxy.port}/` }, systemClock, never);

const all = async ({ messages }: SocketLink): Promise<readonly SocketMessage[]> => {
  const found: SocketMessage[] = [];
  for await (const batch of messages.readable) found.push(...batch);
  return plain(found);
};

const plain = (messages: readonly SocketMessage[]): readonly SocketMessage[] =>
  messages.map((message) => (typeof message === 'string' ? message : Uint8Array.from(message)));

/** Says all of it, and closes. */
const speaks = (socket: WebSocket): void => {
  for (const message of SENT) socket.send(message);
  socket.close(1000);
};

/** Echoes nothing, and keeps what it hears. */
const listens = (socket: WebSocket): void => {
  socket.on('message', (data: Buffer, isBinary) => heard.push(isBinary ? Uint8Array.from(data) : data.toString()));
};

describe('what stands between a client and a server of WebSockets', () => {
  test.each([{}, { slice: 3 }, { slice: 1000, delay: 2 }])(
    '[frame proxy] with %o everything passes in both directions, as it is',
    async (faults) => {
      proxy.faults = faults;
      sockets.on('connection', listens);
      const short = faults.slice === 3 ? SENT.filter(({ length }) => length < 1000) : SENT;
      sockets.once('connection', (socket: WebSocket) => short.forEach((message) => socket.send(message)));
      const link = await connect();
      const reader = link.messages.readable.getReader();
      const found: SocketMessage[] = [];
      while (found.length < short.length) found.push(...((await reader.read()).value ?? []));
      expect(plain(found)).toEqual(short);
      await link.messages.writable.getWriter().write(short);
      await until('all of it', () => heard.length === short.length);
      expect(heard).toEqual(short);
      expect(proxy.frames).toEqual({ up: short.length, down: short.length });
      link.end();
    },
  );

  test.each(SENT.flatMap((_, frames) => [false, true].map((torn) => ({ frames, torn }))))(
    '[frame proxy] cut after %o from the server: so much is heard, and no more',
    async ({ frames, torn }) => {
      sockets.on('connection', speaks);
      proxy.cutAt('down', frames, torn);
      const link = await connect();
      expect(await all(link)).toEqual(SENT.slice(0, frames));
      expect(await link.closed).toMatchObject({ code: 'lost' });
      await until('the end', () => proxy.connections === 0);
      expect([proxy.armed, proxy.made, proxy.frames.down]).toEqual([false, 1, frames]);
      // Once: the next one gets through.
      expect(await all(await connect())).toEqual(SENT);
    },
  );

  test.each(SENT.flatMap((_, frames) => [false, true].map((torn) => ({ frames, torn }))))(
    '[frame proxy] cut after %o from the client: so much arrives, and no more',
    async ({ frames, torn }) => {
      const over = new Promise((resolve) => {
        sockets.on('connection', (socket: WebSocket) => {
          listens(socket);
          socket.on('close', resolve).on('error', () => undefined);
        });
      });
      proxy.cutAt('up', frames, torn);
      const link = await connect();
      link.messages.writable
        .getWriter()
        .write(SENT)
        .catch(() => undefined);
      expect(await link.closed).toMatchObject({ code: 'lost' });
      await over;
      expect(heard).toEqual(SENT.slice(0, frames));
      expect(proxy.frames.up).toBe(frames);
    },
  );

  test('[frame proxy] a cut is counted from when it is set, over connections', async () => {
    sockets.on('connection', speaks);
    await all(await connect());
    proxy.cutAt('down', SENT.length + 2);
    expect(await all(await connect())).toEqual(SENT);
    expect(await all(await connect())).toEqual(SENT.slice(0, 2));
  });

  test('[frame proxy] plain HTTP passes, before and beside', async () => {
    sockets.on('connection', listens);
    const link = await connect();
    const url = `http://127.0.0.1:${proxy.port}/sessions`;
    expect(await webRequest({ url, method: 'DELETE' }, never)).toMatchObject({ status: 200, text: 'DELETE /sessions' });
    expect(proxy.frames).toEqual({ up: 0, down: 0 });
    link.end();
  });

  test('[frame proxy] silent in one direction: nothing more comes, and nobody is told', async () => {
    sockets.on('connection', listens);
    const link = await connect();
    const writer = link.messages.writable.getWriter();
    await writer.write(['one']);
    await until('the first', () => heard.length === 1);
    proxy.silence('up');
    await writer.write(['two']);
    const far = [...sockets.clients][0];
    far?.send('still here');
    expect((await link.messages.readable.getReader().read()).value).toEqual(['still here']);
    expect([heard, proxy.connections]).toEqual([['one'], 1]);
    proxy.down = true;
    await expect(connect()).rejects.toMatchObject({ code: 'lost' });
    proxy.cut();
    expect(await link.closed).toMatchObject({ code: 'lost' });
  });
});
