// Who gets in, by everything that a request says of itself: bytes on a socket, so that nothing is tidied up on the way.
import { networkInterfaces } from 'node:os';
import { describe, expect, test } from 'vitest';
import type { Clock } from '../../src/base/clock.ts';
import { silent } from '../../src/base/log.ts';
import { manualClock } from '../../src/base/testing.ts';
import type { DoorEndpoint } from '../../src/machine/door/endpoint.ts';
import { executionEndpoint } from '../../src/machine/execution/endpoint.ts';
import { ExecutionService } from '../../src/machine/execution/service.ts';
import { Caller, type DoorWorld, openDoorWorld, OWNER_TOKEN, requestOf, say, SESSION_DATA } from './doorWorld.ts';
import { openStreamDoor } from './streamDoor.ts';

const hasIpv6 = Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === '::1'));
const WRONG = 'A'.repeat(43);

type Route = '/acp' | '/view' | '/environment' | `/terminal/${string}`;

/** A value and whether it lets in. */
type Rows = Readonly<
  Record<string, { readonly headers: readonly string[]; readonly query?: string; readonly ok: boolean }>
>;

const hosts = (port: number): Rows => ({
  'the address': { headers: [`Host: 127.0.0.1:${port}`], ok: true },
  localhost: { headers: [`Host: localhost:${port}`], ok: true },
  'localhost in capitals': { headers: [`host: LOCALHOST:${port}`], ok: true },
  'a configured name': { headers: ['Host: wheel.example'], ok: true },
  'a configured name and port': { headers: ['Host: other.example:8443'], ok: true },
  none: { headers: [], ok: false },
  'evil.com': { headers: ['Host: evil.com'], ok: false },
  'evil.com with the port': { headers: [`Host: evil.com:${port}`], ok: false },
  'a name that leads here': { headers: [`Host: 127.0.0.1.nip.io:${port}`], ok: false },
  'below localhost': { headers: [`Host: localhost.evil.com:${port}`], ok: false },
  'a dot after it': { headers: [`Host: localhost.:${port}`], ok: false },
  'an address that is not bound': { headers: [`Host: [::1]:${port}`], ok: false },
  'another address of loopback': { headers: [`Host: 127.0.0.2:${port}`], ok: false },
  'an address in another spelling': { headers: [`Host: 2130706433:${port}`], ok: false },
  'no port': { headers: ['Host: 127.0.0.1'], ok: false },
  'another port': { headers: [`Host: 127.0.0.1:${port + 1}`], ok: false },
  'a name at another port': { headers: ['Host: other.example:8444'], ok: false },
  'two of them': { headers: [`Host: 127.0.0.1:${port}`, 'Host: evil.com'], ok: false },
  'the same twice': { headers: [`Host: 127.0.0.1:${port}`, `Host: 127.0.0.1:${port}`], ok: false },
  'a user before it': { headers: [`Host: me@127.0.0.1:${port}`], ok: false },
});

const origins = (port: number, route: Route): Rows => ({
  none: { headers: [], ok: true },
  'a configured one': { headers: ['Origin: https://pages.example'], ok: true },
  'our own': { headers: [`Origin: http://127.0.0.1:${port}`], ok: route === '/view' },
  'our own by name': { headers: [`Origin: http://localhost:${port}`], ok: route === '/view' },
  'our own behind a proxy': { headers: ['Origin: https://wheel.example'], ok: route === '/view' },
  null: { headers: ['Origin: null'], ok: false },
  empty: { headers: ['Origin: '], ok: false },
  'https://evil': { headers: ['Origin: https://evil.example'], ok: false },
  'another port of localhost': { headers: ['Origin: http://localhost:1'], ok: false },
  'our own with another scheme': { headers: [`Origin: https://127.0.0.1:${port}`], ok: false },
  'our own with a path': { headers: [`Origin: http://127.0.0.1:${port}/`], ok: false },
  'a name that begins like ours': { headers: [`Origin: http://127.0.0.1:${port}.evil.example`], ok: false },
  'our own and another': { headers: [`Origin: http://127.0.0.1:${port}`, 'Origin: https://evil.example'], ok: false },
  'another by an old name': { headers: ['Sec-WebSocket-Origin: https://evil.example'], ok: false },
});

const sites: Rows = {
  unsaid: { headers: [], ok: true },
  none: { headers: ['Sec-Fetch-Site: none'], ok: true },
  'same-origin': { headers: ['Sec-Fetch-Site: same-origin'], ok: true },
  'cross-site': { headers: ['Sec-Fetch-Site: cross-site'], ok: false },
};

