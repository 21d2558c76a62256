import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { silent } from '../base/log.ts';
import { manualClock } from '../base/testing.ts';
import { Devices } from './devices.ts';

const DAY = 24 * 60 * 60 * 1000;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wheelhouse-devices-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const file = (): string => join(folder, 'state', 'devices.json');
const open = (clock = manualClock()): Promise<Devices> =>
  Devices.open({ file: file(), owner: { token: 'the-owner-s-token', name: 'machine' }, clock, log: silent });

describe('tokens', () => {
  test('[D1] [S9] a device is found by its token after a restart, and the file holds hashes alone', async () => {
    const devices = await open();
    const { device, token } = await devices.add('phone', 'answer');
    expect(token).toMatch(/^[\w-]{43}$/u);
    expect(devices.find(token)).toEqual(device);
    const text = await readFile(file(), 'utf8');
    expect(text).not.toContain(token);
    expect(text).not.toContain('the-owner-s-token');
    const again = await open();
    expect(again.find(token)).toEqual({ id: device.id, name: 'phone', capability: 'answer' });
    expect(again.list()).toEqual(devices.list());
    if (process.platform !== 'win32') expect((await stat(file())).mode & 0o777).toBe(0o600);
  });

  test('[S6] what is no token of a device finds none, of whatever length', async () => {
    const devices = await open();
    const { token } = await devices.add('phone', 'answer');
    for (const wrong of ['', 'x', token.slice(1), `${token}x`, 'A'.repeat(token.length), 'x'.repeat(100_000), '\u0000'])
      expect(devices.find(wrong)).toBeUndefined();
  });

  test('[D1] the owner has a token of their own, and is no device of the list', async () => {
    const devices = await open();
    expect(devices.find('the-owner-s-token')).toEqual({
      id: 'owner',
      name: 'machine',
      capability: 'drive',
      owner: true,
    });
    expect(devices.list()).toEqual([]);
  });
});

describe('revoking', () => {
  test('[D2] [S9] it is told before it is written, and holds after a restart', async () => {
    const devices = await open();
    const phone = await devices.add('phone', 'answer');
    const told: string[] = [];
    devices.onRevoked((id) => {
      expect(devices.find(phone.token)).toBeUndefined();
      told.push(id);
    });
    const revoked = devices.revoke(phone.device.id);
    expect(told).toEqual([phone.device.id]);
    await revoked;
    expect((await open()).find(phone.token)).toBeUndefined();
    await expect(devices.revoke(phone.device.id)).rejects.toMatchObject({ code: 'unknown' });
  });

  test('[relay 9 pairing] each can be revoked but the last that may drive, which is the machine’s own; all the others at once', async () => {
    const devices = await open();
    const [tablet, phone] = [await devices.add('tablet', 'drive'), await devices.add('phone', 'drive')];
    const watch = await devices.add('watch', 'watch');
    await devices.revoke(tablet.device.id);
    await expect(devices.revoke('owner')).rejects.toMatchObject({ code: 'last' });
    const told: string[] = [];
    devices.onRevoked((id) => told.push(id));
    await devices.revokeAll();
    expect(told).toEqual([phone.device.id, watch.device.id]);
    expect((await open()).list()).toEqual([]);
  });
});

describe('the list', () => {
  test('[S9] it says when each was last seen, and forgets one after 90 days', async () => {
    const clock = manualClock();
    const devices = await open(clock);
    const [phone, tablet] = [await devices.add('phone', 'watch'), await devices.add('tablet', 'watch')];
    clock.advance(60 * DAY);
    devices.seen(phone.device.id);
    devices.seen('owner');
    expect(devices.list().map(({ lastSeenAt, createdAt }) => lastSeenAt - createdAt)).toEqual([60 * DAY, 0]);
    clock.advance(30 * DAY);
    expect(devices.find(tablet.token)).toBeUndefined();
    expect(devices.list().map(({ name }) => name)).toEqual(['phone']);
    await devices.written();
    expect((await open(clock)).find(phone.token)).toMatchObject({ name: 'phone' });
  });

  test('[D1] there are no more than 64', async () => {
    const devices = await open();
    for (let n = 0; n < 64; n += 1) await devices.add(`${n}`, 'watch');
    await expect(devices.add('one more', 'watch')).rejects.toMatchObject({ code: 'full' });
  });

  test('[D1] a file that nobody can read is not written over', async () => {
    const { token } = await (await open()).add('phone', 'watch');
    const kept = await readFile(file(), 'utf8');
    for (const text of [
      '',
      '{',
      '[]',
      kept.replace('"version": 1', '"version": 2'),
      kept.replace('"watch"', '"fly"'),
    ]) {
      await writeFile(file(), text);
      await expect(open()).rejects.toMatchObject({ code: 'invalid' });
      expect(await readFile(file(), 'utf8')).toBe(text);
    }
    await writeFile(file(), kept);
    expect((await open()).find(token)).toBeDefined();
  });

  test.skipIf(process.platform === 'win32')('[D1] a device whose pairing could not be written is none', async () => {
    const devices = await open();
    await writeFile(join(folder, 'state'), 'no folder');
    await expect(devices.add('phone', 'watch')).rejects.toMatchObject({ code: 'failed' });
    expect(devices.list()).toEqual([]);
  });
});
