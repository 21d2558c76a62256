// What the door answers to who wants no socket.
import { connect } from 'node:net';
import { describe, expect, test } from 'vitest';
import { manualClock } from '../../src/base/testing.ts';
import { until } from '../tools/until.ts';
import { answerOn, openDoorWorld, OWNER_TOKEN, requestOf, say, SESSION_DATA } from './doorWorld.ts';

const FORM = 'Content-Type: application/x-www-form-urlencoded';
const PLAIN = 'Content-Type: text/plain';
const JSON_TYPE = 'Content-Type: application/json';

describe('requests that change something', () => {
  test('[S3] [CVE-2026-22812] no route has an effect by what a page can send without asking, and none says that another origin may', async () => {
    await using world = await openDoorWorld({ origins: ['https://pages.example'] });
    const { port, pairing, devices } = world;
    const { code } = pairing.begin();
    const body = JSON.stringify({ code, name: 'evil', want: ['drive'] });
    const preflight = ['Access-Control-Request-Method: POST', 'Access-Control-Request-Headers: content-type'];
    const wrong: string[] = [];
    for (const target of [
      '/',
      '/acp',
      '/view',
      '/pair',
      '/app',
      '/app/',
      '/app/page.js',
      '/app/none.js',
      '/session',
      '*',
    ])
      for (const origin of [undefined, 'https://evil.example', 'null', 'http://localhost:1', 'https://pages.example'])
        for (const [method, headers, sent] of [
          ['GET', [], ''],
          ['POST', [PLAIN], body],
          ['POST', [FORM], `code=${code}&name=evil&want=drive`],
          ['POST', ['Content-Type: multipart/form-data; boundary=x'], body],
          ['POST', [], body],
          ['OPTIONS', preflight, ''],
          ['PUT', [JSON_TYPE], body],
          ['DELETE', [], ''],
        ] as const) {
          const named = origin === undefined ? [] : [`Origin: ${origin}`];
          const all = [`Host: 127.0.0.1:${port}`, ...named, ...headers];
          const answer = await say(port, requestOf({ method, target, headers: all, upgrade: false, body: sent }));
          const what = `${method} ${target} of ${origin ?? 'nobody'}: ${answer.status}`;
          if (/^access-control-/imu.test(answer.all)) wrong.push(`${what} allows another origin`);
          if (answer.all.includes(SESSION_DATA)) wrong.push(`${what} tells of a session`);
          const mayRead = method === 'GET' && [200, 308, 404, 426, 403].includes(answer.status);
          if (!mayRead && answer.status < 400) wrong.push(what);
        }
    expect(wrong).toEqual([]);
    expect(devices.list()).toEqual([]);
    expect(pairing.current).toBeDefined();
    expect(world.guests).toEqual([]);
  });

  test('[S3] what is nowhere is refused before its body is read', async () => {
    await using world = await openDoorWorld();
    for (const target of ['/session', '/app/none.js', '/acp/', '/pair/x']) {
      const socket = connect(world.port, '127.0.0.1');
      socket.on('error', () => undefined);
      socket.write(`POST ${target} HTTP/1.1\r\nHost: 127.0.0.1:${world.port}\r\nContent-Length: 1000000000\r\n\r\n{`);
      const { status } = await answerOn(socket);
      expect([target, status]).toEqual([target, 404]);
    }
  });

  test('[relay 9 pairing] a device is paired by its code, once the person has said yes, and by nothing else', async () => {
    await using world = await openDoorWorld({
      confirm: ({ name, want }) => Promise.resolve(name === 'refused' ? undefined : want === 'drive' ? 'answer' : want),
    });
    const { port, pairing, devices } = world;
    const pair = (body: unknown) => {
      const headers = [`Host: 127.0.0.1:${port}`, `Origin: http://127.0.0.1:${port}`, JSON_TYPE];
      const text = typeof body === 'string' ? body : JSON.stringify(body);
      return say(port, requestOf({ method: 'POST', target: '/pair', headers, upgrade: false, body: text }));
    };
    const { code } = pairing.begin();
    const refused = [
      await pair('{'),
      await pair({ code, name: 'phone' }),
      await pair({ code: 'AAAA-AAAA', name: 'phone', want: ['watch'] }),
      await pair({ code, name: 'x'.repeat(5000), want: ['watch'] }),
      await pair({ code, name: 'refused', want: ['watch'] }),
      await pair({ code, name: 'phone', want: ['watch'] }),
    ];
    expect(refused.map(({ status }) => status)).toEqual([403, 403, 403, 403, 403, 403]);
    const undated = (all: string): string => all.replace(/^Date: .*$/mu, '');
    expect(new Set(refused.map(({ all }) => undated(all))).size).toBe(1);
    expect(devices.list()).toEqual([]);
    const paired = await pair({ code: pairing.begin().code, name: 'phone', want: ['watch', 'answer', 'drive'] });
    expect(paired.status).toBe(200);
    const told = JSON.parse(paired.all.split('\r\n\r\n')[1] ?? '') as Readonly<Record<string, unknown>>;
    expect(told).toEqual({
      deviceId: devices.list()[0]?.id,
      token: expect.stringMatching(/^[\w-]{43}$/u),
      capabilities: ['watch', 'answer'],
    });
    expect(devices.find(String(told['token']))).toMatchObject({ name: 'phone', capability: 'answer' });
  });

  test('[relay 9 pairing] a device that went away while the person was asked is none, and who waits keeps no stranger out', async () => {
    let asked = 0;
    let isStopped = false;
    await using world = await openDoorWorld({
      confirm: (_request, signal) => {
        asked += 1;
        return new Promise((resolve) =>
          signal.addEventListener('abort', () => {
            isStopped = true;
            resolve('drive');
          }),
        );
      },
    });
    const { port, pairing, devices } = world;
    const body = JSON.stringify({ code: pairing.begin().code, name: 'phone', want: ['drive'] });
    const socket = connect(port, '127.0.0.1');
    const headers = [`Host: 127.0.0.1:${port}`, JSON_TYPE];
    socket.write(requestOf({ method: 'POST', target: '/pair', headers, upgrade: false, body }));
    await until('the person to be asked', () => asked === 1);
    socket.destroy();
    await until('nobody to be asked any more', () => isStopped);
    expect(devices.list()).toEqual([]);
  });
});

