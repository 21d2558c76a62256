import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { until } from '../../test/tools/until.ts';
import { Failure } from '../base/failure.ts';
import { silent } from '../base/log.ts';
import { type Capability, CAPABILITIES } from '../relay/device.ts';
import { RELAY_LIMITS } from '../relay/ports.ts';
import { Router } from '../router/router.ts';
import { SessionStore } from '../router/store.ts';
import { catalogueOf, noJournal, openPlace } from '../router/testing.ts';
import { systemClock } from './clock.ts';
import { Devices } from './devices.ts';
import { type RelayOptions, RelayService } from './relayService.ts';

const OPTIONS: RelayOptions = {
  ...{ bind: '127.0.0.1', port: 0, lease: 'auto', terminals: false, hosts: [], origins: [] },
  messageBytes: 1024 * 1024,
  limits: RELAY_LIMITS,
};

let folder: string;
let devices: Devices;
let service: RelayService;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wheelhouse-relay-'));
  await writeFile(join(folder, 'index.html'), '<!doctype html><title>Page</title>');
  const file = join(folder, 'state', 'devices.json');
  const owner = { token: 'o'.repeat(43), name: 'Desk' };
  devices = await Devices.open({ file, owner, clock: systemClock, log: silent });
  service = make(OPTIONS);
});
afterEach(async () => {
  await service[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

const make = (options: RelayOptions): RelayService => {
  const store = new SessionStore({ clock: systemClock, journal: noJournal, log: silent });
  const nothing = (): Promise<never> => Promise.reject(new Failure('unsupported', 'Not here.'));
  return new RelayService({
    own: [],
    options,
    devices,
    page: folder,
    environment: { terminal: nothing },
    openDoor: () => ({ dispose: () => undefined, closed: Promise.resolve() }),
    world: {
      ...{ hostId: 'h', store, catalogue: catalogueOf(store), clock: systemClock, log: silent, place: openPlace },
      router: new Router({ store, clock: systemClock, log: silent }),
      roots: () => [folder],
      defaultAgent: () => 'demo',
      newSession: nothing,
      sleep: nothing,
    },
  });
};

const post = async (code: string, name = 'Phone', want: Capability = 'drive') => {
  const { app } = await service.start();
  const body = JSON.stringify({ code, name, want: CAPABILITIES.slice(0, CAPABILITIES.indexOf(want) + 1) });
  const headers = { 'content-type': 'application/json' };
  return (await fetch(new URL('/pair', app), { method: 'POST', headers, body })).status;
};

const desk = { id: 'owner', name: 'Desk', capability: 'drive', owner: true } as const;
/** Whether the wheel is needed. */
const hasWheel = (): boolean => {
  try {
    service.guard('editor', desk).control('control/take');
    return true;
  } catch (failure) {
    expect(failure).toMatchObject({ code: 'unsupported' });
    return false;
  }
};

describe('the relay of a process', () => {
  test('[relay host] listens once, and not any more when it was stopped', async () => {
    expect(service.state).toEqual({ sockets: 0, connected: [], devices: [] });
    const [one, two] = await Promise.all([service.start(), service.start()]);
    expect(one).toEqual(two);
    expect(service.state.listening).toEqual(one);
    expect((await fetch(one.app)).status).toBe(200);
    await service.stop();
    expect(service.state.listening).toBeUndefined();
    await expect(fetch(one.app)).rejects.toThrow();
    // The port is free again.
    service.configure({ ...OPTIONS, port: Number(new URL(one.app).port) });
    expect(await service.start()).toEqual(one);
  });

  test('[relay host] what keeps it from listening is told, and it can be tried again', async () => {
    service.configure({ ...OPTIONS, bind: '0.0.0.0' });
    await expect(service.start()).rejects.toMatchObject({ code: 'insecure' });
    service.configure({ ...OPTIONS, tls: { cert: join(folder, 'none.pem'), key: join(folder, 'none.pem') } });
    await expect(service.start()).rejects.toMatchObject({ code: 'unreadable' });
    service.configure(OPTIONS);
    await expect(service.start()).resolves.toMatchObject({ relay: expect.stringContaining('127.0.0.1') });
  });

  test('[relay 8 lease] by itself there is a wheel from the first device on, while it listens', async () => {
    await service.start();
    expect(hasWheel()).toBe(false);
    const { device } = await devices.add('Watch', 'watch');
    expect(hasWheel()).toBe(true);
    await devices.revoke(device.id);
    expect(hasWheel()).toBe(false);
    service.configure({ ...OPTIONS, lease: 'on' });
    expect(hasWheel()).toBe(true);
    await service.stop();
    expect(hasWheel()).toBe(false);
    await service.start();
    await devices.add('Watch', 'watch');
    service.configure({ ...OPTIONS, lease: 'off' });
    expect(hasWheel()).toBe(false);
  });

  test('[relay pairing] the device that was let in is told to whoever began it', async () => {
    const asked: unknown[] = [];
    const begun = await service.pair(async (request) => {
      asked.push(request);
      return await Promise.resolve('answer' as const);
    });
    expect(begun.url).toBe(`${service.addresses?.app ?? ''}#pair=${begun.code}`);
    expect(await post(begun.code)).toBe(200);
    expect(await begun.over).toMatchObject({ name: 'Phone', capability: 'answer' });
    expect(asked).toEqual([{ name: 'Phone', want: 'drive' }]);
    expect(service.state.devices).toEqual([await begun.over]);
  });

  test('[relay pairing] nobody is let in by a no, a failure, another code or none', async () => {
    const refused = await service.pair(() => Promise.resolve(undefined));
    expect(await post(refused.code)).toBe(403);
    expect(await refused.over).toBeUndefined();
    const broken = await service.pair(() => Promise.reject(new Failure('lost', 'The window is gone.')));
    expect(await post(broken.code)).toBe(403);
    expect(await broken.over).toBeUndefined();
    const first = await service.pair(() => Promise.resolve('drive' as const));
    const second = await service.pair(() => Promise.resolve('drive' as const));
    expect(await first.over).toBeUndefined();
    expect(await post(first.code)).toBe(403);
    service.cancelPairing(first);
    const { promise: asking, resolve } = Promise.withResolvers<void>();
    const third = await service.pair((_request, signal) => {
      resolve();
      return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    });
    expect(await second.over).toBeUndefined();
    const posted = post(third.code);
    await asking;
    service.cancelPairing(third);
    expect(await posted).toBe(403);
    expect(await third.over).toBeUndefined();
    expect(service.devices).toEqual([]);
  });

  test('[S9] a device that is revoked has the wheel no more', async () => {
    await service.start();
    const { device } = await devices.add('Phone', 'drive');
    await devices.add('Tablet', 'drive');
    const phone = service.guard('phone', device);
    phone.control('control/take');
    const editor = service.guard('editor', desk);
    expect(() => editor.control('control/release')).toThrow('Phone has the wheel.');
    let changes = 0;
    const listening = service.onChanged(() => (changes += 1));
    await service.revoke(device.id);
    editor.control('control/release');
    await until('it to be told', () => changes > 0);
    listening.dispose();
    await expect(service.revoke('nobody')).rejects.toMatchObject({ code: 'unknown' });
    await service.revokeAll();
    expect(service.devices).toEqual([]);
  });
});
