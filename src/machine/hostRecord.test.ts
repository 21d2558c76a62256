import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { findHost, hostFolder, RECORD, readHostRecord } from './hostRecord.ts';
import { systemProcesses } from './processIdentity.ts';

let state: string;
beforeEach(async () => {
  state = await mkdtemp(join(tmpdir(), 'wheelhouse-record-'));
  await mkdir(hostFolder(state));
});
afterEach(() => rm(state, { recursive: true, force: true }));

const record = { hostId: 'h', pid: process.pid, version: '1', startedAt: 1, view: '/v', tokenFile: '/t' };
const write = (value: unknown): Promise<void> =>
  writeFile(join(hostFolder(state), RECORD), typeof value === 'string' ? value : JSON.stringify(value));

describe('the record of a host', () => {
  test('[host] is found while its process lives, and by its start as well as by its number', async () => {
    const started = (await systemProcesses.find(process.pid))?.started;
    await write({ ...record, started });
    expect(await findHost(state)).toEqual({ ...record, started });
    await write({ ...record, started: 'another time' });
    expect(await findHost(state)).toBeUndefined();
    expect(await readHostRecord(state)).toMatchObject({ started: 'another time' });
  });

  test.each(['', 'null', '[]', '{"pid":1}', { ...record, pid: '1' }, { ...record, started: 1 }])(
    '[host] %j is none',
    async (value) => {
      await write(value);
      expect(await readHostRecord(state)).toBeUndefined();
    },
  );

  test('[host] where there is none, there is none', async () => {
    expect(await findHost(join(state, 'nowhere'))).toBeUndefined();
  });
});