describe('the page', () => {
  test('[S3] it may be framed by nobody, talks to where it came from alone, and is kept by nobody unasked', async () => {
    await using world = await openDoorWorld();
    const headers = [`Host: localhost:${world.port}`];
    const types = { '/app/': 'text/html', '/app/page.js': 'text/javascript', '/app/chunks/late.js': 'text/javascript' };
    for (const [target, type] of Object.entries(types)) {
      const page = await say(world.port, requestOf({ target, headers, upgrade: false }));
      expect(page.status).toBe(200);
      expect(page.header('content-type')).toContain(type);
      expect(page.header('content-security-policy')?.split('; ')).toEqual([
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "manifest-src 'self'",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
      ]);
      expect(page.header('x-frame-options')).toBe('DENY');
      expect(page.header('x-content-type-options')).toBe('nosniff');
      expect(page.header('referrer-policy')).toBe('no-referrer');
      expect(page.header('cross-origin-resource-policy')).toBe('same-origin');
      const known = [...headers, `If-None-Match: ${page.header('etag') ?? ''}`];
      expect((await say(world.port, requestOf({ target, headers: known, upgrade: false }))).status).toBe(304);
      expect((await say(world.port, requestOf({ method: 'POST', target, headers, upgrade: false }))).status).toBe(405);
    }
  });

  test('[S3] no path leads out of its folder', async () => {
    await using world = await openDoorWorld();
    for (const target of [
      '/app/../secret.js',
      '/app/%2e%2e/secret.js',
      '/app/..%2fsecret.js',
      '/app/..\\secret.js',
      '/app//secret.js',
      '/app/chunks/../../secret.js',
      '/app/chunks',
      '/app/chunks/',
      '/app/notes.txt',
      '/app/page.js%00',
      '/app/page.js#x',
      `/app/${world.folder}/secret.js`,
      '/app/__proto__',
      '/index.html',
    ]) {
      const answer = await say(
        world.port,
        requestOf({ target, headers: [`Host: 127.0.0.1:${world.port}`], upgrade: false }),
      );
      expect([target, answer.status]).toEqual([target, 404]);
    }
  });

  test('[relay 9 refusal] where a socket is, there is nothing else; where none is, none is opened', async () => {
    await using world = await openDoorWorld({ clock: manualClock() });
    const { port } = world;
    const headers = [`Host: 127.0.0.1:${port}`, `Authorization: Bearer ${OWNER_TOKEN}`];
    for (const target of ['/acp', '/view'])
      expect((await say(port, requestOf({ target, headers, upgrade: false }))).status).toBe(426);
    for (const target of ['/app/', '/pair']) expect((await say(port, requestOf({ target, headers }))).status).toBe(400);
    expect(world.guests).toEqual([]);
  });
});
