import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished, describe, expect, test } from 'vitest';
import { WebSocketServer } from 'ws';
import type { Log } from '../../base/log.ts';
import { silent } from '../../base/log.ts';
import { systemClock } from '../clock.ts';
import { FlamecastWays } from './flamecastWays.ts';

const never = new AbortController().signal;
const SECRET = 'bearer-that-nobody-else-reads';

/** A server on loopback, and every request that reached it, upgrades as well. */
const listening = async (answer: (server: Server) => void) => {
  const came: IncomingMessage[] = [];
  const server = createServer();
  server.on('request', (request) => void came.push(request));
  server.on('upgrade', (request) => void came.push(request));
  answer(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { came, port, url: `http://127.0.0.1:${port}` };
};

const sockets = (server: Server): void => {
  const all = new WebSocketServer({ noServer: true });
  server.on('upgrade', (request, carrier, head) => all.handleUpgrade(request, carrier, head, () => undefined));
};
const leadsTo =
  (location: string) =>
  (server: Server): void => {
    server.on('request', (_, response) => response.writeHead(307, { location }).end());
    server.on('upgrade', (_, carrier) =>
      carrier.end(`HTTP/1.1 307 There\r\nLocation: ${location}\r\nContent-Length: 0\r\n\r\n`),
    );
  };

const waysTo = (url: string, log: Log = silent): FlamecastWays =>
  new FlamecastWays({ url, clock: systemClock, log, secret: () => Promise.resolve(SECRET) });

const tokensOf = (came: readonly IncomingMessage[]) => came.map(({ headers }) => headers.authorization);

describe('[S15] a server of Flamecast', () => {
  test.each([
    'ws://other.example.net/ws',
    'wss://other.example.net/ws',
    'ws://cast.example.net/ws',
    'ws://127.0.0.1:9/ws',
    'wss://me:pw@cast.example.net/ws',
    'wss://cast.example.net./ws',
    'wss://cast.example.net.evil.test/ws',
    'https://cast.example.net/ws',
    'file:///etc/passwd',
    'nonsense',
    '',
  ])('names the socket %s: nobody connects to it, and the log says so', (named) => {
    const lines: string[] = [];
    const warn = (line: string): void => void lines.push(line);
    expect(waysTo('https://cast.example.net', { ...silent, warn }).socket(named)).toBeUndefined();
    expect(lines).toHaveLength(1);
    expect(lines[0]).not.toContain(SECRET);
  });

  test('names a socket of its own origin: it gets the secret; of another port of its machine: it does not', async () => {
    const own = await listening(sockets);
    const other = await listening(sockets);
    const ways = waysTo(own.url);
    for (const { port } of [own, other]) {
      const link = await ways.socket(`ws://127.0.0.1:${port}/ws`)?.(never);
      link?.end();
      await link?.closed;
    }
    expect(tokensOf(own.came)).toEqual([`Bearer ${SECRET}`]);
    expect(tokensOf(other.came)).toEqual([undefined]);
  });

  test('leads elsewhere, by a request, a stream or a socket: nothing follows, and the secret stays', async () => {
    const there = await listening(sockets);
    const here = await listening(leadsTo(`${there.url}/api/agents`));
    const ways = waysTo(here.url);
    const refused = { code: 'refused' };
    await expect(ways.request({ method: 'GET', path: '/agents' }, never)).rejects.toMatchObject(refused);
    await expect(ways.request({ method: 'POST', path: '/agents', json: {} }, never)).rejects.toMatchObject(refused);
    await expect(ways.stream('s', 0)(never)).rejects.toMatchObject(refused);
    await expect(ways.socket(`ws://127.0.0.1:${here.port}/ws`)?.(never)).rejects.toMatchObject(refused);
    expect(here.came).toHaveLength(4);
    expect(there.came).toEqual([]);
  });

  test('does not let us in: who connects is asked for another token', async () => {
    const server = await listening((at) => at.on('request', (_, response) => response.writeHead(401).end('{}')));
    const asked = waysTo(server.url).request({ method: 'GET', path: '/health' }, never);
    await expect(asked).rejects.toMatchObject({ code: 'refused', cause: { status: 401 } });
  });

  test('forbids one file: that is an answer, and no reason to ask for another token', async () => {
    const body = JSON.stringify({ error: 'Path outside workspace' });
    const server = await listening((at) => at.on('request', (_, response) => response.writeHead(403).end(body)));
    const path = '/agents/s/files?path=%2Fetc%2Fpasswd';
    expect(await waysTo(server.url).request({ method: 'GET', path }, never)).toEqual({
      status: 403,
      json: { error: 'Path outside workspace' },
    });
  });

  test.each(['', '/', '/api', '/api/', '/below', '/below/api'])('is reached below “%s”', async (path) => {
    const server = await listening((at) => at.on('request', (_, response) => response.end('no json')));
    const answer = await waysTo(`${server.url}${path}`).request({ method: 'GET', path: '/health' }, never);
    expect(answer).toEqual({ status: 200, json: undefined });
    expect(server.came[0]?.url).toBe(path.startsWith('/below') ? '/below/api/health' : '/api/health');
  });
});
