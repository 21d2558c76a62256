/**
 * The state folder of a host: whose it is, and how it is found.
 *
 * H1 One host for each: the first holds a lock until it is gone, however it ends.
 * H2 Only its user can enter the folder or read the token.
 */
import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Clock } from '../base/clock.ts';
import { Failure } from '../base/failure.ts';
import { realDisk, writeWhole } from '../machine/disk.ts';
import { Locks, type LockLoss } from '../machine/lock.ts';
import { makePrivateFolder, readSecret } from '../machine/privateFile.ts';
import { hostFolder, type HostRecord, readHostRecord, RECORD } from '../machine/hostRecord.ts';
import { systemProcesses } from '../machine/processIdentity.ts';

/** Held until it is released. */
export interface Held {
  /** Says how to find the host that holds it. */
  publish(record: HostRecord): Promise<void>;
  release(): Promise<void>;
}

const defaultState = (env: NodeJS.ProcessEnv, platform = process.platform): string => {
  const home = homedir();
  if (platform === 'win32') return join(env['LOCALAPPDATA'] ?? join(home, 'AppData', 'Local'), 'wheelhouse');
  if (platform === 'darwin') return join(home, 'Library', 'Application Support', 'wheelhouse');
  return join(env['XDG_STATE_HOME'] || join(home, '.local', 'state'), 'wheelhouse');
};

/** Absolute. */
export const stateOf = ({ state }: { readonly state?: string }): string =>
  state === undefined ? defaultState(process.env) : resolve(state);

export const defaultTokenFile = (state: string): string => join(state, 'token');

/** Made where it is missing. @throws Failure `invalid`, `failed` */
export const ownToken = (path: string): Promise<string> =>
  readSecret(path, () => randomBytes(32).toString('base64url'));

/** @throws Failure `running`, which names the host that has it; `invalid`, `failed` */
export const takeState = async (state: string, clock: Clock, lost: (why: LockLoss) => void): Promise<Held> => {
  const folder = hostFolder(state);
  await makePrivateFolder(state);
  await makePrivateFolder(folder);
  const locks = new Locks({ disk: realDisk, clock, processes: systemProcesses, pid: process.pid });
  const lock = await locks.take(folder, lost).catch(async (failure: unknown) => {
    if (failure instanceof Failure && failure.code === 'locked') throw running(state, await readHostRecord(state));
    throw failure;
  });
  // What stands there is of one that is gone.
  await rm(join(folder, RECORD), { force: true });
  return {
    publish: (record) =>
      writeWhole(realDisk, folder, RECORD, [Buffer.from(`${JSON.stringify(record, undefined, 2)}\n`)], clock.id()),
    async release() {
      await rm(join(folder, RECORD), { force: true });
      await lock.release();
    },
  };
};

const running = (state: string, record: HostRecord | undefined): Failure => {
  const who =
    record === undefined
      ? 'which has not told of itself yet'
      : `process ${record.pid}, Wheelhouse ${record.version}, since ${new Date(record.startedAt).toISOString()}`;
  return new Failure(
    'running',
    `There is a host on ${state} already: ${who}.`,
    'Use that one, stop it, or name another folder with --state.',
  );
};