const tokens = (expired: string, revoked: string): Rows => ({
  right: { headers: [`Authorization: Bearer ${OWNER_TOKEN}`], ok: true },
  'right, of a browser': { headers: [`Sec-WebSocket-Protocol: wheelhouse.v1, bearer.${OWNER_TOKEN}`], ok: true },
  none: { headers: [], ok: false },
  wrong: { headers: [`Authorization: Bearer ${WRONG}`], ok: false },
  'wrong, of a browser': { headers: [`Sec-WebSocket-Protocol: wheelhouse.v1, bearer.${WRONG}`], ok: false },
  short: { headers: ['Authorization: Bearer a'], ok: false },
  'of another kind': { headers: [`Authorization: Basic ${OWNER_TOKEN}`], ok: false },
  bare: { headers: [`Authorization: ${OWNER_TOKEN}`], ok: false },
  'twice, one of them right': {
    headers: [`Authorization: Bearer ${WRONG}`, `Authorization: Bearer ${OWNER_TOKEN}`],
    ok: false,
  },
  'right, without the protocol that goes with it': {
    headers: [`Sec-WebSocket-Protocol: bearer.${OWNER_TOKEN}`],
    ok: false,
  },
  'in the query': { headers: [], query: `token=${OWNER_TOKEN}&access_token=${OWNER_TOKEN}`, ok: false },
  'in a cookie': { headers: [`Cookie: token=${OWNER_TOKEN}`], ok: false },
  expired: { headers: [`Authorization: Bearer ${expired}`], ok: false },
  revoked: { headers: [`Authorization: Bearer ${revoked}`], ok: false },
});

const strictWorld = (clock = manualClock(), more: readonly DoorEndpoint[] = []): Promise<DoorWorld> =>
  openDoorWorld({
    clock,
    hosts: ['wheel.example', 'other.example:8443'],
    origins: ['https://pages.example'],
    endpoints: [executionEndpoint(commands(clock), silent), ...more],
  });

/** It greets whoever is let in with what it is called. */
const commands = (clock: Clock): ExecutionService =>
  new ExecutionService({
    envID: `env_${SESSION_DATA}`,
    hostSessionID: 'h1',
    policy: 'deny',
    clock,
    log: silent,
    place: () => Promise.reject(new Error('nothing runs here')),
    start: () => Promise.reject(new Error('nothing runs here')),
    show: () => Promise.resolve(undefined),
  });

