// Who is in between: what they see, and what they can do with it.
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { connect as connectTls, createServer as createTlsServer, type PeerCertificate } from 'node:tls';
import { describe, expect, test } from 'vitest';
import { Failure } from '../../src/base/failure.ts';
import { until } from '../tools/until.ts';
import { OTHER, OWN } from './doorCertificates.ts';
import { Caller, openDoorWorld, OWNER_TOKEN, say, requestOf, SESSION_DATA } from './doorWorld.ts';

const portOf = async (server: Server): Promise<number> => {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const at = server.address();
  return typeof at === 'object' && at !== null ? at.port : 0;
};

/** Passes everything on, and keeps what went each way. */
const between = (port: number, seen: { up: Buffer[]; down: Buffer[] }): Server =>
  createServer((socket) => {
    const on = connect(port, '127.0.0.1');
    const pass = (from: Socket, to: Socket, kept: Buffer[]): void => {
      from.on('data', (bytes: Buffer) => {
        kept.push(bytes);
        to.write(bytes);
      });
      from.on('error', () => undefined).once('close', () => to.destroy());
    };
    pass(socket, on, seen.up);
    pass(on, socket, seen.down);
  });

describe('without a certificate', () => {
  test.each(['0.0.0.0', '::', '192.0.2.1', '10.0.0.1', '[fe80::1]'])(
    '[S5] %s is not listened on, and it is said why',
    async (bind) => {
      const failure: unknown = await openDoorWorld({ bind }).catch((each: unknown) => each);
      expect(failure).toBeInstanceOf(Failure);
      expect(failure).toMatchObject({
        code: 'insecure',
        message: `Other machines can reach ${bind}, and without a certificate whoever is in between could read the tokens of your devices.`,
      });
    },
  );

  test('[S5] what is no address, a port that is taken, a certificate that is none: each is said', async () => {
    const codeOf = async (options: Parameters<typeof openDoorWorld>[0]): Promise<unknown> =>
      openDoorWorld(options).then(
        () => 'listens',
        (failure: unknown) => (failure instanceof Failure ? failure.code : failure),
      );
    expect(await codeOf({ bind: 'wheel.example' })).toBe('invalid');
    expect(await codeOf({ bind: '0.0.0.0', tls: { cert: 'x', key: 'y' } })).toBe('invalid');
    expect(await codeOf({ bind: '0.0.0.0', tls: { cert: OWN.cert, key: OTHER.key } })).toBe('invalid');
    expect(await codeOf({ hosts: ['https://wheel.example'] })).toBe('invalid');
    await using world = await openDoorWorld();
    expect(await codeOf({ port: world.port })).toBe('taken');
  });
});

describe('with a certificate', () => {
  test('[S5] a device comes by TLS, its address and its fingerprint are told, and plain HTTP gets nothing', async () => {
    await using world = await openDoorWorld({ bind: '0.0.0.0', tls: OWN });
    const { listener, port } = world;
    expect(listener.relay).toMatch(/^wss:\/\/[\d.]+:\d+\/acp$/u);
    expect(listener.app).toMatch(/^https:\/\/[\d.]+:\d+\/app\/$/u);
    expect(listener.fingerprint).toBe(new X509Certificate(OWN.cert).fingerprint256);
    const caller = await Caller.open(`wss://localhost:${port}/acp?client_id=phone`, OWNER_TOKEN, { ca: OWN.cert });
    await until('it to be welcome', () => caller.heard.includes(SESSION_DATA));
    caller.socket.send('by TLS');
    await until('its answer', () => caller.heard.includes('by TLS'));
    const plain = await say(port, requestOf({ target: '/app/', headers: [`Host: localhost:${port}`], upgrade: false }));
    expect(plain.status).toBe(0);
    expect(plain.all).not.toContain('html');
  });

  test('[S1] [S5] by TLS the guards are the same', async () => {
    await using world = await openDoorWorld({ tls: OWN });
    const { port } = world;
    const ask = (target: string, ...headers: readonly string[]): Promise<string> =>
      new Promise((resolve) => {
        let all = '';
        const socket = connectTls({ port, host: '127.0.0.1', ca: OWN.cert });
        socket.setEncoding('latin1').on('data', (text: string) => {
          all += text;
          if (all.startsWith('HTTP/1.1 101')) socket.destroy();
        });
        socket.once('close', () => resolve(all.slice(9, 12))).on('error', () => undefined);
        socket.write(requestOf({ target, headers }));
      });
    const token = `Authorization: Bearer ${OWNER_TOKEN}`;
    expect(await ask('/acp', `Host: localhost:${port}`, token)).toBe('101');
    expect(await ask('/acp', `Host: 127.0.0.1:${port}`, token)).toBe('101');
    expect(await ask('/acp', `Host: evil.com:${port}`, token)).toBe('403');
    expect(await ask('/acp', `Host: localhost:${port}`)).toBe('401');
    expect(await ask('/view', `Host: localhost:${port}`, token, `Origin: https://localhost:${port}`)).toBe('101');
    expect(await ask('/view', `Host: localhost:${port}`, token, `Origin: http://localhost:${port}`)).toBe('403');
  });

  test('[S5] somebody in between sees no token, and what they recorded opens nothing', async () => {
    await using world = await openDoorWorld({ tls: OWN });
    const seen = { up: [] as Buffer[], down: [] as Buffer[] };
    const middle = between(world.port, seen);
    try {
      const port = await portOf(middle);
      const headers = { Authorization: `Bearer ${OWNER_TOKEN}`, Host: `localhost:${world.port}` };
      const caller = await Caller.open(`wss://localhost:${port}/acp`, OWNER_TOKEN, { ca: OWN.cert, headers });
      await until('it to be welcome', () => caller.heard.includes(SESSION_DATA));
      caller.socket.terminate();
      await until('it to be gone', () => world.listener.sockets === 0);
      for (const bytes of [Buffer.concat(seen.up), Buffer.concat(seen.down)]) {
        expect(bytes.length).toBeGreaterThan(100);
        for (const secret of [OWNER_TOKEN, SESSION_DATA, '/acp']) expect(bytes.includes(secret)).toBe(false);
      }
      const replayed = await say(world.port, Buffer.concat(seen.up));
      expect(replayed.all).not.toContain(SESSION_DATA);
      expect(world.guests.length).toBe(1);
    } finally {
      middle.close();
    }
  });

  test('[S5] somebody in between with a certificate of their own is not talked to', async () => {
    await using world = await openDoorWorld({ tls: OWN });
    let told = '';
    const middle = createTlsServer(OTHER, (socket) => {
      socket.on('data', (bytes: Buffer) => (told += bytes.toString('latin1'))).on('error', () => undefined);
    });
    middle.on('tlsClientError', () => undefined);
    try {
      const port = await portOf(middle);
      const caller = new Caller(`wss://localhost:${port}/acp`, OWNER_TOKEN, { ca: OWN.cert });
      await until('it to give up', () => caller.closed !== undefined);
      expect(told).toBe('');
      // A device that was shown the fingerprint looks at that.
      const shown = await new Promise<PeerCertificate>((resolve) => {
        const socket = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false }, () => {
          resolve(socket.getPeerCertificate());
          socket.destroy();
        });
      });
      expect(shown.fingerprint256).not.toBe(world.listener.fingerprint);
    } finally {
      middle.close();
    }
  });
});
