import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { connect, type Socket } from 'node:net';
import { inspect } from 'node:util';
import { afterEach, describe, expect, test } from 'vitest';
import { WebSocketServer } from 'ws';
import { fingerprintOf, OWN } from '../../test/faults/doorCertificates.ts';
import { systemClock } from './clock.ts';
import type { ProxySettings } from './proxyVariables.ts';
import { proxyAgent, proxyFor } from './webProxy.ts';
import { webRequest } from './webRequest.ts';
import { connectWebSocket } from './websocket.ts';

const never = new AbortController().signal;

const through = (url: string, settings: ProxySettings, env: Record<string, string> = {}): string | undefined =>
  proxyFor(new URL(url), settings, env, 'linux')?.host;

describe('which proxy is on the way', () => {
  test.each([
    ['wss://box.example/acp', {}, {}, undefined],
    ['wss://box.example/acp', { proxy: 'http://p:3128' }, {}, 'p:3128'],
    ['wss://box.example/acp', { proxy: 'p:3128' }, {}, 'p:3128'],
    ['wss://box.example/acp', { proxy: 'http://p:3128' }, { HTTPS_PROXY: 'http://q:1' }, 'p:3128'],
    ['wss://box.example/acp', {}, { HTTPS_PROXY: 'http://q:1' }, 'q:1'],
    ['wss://box.example/acp', {}, { https_proxy: 'http://q:1', HTTPS_PROXY: 'http://r:1' }, 'q:1'],
    ['wss://box.example/acp', { proxy: '' }, { HTTPS_PROXY: 'q:1' }, 'q:1'],
    ['wss://box.example/acp', {}, { HTTP_PROXY: 'http://q:1' }, undefined],
    ['https://box.example/', {}, { HTTPS_PROXY: 'http://q:1' }, 'q:1'],
    ['wss://box.example/acp', { off: true, proxy: 'http://p:3128' }, { HTTPS_PROXY: 'http://q:1' }, undefined],
  ] as const)('[socket proxy] %s with %o and %o: %s', (url, settings, env, proxy) => {
    expect(through(url, settings, env)).toBe(proxy);
  });

  test.each([
    ['wss://localhost:1/'],
    ['ws://127.0.0.1:1/'],
    ['ws://127.9.9.9/'],
    ['ws://[::1]:1/'],
    ['https://localhost./'],
    ['http://a.localhost/'],
    ['ws://2130706433/'],
  ])('[socket proxy] %s is this machine, and never behind one', (url) => {
    expect(through(url, { proxy: 'http://p:3128' }, { HTTPS_PROXY: 'q:1', HTTP_PROXY: 'q:1' })).toBe(undefined);
  });

  test.each([
    ['box.example', true],
    ['BOX.example', true],
    ['.box.example', true],
    ['*.box.example', true],
    ['example', true],
    ['.example', true],
    ['other.example, box.example', true],
    ['other.example box.example', true],
    ['*', true],
    ['box.example:8443', true],
    ['box.example:443', false],
    ['ox.example', false],
    ['x.example', false],
    ['a.box.example', false],
    ['box.exampl', false],
    ['', false],
    [' , ', false],
  ])('[socket proxy] without one for “%s”: %s', (entries, isWithout) => {
    const url = 'wss://box.example:8443/acp';
    const expected = isWithout ? undefined : 'q:1';
    expect(through(url, {}, { HTTPS_PROXY: 'q:1', NO_PROXY: entries })).toBe(expected);
    expect(through(url, {}, { HTTPS_PROXY: 'q:1', no_proxy: entries })).toBe(expected);
    const without = entries.split(/[\s,]+/u);
    expect(through(url, { proxy: 'q:1', without: [...without] })).toBe(expected);
  });

  test.each([
    ['[fd00::1]', true],
    ['fd00::1', true],
    ['[fd00::1]:443', true],
    ['[fd00::1]:444', false],
    ['[fd00::2]', false],
  ])('[socket proxy] an address of many colons, without one for “%s”: %s', (entry, isWithout) => {
    const expected = isWithout ? undefined : 'q:1';
    expect(through('wss://[fd00::1]/', { proxy: 'q:1', without: [entry] })).toBe(expected);
  });

  test('[socket proxy] the settings say without which hosts, else the variable does', () => {
    const env = { NO_PROXY: 'box.example' };
    expect(through('wss://box.example/', { proxy: 'p:1' }, env)).toBe(undefined);
    expect(through('wss://box.example/', { proxy: 'p:1', without: [] }, env)).toBe(undefined);
    expect(through('wss://box.example/', { proxy: 'p:1', without: ['other.example'] }, env)).toBe('p:1');
  });

  test.each(['socks5://p:1', 'pac+http://p/', 'http://'])('[socket proxy] %s is none that we speak', (proxy) => {
    const secret = proxy.replace('://', '://me:hidden@');
    expect(() => through('wss://box.example/', { proxy: secret })).toThrow(/only http and https proxies/u);
    expect(() => through('wss://box.example/', { proxy: secret })).not.toThrow(/hidden/u);
  });
});