describe('who gets in', () => {
  test('[S1] [CVE-2025-52882] [CVE-2026-44211] [CVE-2026-59723] [CVE-2023-26114] exactly the enumerated ones are let in, the others hear nothing of a session', async () => {
    const clock = manualClock();
    await using terminals = await openStreamDoor(SESSION_DATA, clock);
    await using world = await strictWorld(clock, [terminals.endpoint]);
    const { port, devices } = world;
    const old = await devices.add('an old phone', 'watch');
    clock.advance(91 * 24 * 60 * 60 * 1000);
    const lost = await devices.add('a lost phone', 'watch');
    await devices.revoke(lost.device.id);
    const wrong: string[] = [];
    const seen = new Map<number, number>();
    for (const route of ['/acp', '/view', '/environment', terminals.path] as const)
      for (const [host, byHost] of Object.entries(hosts(port)))
        for (const [origin, byOrigin] of Object.entries(origins(port, route)))
          for (const [site, bySite] of Object.entries(sites))
            for (const [token, byToken] of Object.entries(tokens(old.token, lost.token))) {
              const isGuarded = byHost.ok && byOrigin.ok && bySite.ok;
              const expected = !isGuarded ? 403 : byToken.ok ? 101 : 401;
              const headers = [byHost, byOrigin, bySite, byToken].flatMap((each) => each.headers);
              const target = byToken.query === undefined ? route : `${route}?${byToken.query}`;
              clock.advance(60_000);
              const { status, all } = await say(port, requestOf({ target, headers }));
              seen.set(status, (seen.get(status) ?? 0) + 1);
              if (status !== expected) wrong.push(`${route} ${host}, ${origin}, ${site}, ${token}: ${status}`);
              if (all.includes(SESSION_DATA) !== (status === 101)) wrong.push(`${token}: what is said in a session`);
              if (all.includes(OWNER_TOKEN)) wrong.push(`${token}: the token itself`);
            }
    expect(wrong).toEqual([]);
    // 5 hosts, 2 origins (5 for a page of ours), 3 sites; 2 tokens that are right and 12 that are not.
    expect(Object.fromEntries(seen)).toEqual({ 101: 330, 401: 1980, 403: 4 * 20 * 14 * 4 * 14 - 330 - 1980 });
    expect([world.guests.length, world.viewers.length]).toEqual([60, 150]);
  });

  test('[S2] [CVE-2025-66414] [CVE-2025-66416] [CVE-2026-11624] a name that was made to lead here is refused, for the page and for pairing as well', async () => {
    await using world = await strictWorld();
    const { port, pairing } = world;
    const body = JSON.stringify({ code: pairing.begin().code, name: 'evil', want: ['drive'] });
    const wrong: string[] = [];
    for (const [name, { headers, ok }] of Object.entries(hosts(port))) {
      const page = await say(port, requestOf({ target: '/app/', headers, upgrade: false }));
      if (page.status !== (ok ? 200 : 403)) wrong.push(`${name}: the page, ${page.status}`);
      if (ok) continue;
      const json = [...headers, 'Content-Type: application/json'];
      const paired = await say(
        port,
        requestOf({ method: 'POST', target: '/pair', headers: json, upgrade: false, body }),
      );
      if (paired.status !== 403) wrong.push(`${name}: pairing, ${paired.status}`);
    }
    expect(wrong).toEqual([]);
    expect(world.devices.list()).toEqual([]);
    expect(pairing.current).toBeDefined();
  });

  test('[S2] a target in absolute form agrees with the Host, or is refused', async () => {
    await using world = await strictWorld();
    const { port } = world;
    const statusOf = async (target: string): Promise<number> => {
      const headers = [`Host: 127.0.0.1:${port}`, `Authorization: Bearer ${OWNER_TOKEN}`];
      return (await say(port, requestOf({ target, headers }))).status;
    };
    expect(await statusOf(`http://127.0.0.1:${port}/acp`)).toBe(101);
    expect(await statusOf(`ws://127.0.0.1:${port}/acp`)).toBe(101);
    expect(await statusOf('http://evil.com/acp')).toBe(403);
    expect(await statusOf(`http://evil.com:${port}/acp`)).toBe(403);
    expect(await statusOf(`http://localhost:${port}/acp`)).toBe(403);
    expect(await statusOf(`http://127.0.0.1:${port}@evil.com/acp`)).toBe(403);
    expect(await statusOf(`//evil.com/acp`)).toBe(404);
    expect(await statusOf(`ftp://127.0.0.1:${port}/acp`)).toBe(404);
  });

  test.skipIf(!hasIpv6)('[S2] the address that is meant is the one that the connection came to', async () => {
    await using world = await openDoorWorld({ bind: '::1' });
    expect(world.listener.relay).toBe(`ws://[::1]:${world.port}/acp`);
    const ask = async (host: string): Promise<number> => {
      const headers = [`Host: ${host}:${world.port}`, `Authorization: Bearer ${OWNER_TOKEN}`];
      return (await say(world.port, requestOf({ target: '/acp', headers }), '::1')).status;
    };
    expect(await ask('[::1]')).toBe(101);
    expect(await ask('[0:0:0:0:0:0:0:1]')).toBe(101);
    expect(await ask('localhost')).toBe(101);
    for (const host of ['127.0.0.1', '[::]', '[::ffff:127.0.0.1]', '::1', '[::1', '[::2]', '[evil]'])
      expect([host, await ask(host)]).toEqual([host, 403]);
  });

  test('[relay 9 refusal] the first that matches is said: path, guard, token, query, client', async () => {
    await using world = await openDoorWorld();
    const { port, devices } = world;
    const phone = await devices.add('phone', 'drive');
    const tablet = await devices.add('tablet', 'watch');
    const ask = async (target: string, host: string, token: string): Promise<number> =>
      (await say(port, requestOf({ target, headers: [`Host: ${host}:${port}`, `Authorization: Bearer ${token}`] })))
        .status;
    const bad = 'client_id=%20';
    expect(await ask(`/elsewhere?${bad}`, 'evil.com', WRONG)).toBe(404);
    expect(await ask(`/acp?${bad}`, 'evil.com', WRONG)).toBe(403);
    expect(await ask(`/acp?${bad}`, '127.0.0.1', WRONG)).toBe(401);
    for (const query of [
      bad,
      'client_id=',
      'client_id=a&client_id=b',
      'client_id=a/b',
      'last_seq=-1',
      'last_seq=1e3',
      `session_id=${'x'.repeat(257)}`,
    ])
      expect([query, await ask(`/acp?${query}`, '127.0.0.1', phone.token)]).toEqual([query, 400]);
    const holder = await Caller.open(`${world.listener.relay}?client_id=ann/1`, phone.token);
    expect(await ask('/acp?client_id=ann', '127.0.0.1', tablet.token)).toBe(409);
    expect(await ask('/acp?client_id=ann/2', '127.0.0.1', tablet.token)).toBe(409);
    expect(await ask('/acp?client_id=ann/2', '127.0.0.1', phone.token)).toBe(101);
    expect(await ask('/acp?client_id=anna', '127.0.0.1', tablet.token)).toBe(101);
    expect(holder.closed).toBeUndefined();
  });
});

