import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Clock, pause } from '../base/clock.ts';
import { Failure } from '../base/failure.ts';
import { systemProcesses } from './processIdentity.ts';

/** What a background host tells of itself to whoever looks for it, in its state folder. */
export interface HostRecord {
  /** Another one after each start. */
  readonly hostId: string;
  readonly pid: number;
  /** When its process started, in the system's own words: a number alone may be another process by now. */
  readonly started?: string;
  readonly version: string;
  /** Wall time, ms since 1970. */
  readonly startedAt: number;
  /** The local socket of the view door. */
  readonly view: string;
  readonly tokenFile: string;
}

/** Where the lock and the record of a host are. */
export const hostFolder = (state: string): string => join(state, 'host');

export const RECORD = 'host.json';

/** The host of a state folder, where one lives that has told of itself. */
export const findHost = async (state: string): Promise<HostRecord | undefined> => {
  const record = await readHostRecord(state);
  return record !== undefined && (await isHostAlive(record)) ? record : undefined;
};

export const isHostAlive = async ({ pid, started }: Pick<HostRecord, 'pid' | 'started'>): Promise<boolean> => {
  const there = await systemProcesses.find(pid);
  return there !== undefined && (started === undefined || there.started === undefined || there.started === started);
};

/** Milliseconds that a host gets to end in order, and between two looks whether it has. */
const END = 10_000;
const LOOK = 50;

/** Resolves when the process of a host that was told to end is gone. @throws Failure `unanswered` */
export const hostEnded = async (record: Pick<HostRecord, 'pid' | 'started'>, clock: Clock): Promise<void> => {
  const until = clock.monotonic() + END;
  const { signal } = new AbortController();
  while (await isHostAlive(record)) {
    if (clock.monotonic() > until)
      throw new Failure(
        'unanswered',
        `The background host (process ${record.pid}) has not ended within ${END / 1000} s.`,
        'End it by hand.',
      );
    await pause(clock, LOOK, signal);
  }
};

/** As it was left, whether its host lives or not. */
export const readHostRecord = async (state: string): Promise<HostRecord | undefined> => {
  try {
    const value: unknown = JSON.parse(await readFile(join(hostFolder(state), RECORD), 'utf8'));
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
};

const isRecord = (value: unknown): value is HostRecord => {
  if (typeof value !== 'object' || value === null) return false;
  const { hostId, pid, started, version, startedAt, view, tokenFile } = value as Readonly<Record<string, unknown>>;
  return (
    [hostId, version, view, tokenFile].every((each) => typeof each === 'string') &&
    [pid, startedAt].every((each) => typeof each === 'number') &&
    (started === undefined || typeof started === 'string')
  );
};