describe('a real proxy', () => {
  const servers: Server[] = [];
  const open = new Set<Socket>();
  const asked: { readonly line: string; readonly head: IncomingMessage['headers'] }[] = [];

  const listen = async (server: Server): Promise<number> => {
    servers.push(server);
    server.on('connection', (socket: Socket) => open.add(socket));
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const address = server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  };

  /** Whatever name is asked for, it is that port of this machine. */
  const proxyTo = (port: number, answer = '200 Connection established'): Promise<number> => {
    const proxy = createServer((_request, response) => void response.writeHead(500).end());
    proxy.on('connect', (request: IncomingMessage, socket: Socket) => {
      asked.push({ line: request.url ?? '', head: request.headers });
      socket.on('error', () => undefined);
      if (!answer.startsWith('200')) return void socket.end(`HTTP/1.1 ${answer}\r\n\r\n`);
      const far = connect(port, '127.0.0.1', () => {
        socket.write(`HTTP/1.1 ${answer}\r\n\r\n`);
        far.pipe(socket).pipe(far);
      });
      far.on('error', () => socket.destroy());
    });
    return listen(proxy);
  };

  const secureServer = async (): Promise<number> => {
    const server = createSecureServer(OWN, (request, response) => response.end(`${request.method} ${request.url}`));
    const sockets = new WebSocketServer({ server });
    sockets.on('connection', (socket, request) => socket.send(String(request.headers.authorization)));
    return listen(server);
  };

  afterEach(async () => {
    for (const socket of open) socket.destroy();
    await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
    servers.length = 0;
    asked.length = 0;
    open.clear();
  });

  const settings = (port: number): { ways: { proxy(): ProxySettings } } => ({
    ways: { proxy: () => ({ proxy: `http://me:pass%20word@127.0.0.1:${port}` }) },
  });

  test('[socket proxy] sockets and requests go through it, encrypted, by the name that is asked for', async () => {
    const port = await proxyTo(await secureServer());
    const headers = { authorization: 'Bearer secret' };
    const fingerprint = fingerprintOf(OWN);
    const about = { headers, fingerprint, ...settings(port) };
    const socket = await connectWebSocket({ url: 'wss://wheel.example:4517/acp', ...about }, systemClock, never);
    const { value } = await socket.messages.readable.getReader().read();
    expect(value).toEqual(['Bearer secret']);
    socket.end();
    const answer = await webRequest({ url: 'https://wheel.example/list?a=1', method: 'GET', ...about }, never);
    expect(answer).toMatchObject({ status: 200, text: 'GET /list?a=1' });
    expect(asked.map(({ line }) => line)).toEqual(['wheel.example:4517', 'wheel.example:443']);
    for (const { head } of asked) {
      expect(head['proxy-authorization']).toBe(`Basic ${Buffer.from('me:pass word').toString('base64')}`);
      expect(head.authorization).toBe(undefined);
    }
  });

  test('[S50] its password is in nothing that the library could print', () => {
    const ways = { proxy: () => ({ proxy: 'http://me:sentinel%20of%@127.0.0.1:3128' }) };
    const agent = proxyAgent(new URL('wss://wheel.example/'), ways, never);
    expect(agent?.proxy.href).toBe('http://127.0.0.1:3128/');
    expect(inspect(agent?.connectOpts)).not.toContain('sentinel');
    const words = Buffer.from('me:sentinel%20of%').toString('base64');
    expect(agent?.proxyHeaders).toEqual({ 'Proxy-Authorization': `Basic ${words}` });
  });

  test('[socket proxy] a certificate behind it is looked at like any other', async () => {
    const port = await proxyTo(await secureServer());
    const about = { headers: { authorization: 'Bearer secret' }, ...settings(port) };
    const lax = { ways: { proxy: () => ({ ...about.ways.proxy(), strict: false }) } };
    const failure = connectWebSocket({ url: 'wss://wheel.example/', ...about, ...lax }, systemClock, never);
    await expect(failure).rejects.toMatchObject({ code: 'refused', fingerprint: fingerprintOf(OWN) });
  });

  test('[socket proxy] one that wants to know who we are says so, and one that fails as well', async () => {
    const ask = async (answer: string): Promise<unknown> => {
      const about = settings(await proxyTo(0, answer));
      return connectWebSocket({ url: 'wss://wheel.example/', ...about }, systemClock, never).catch(
        (failure: unknown) => failure,
      );
    };
    const told = (code: string, message: string): object => ({ code, message: expect.stringContaining(message) });
    expect(await ask('407 Proxy Authentication Required')).toMatchObject(told('refused', 'a name and a password'));
    expect(await ask('403 Forbidden')).toMatchObject(told('refused', 'answered 403'));
    expect(await ask('502 Bad Gateway')).toMatchObject(told('lost', 'answered 502'));
  });

  test('[socket proxy] given up while it has not answered yet: nothing of it is left', async () => {
    const proxy = createServer();
    const gone = new Promise<void>((resolve) => {
      proxy.on('connect', (_request, socket: Socket) => {
        socket
          .on('end', () => resolve())
          .on('error', () => resolve())
          .resume();
        stop.abort(new Error('enough'));
      });
    });
    const stop = new AbortController();
    const about = settings(await listen(proxy));
    const connecting = connectWebSocket({ url: 'wss://wheel.example/', ...about }, systemClock, stop.signal);
    await expect(connecting).rejects.toThrow('enough');
    await gone;
  });
});