describe('what an open door says', () => {
  test('[relay 9 token] the protocol is selected, never the one that bears the token', async () => {
    await using world = await openDoorWorld();
    const headers = [
      `Host: 127.0.0.1:${world.port}`,
      `Sec-WebSocket-Protocol: bearer.${OWNER_TOKEN}, wheelhouse.v1`,
      'Sec-WebSocket-Extensions: permessage-deflate',
    ];
    const answer = await say(world.port, requestOf({ target: '/acp', headers }));
    expect(answer.status).toBe(101);
    expect(answer.header('sec-websocket-protocol')).toBe('wheelhouse.v1');
    expect(answer.header('sec-websocket-extensions')).toBeUndefined();
  });

  test('[relay 9 connection] the relay is told who comes, and from where they go on', async () => {
    await using world = await openDoorWorld();
    const query = 'client_id=ann.b-c_d/12&session_id=&last_seq=481&host_id=H%2F1&unknown=1';
    const headers = [`Host: 127.0.0.1:${world.port}`, `Authorization: bearer  ${OWNER_TOKEN}`];
    await say(world.port, requestOf({ target: `/acp?${query}`, headers }));
    await say(world.port, requestOf({ target: '/acp', headers }));
    const device = { id: 'owner', name: 'this machine', capability: 'drive', owner: true };
    expect(world.guests.map(({ visitor }) => visitor)).toEqual([
      { device, client: 'ann.b-c_d/12', session: '', lastSeq: 481, host: 'H/1' },
      { device, client: undefined, session: undefined, lastSeq: 0, host: undefined },
    ]);
  });

  test('[S6] one text for every cause of a refusal', async () => {
    const clock = manualClock();
    await using world = await strictWorld(clock);
    const { port, devices } = world;
    const lost = await devices.add('a lost phone', 'watch');
    await devices.revokeAll();
    const said = new Map<number, Set<string>>();
    for (const [, { headers, query, ok }] of Object.entries(tokens(WRONG, lost.token))) {
      if (ok) continue;
      clock.advance(60_000);
      const target = query === undefined ? '/acp' : `/acp?${query}`;
      const { status, all } = await say(port, requestOf({ target, headers: [`Host: 127.0.0.1:${port}`, ...headers] }));
      said.set(status, (said.get(status) ?? new Set()).add(all));
    }
    for (const [, { headers, ok }] of Object.entries({ ...hosts(port), ...origins(port, '/acp') })) {
      if (ok) continue;
      const host = headers.some((each) => /^host/iu.test(each)) ? [] : [`Host: 127.0.0.1:${port}`];
      const { status, all } = await say(port, requestOf({ target: '/acp', headers: [...host, ...headers] }));
      said.set(status, (said.get(status) ?? new Set()).add(all));
    }
    expect([...said].map(([status, texts]) => [status, texts.size])).toEqual([
      [401, 1],
      [403, 1],
    ]);
  });

  test('[S14] [CVE-2026-25253] nothing in an address chooses where anything goes', async () => {
    await using world = await openDoorWorld();
    const { port } = world;
    const get = (target: string) =>
      say(port, requestOf({ target, headers: [`Host: 127.0.0.1:${port}`], upgrade: false }));
    const evil = 'gatewayUrl=wss://evil.example&next=https://evil.example&token=x';
    const [plain, asked, moved] = [await get('/app/'), await get(`/app/?${evil}`), await get(`/app?${evil}`)];
    expect([plain.status, asked.status, moved.status]).toEqual([200, 200, 308]);
    const undated = (all: string): string => all.replace(/^Date: .*$/mu, '');
    expect(undated(asked.all)).toBe(undated(plain.all));
    expect(moved.header('location')).toBe('/app/');
    expect(moved.all).not.toContain('evil');
  });
});
