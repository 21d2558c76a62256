import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:https';
import { createServer as createPlainServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { promisify } from 'node:util';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { WebSocketServer } from 'ws';
import { fingerprintOf, OTHER, OWN } from '../../test/faults/doorCertificates.ts';
import { systemClock } from './clock.ts';
import { CertificateRefused } from './webTrust.ts';
import { webRequest } from './webRequest.ts';
import { connectWebSocket } from './websocket.ts';

const never = new AbortController().signal;
const SECRET = 'sentinel-of-a-secret';
const headers = { authorization: `Bearer ${SECRET}` };

interface Tls extends AsyncDisposable {
  readonly port: number;
  /** All that came out of the encryption. */
  readonly heard: string[];
}

const tlsServer = async (files: typeof OWN, port = 0, host = '127.0.0.1'): Promise<Tls> => {
  const heard: string[] = [];
  const open = new Set<TLSSocket>();
  const server: Server = createServer(files, (_request, response) => response.end('{}'));
  server.on('secureConnection', (socket: TLSSocket) => {
    open.add(socket);
    socket.on('data', (bytes) => heard.push(String(bytes))).on('error', () => undefined);
  });
  server.on('tlsClientError', () => undefined);
  new WebSocketServer({ server }).on('connection', (socket) => socket.send('in'));
  await once(server.listen(port, host), 'listening');
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    heard,
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};

const both = (port: number, fingerprint?: string, host = 'localhost'): Promise<unknown>[] => {
  const about = { headers, ...(fingerprint === undefined ? {} : { fingerprint }) };
  return [
    connectWebSocket({ url: `wss://${host}:${port}/acp`, ...about }, systemClock, never).then((link) => {
      link.end();
      return 'in';
    }),
    webRequest({ url: `https://${host}:${port}/list`, method: 'GET', ...about }, never).then(({ text }) => text),
  ];
};

const failures = (promises: readonly Promise<unknown>[]): Promise<unknown[]> =>
  Promise.all(promises.map((promise) => promise.catch((failure: unknown) => failure)));

describe('whom a secret goes to', () => {
  afterEach(() => void vi.unstubAllEnvs());

  test('[S15 pin] the certificate that is pinned is believed, by any name, whoever signed it', async () => {
    await using server = await tlsServer(OWN);
    expect(await Promise.all(both(server.port, fingerprintOf(OWN)))).toEqual(['in', '{}']);
    expect(await Promise.all(both(server.port, fingerprintOf(OWN), '127.0.0.1'))).toEqual(['in', '{}']);
    expect(server.heard.join('')).toContain(SECRET);
  });

  test('[S15 pin] somebody in between with the same names: told apart before a byte is said', async () => {
    await using server = await tlsServer(OTHER);
    const found = await failures(both(server.port, fingerprintOf(OWN)));
    for (const failure of found) {
      expect(failure).toBeInstanceOf(CertificateRefused);
      expect(failure).toMatchObject({ code: 'refused', fingerprint: fingerprintOf(OTHER), isPinned: true });
      expect(String(failure)).not.toContain(SECRET);
    }
    expect(found).toHaveLength(2);
    expect(server.heard).toEqual([]);
  });

  test('[S15 pin] one that comes in between later, on the same port, hears nothing', async () => {
    const first = await tlsServer(OWN);
    const { port } = first;
    expect(await Promise.all(both(port, fingerprintOf(OWN)))).toEqual(['in', '{}']);
    await first[Symbol.asyncDispose]();
    await using second = await tlsServer(OTHER, port);
    for (const failure of await failures(both(port, fingerprintOf(OWN))))
      expect(failure).toBeInstanceOf(CertificateRefused);
    expect(second.heard).toEqual([]);
  });

  test('[S15 trust] what this machine does not trust is told with its fingerprint, and hears nothing', async () => {
    await using server = await tlsServer(OWN);
    for (const failure of await failures(both(server.port)))
      expect(failure).toMatchObject({
        code: 'refused',
        fingerprint: fingerprintOf(OWN),
        isPinned: false,
        message: expect.stringContaining('signed by itself'),
      });
    expect(server.heard).toEqual([]);
  });

  // The first is Node's own, the second says where the system keeps those that it trusts.
  test.each(['NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE'])(
    '[S15 trust] an authority that this machine trusts by %s is enough, for the names in the certificate alone',
    async (variable) => {
      await using server = await tlsServer(OWN, 0, '0.0.0.0');
      const folder = await mkdtemp(join(tmpdir(), 'wheelhouse-trust-'));
      const authority = join(folder, 'ca.pem');
      await writeFile(authority, OWN.cert);
      const asked = (host: string): string => `https://${host}:${server.port}/`;
      const script = `
      const { webRequest } = await import(process.argv[1]);
      for (const url of process.argv.slice(2))
        await webRequest({ url, method: 'GET' }, new AbortController().signal).then(
          ({ status }) => console.log(status),
          ({ code, message }) => console.log(code, message),
        );`;
      const file = join(import.meta.dirname, 'webRequest.ts');
      const args = [
        '--input-type=module',
        '-e',
        script,
        file,
        asked('localhost'),
        asked('127.0.0.1'),
        asked('127.0.0.2'),
      ];
      const env = { ...process.env, [variable]: authority };
      const { stdout } = await promisify(execFile)(process.execPath, args, { env });
      await rm(folder, { recursive: true });
      const [name, address, other] = stdout.split('\n');
      expect([name, address]).toEqual(['200', '200']);
      expect(other).toMatch(/^refused The certificate of 127\.0\.0\.2:\d+ is not trusted: it is of another name\.$/u);
      expect(server.heard.join('').match(/GET \//gu)).toHaveLength(2);
    },
  );

  test('[S15 trust] another program that turned certificates off for itself turns nothing off here', async () => {
    await using server = await tlsServer(OWN);
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');
    for (const failure of await failures(both(server.port))) expect(failure).toBeInstanceOf(CertificateRefused);
    expect(server.heard).toEqual([]);
  });

  test('[S15 trust] what does not speak TLS, and what nobody listens at, are told in words', async () => {
    const plain = createPlainServer(
      (socket) =>
        void socket
          .on('error', () => undefined)
          .resume()
          .end('SSH-2.0-OpenSSH_9\r\n'),
    );
    await once(plain.listen(0, '127.0.0.1'), 'listening');
    const address = plain.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const odd = await failures(both(port));
    await new Promise((resolve) => plain.close(resolve));
    const none = await failures(both(port));
    for (const failure of odd)
      expect(failure).toMatchObject({ code: 'lost', message: expect.stringContaining('does not speak TLS') });
    for (const failure of none)
      expect(failure).toMatchObject({ code: 'lost', message: expect.stringContaining('nothing listens') });
  });
});
