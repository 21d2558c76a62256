// Guessed, lost and stolen: what a token and a code are worth.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { manualClock } from '../../src/base/testing.ts';
import { CLOSE } from '../../src/protocol/relay/names.ts';
import { until } from '../tools/until.ts';
import { Caller, frameOf, openDoorWorld, OWNER_TOKEN, refusedWith, requestOf, say } from './doorWorld.ts';

const MINUTE = 60_000;

describe('guessing', () => {
  test('[S4] of wrong tokens ten in any minute are answered as such, on loopback too; the right one always passes', async () => {
    const clock = manualClock();
    await using world = await openDoorWorld({ clock });
    const ask = async (token: string | undefined): Promise<number> => {
      const shown = token === undefined ? [] : [`Authorization: Bearer ${token}`];
      return (
        await say(world.port, requestOf({ target: '/acp', headers: [`Host: 127.0.0.1:${world.port}`, ...shown] }))
      ).status;
    };
    const statuses = async (times: number, token: () => string | undefined): Promise<readonly number[]> => {
      const all: number[] = [];
      for (let n = 0; n < times; n += 1) all.push(await ask(token()));
      return all;
    };
    const guess = (): string => Math.random().toString(36).slice(2);
    expect(new Set(await statuses(20, () => undefined))).toEqual(new Set([401]));
    expect(await statuses(12, guess)).toEqual([...Array<number>(10).fill(401), 429, 429]);
    expect(await statuses(2, () => undefined)).toEqual([429, 429]);
    expect(await ask(OWNER_TOKEN)).toBe(101);
    clock.advance(MINUTE - 1);
    expect([await ask(guess()), await ask(undefined)]).toEqual([429, 429]);
    clock.advance(1);
    expect([await ask(undefined), await ask(guess())]).toEqual([401, 401]);
    // Those that were answered with 429 did not begin a minute anew.
    let answered = 0;
    for (let second = 0; second < 180; second += 1) {
      clock.advance(1000);
      answered += (await statuses(3, guess)).filter((status) => status === 401).length;
    }
    expect(answered).toBeLessThanOrEqual(30);
    expect(answered).toBeGreaterThanOrEqual(29);
  });

  test('[S4] a code is dead after five wrong tries, and no pairing completes without the person', async () => {
    let asked = 0;
    await using world = await openDoorWorld({ confirm: () => Promise.resolve((asked += 1) > 0 ? undefined : 'drive') });
    const { port, pairing, devices } = world;
    const pair = async (code: string): Promise<number> => {
      const headers = [`Host: 127.0.0.1:${port}`, 'Content-Type: application/json'];
      const body = JSON.stringify({ code, name: 'phone', want: ['drive'] });
      return (await say(port, requestOf({ method: 'POST', target: '/pair', headers, upgrade: false, body }))).status;
    };
    const { code } = pairing.begin();
    for (let n = 0; n < 5; n += 1) expect(await pair('0000-0000')).toBe(403);
    expect(await pair(code)).toBe(403);
    expect(asked).toBe(0);
    expect(await pair(pairing.begin().code)).toBe(403);
    expect(asked).toBe(1);
    expect(devices.list()).toEqual([]);
  });
});

describe('a stolen device', () => {
  test('[S9] revoked, its sockets are closed at once, nothing that waited is sent, and it does not come back', async () => {
    await using world = await openDoorWorld();
    const { devices, listener, guests } = world;
    const phone = await devices.add('phone', 'answer');
    const tablet = await devices.add('tablet', 'drive');
    const url = (client: string): string => `${listener.relay}?client_id=${client}`;
    const lost = [await Caller.open(url('phone/1'), phone.token), await Caller.open(url('phone/2'), phone.token)];
    const page = await Caller.open(listener.relay.replace('/acp', '/view'), phone.token);
    const other = await Caller.open(url('tablet'), tablet.token);
    await until('all to be there', () => listener.sockets === 4 && page.heard.length === 1);
    const revoked = devices.revoke(phone.device.id);
    const since = performance.now();
    for (const { socket } of guests) socket.send([frameOf('said after that')]);
    await until('its sockets to be closed', () => [...lost, page].every(({ closed }) => closed !== undefined));
    expect(performance.now() - since).toBeLessThan(1000);
    await revoked;
    for (const { closed, heard } of [...lost, page]) {
      expect(closed?.code).toBe(CLOSE.revoked);
      expect(heard).not.toContain('said after that');
    }
    await until('the other one to hear it', () => other.heard.includes('said after that'));
    expect(other.closed).toBeUndefined();
    expect(await refusedWith(url('phone/1'), phone.token)).toBe(401);
    expect(guests.map(({ gone }) => gone)).toEqual([true, true, false]);
  });

  test('[S9] revoked while it does not read, it gets nothing of what waited for it', async () => {
    await using world = await openDoorWorld();
    const { devices, listener, guests } = world;
    const phone = await devices.add('phone', 'answer');
    const caller = await Caller.open(listener.relay, phone.token);
    caller.socket.pause();
    const [guest] = guests;
    // More than a system takes of one that does not read.
    for (let n = 0; n < 64; n += 1) guest?.socket.send([frameOf(`${n} ${'x'.repeat(1024 * 1024)}`)]);
    expect(guest?.socket.unsent.frames).toBeGreaterThan(32);
    await devices.revokeAll();
    const since = performance.now();
    await until('the socket to be gone', () => listener.sockets === 0);
    expect(performance.now() - since).toBeLessThan(1000);
    caller.socket.resume();
    await until('the end', () => caller.closed !== undefined);
    expect(caller.heard.length).toBeLessThan(32);
  });

  test('[S9] no file and no log holds a token', async () => {
    await using world = await openDoorWorld();
    const { devices, listener, folder, logged } = world;
    const phone = await devices.add('phone', 'answer');
    await Caller.open(listener.relay, phone.token);
    await refusedWith(listener.relay, `${phone.token}x`);
    await until('the device to be written', async () => {
      const written = await readFile(join(folder, 'state', 'devices.json'), 'utf8');
      return written.includes(phone.device.id);
    });
    for (const each of await readdir(folder, { recursive: true, withFileTypes: true })) {
      if (!each.isFile()) continue;
      const text = await readFile(join(each.parentPath, each.name), 'utf8');
      expect(text).not.toContain(phone.token);
      expect(text).not.toContain(OWNER_TOKEN);
    }
    expect(logged.join('\n')).not.toContain(phone.token);
  });
});
