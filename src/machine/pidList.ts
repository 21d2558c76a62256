import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../base/clock.ts';
import { sentence } from '../base/failure.ts';
import type { Log } from '../base/log.ts';
import { endGroups, oursOf, readGroups, UNATTENDED, type Group } from './group.ts';
import { systemProcesses } from './processIdentity.ts';
import { markedProcesses } from './processTable.ts';
import { type Stray, straysAmong } from './strays.ts';

interface Owner {
  readonly pid: number;
  readonly start: string;
  /** The machine or container: the folder may be shared with others, whose processes have numbers of their own. */
  readonly place: string;
}

/** What one process of ours has started, as its file holds it. */
interface Kept {
  readonly owner: Owner;
  readonly groups: readonly Group[];
}

/** How old a file has to be that nobody can read, until nobody can be writing it any more, ms. */
const STALE = 24 * 60 * 60 * 1000;

export interface PidListParts {
  /** Where the lists are, one file for each process that keeps one. Made when it is needed. */
  readonly folder: string;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * What we started, on the disk: the second line behind the watchdog, for the next start of whoever shares the folder.
 * Every window writes a file of its own, so that none waits for another or overwrites it.
 */
export class PidList {
  readonly #parts: PidListParts;
  readonly #file: string;
  readonly #prefix: string;
  #owner: Promise<Owner | undefined> | undefined;
  #own: readonly Group[] = [];
  /** Whether there is a file, or will be. */
  #kept = false;
  #wanted: readonly Group[] | undefined;
  #writing: Promise<void> | undefined;
  #failed = false;

  constructor(parts: PidListParts) {
    this.#parts = parts;
    this.#file = join(parts.folder, `${parts.clock.id()}.json`);
    // Another installation has its own, and does not show what is ours.
    this.#prefix = `${createHash('sha256').update(parts.folder).digest('hex').slice(0, 12)}.`;
  }

  /** For the environment of one child and all that come from it. */
  newMarker(): string {
    return this.#prefix + this.#parts.clock.id();
  }

  /** Keeps these instead of those before. Never fails: without the list there still is the watchdog. */
  write(groups: readonly Group[]): void {
    this.#own = groups;
    // Of a leader whose start is not known nothing could ever be proved; what one left behind has its marker.
    const provable = groups.filter(({ start, led }) => start !== undefined || !led);
    if (provable.length === 0 && !this.#kept) return;
    this.#kept = provable.length > 0;
    this.#wanted = provable;
    this.#writing ??= this.#writeWanted();
  }

  /** Settles when what was written last stands on the disk. */
  async written(): Promise<void> {
    await this.#writing;
  }

  /**
   * Ends what processes that are gone have left running, and forgets it. Whatever has another start than it had, or
   * an owner that lives, is not touched. Resolves with what was ended.
   */
  async sweep(): Promise<readonly Group[]> {
    const files = await this.#files();
    const ended = (await Promise.all(files.map((path) => this.#sweepFile(path)))).flat();
    for (const { command, pid } of ended)
      this.#parts.log.info(`Ended ${command} (pid ${pid}), which a window that died had left running.`);
    return ended;
  }

  /**
   * What ran away from agents and commands: daemons that left their group. They may be meant to stay, so they are named
   * and not ended. `origins`: what this window has started, by its markers. Known on Linux only.
   */
  async strays(origins: ReadonlyMap<string, Pick<Group, 'pid' | 'session'>>): Promise<readonly Stray[]> {
    const [found, records] = await Promise.all([
      markedProcesses(this.#prefix),
      this.#files().then((files) => Promise.all(files.map(readRecord))),
    ]);
    return straysAmong(found, records.flatMap((record) => record?.groups ?? []).concat(this.#own), origins);
  }

  async #sweepFile(path: string): Promise<readonly Group[]> {
    const record = await readRecord(path);
    if (record === undefined) {
      await this.#removeStale(path);
      return [];
    }
    if (await mayLive(record.owner)) return [];
    const ours = await oursOf(record.groups, false);
    await endGroups(ours, UNATTENDED);
    await rm(path, { force: true });
    return ours;
  }

  async #writeWanted(): Promise<void> {
    try {
      // Taken anew each time: what came while one was written goes with the next.
      for (let groups = this.#wanted; groups !== undefined; groups = this.#wanted) {
        this.#wanted = undefined;
        await this.#replace(groups);
      }
    } catch (failure) {
      if (!this.#failed) this.#parts.log.warn(`The list of what was started is not kept: ${sentence(failure)}`);
      this.#failed = true;
    } finally {
      this.#writing = undefined;
    }
  }

  async #replace(groups: readonly Group[]): Promise<void> {
    if (groups.length === 0) {
      await rm(this.#file, { force: true });
      return;
    }
    const owner = await (this.#owner ??= ourselves());
    // Whom nobody can tell from another could lose its children while it lives.
    if (owner === undefined) return;
    const record: Kept = { owner, groups };
    await mkdir(this.#parts.folder, { recursive: true, mode: 0o700 });
    await writeFile(`${this.#file}.tmp`, JSON.stringify(record), { mode: 0o600 });
    await rename(`${this.#file}.tmp`, this.#file);
  }

  async #files(): Promise<readonly string[]> {
    const { folder } = this.#parts;
    // A file that was whole but not yet renamed says even more than the one before it.
    const names = (await readdir(folder).catch(() => [])).filter((name) => /\.json(?:\.tmp)?$/u.test(name));
    return names.map((name) => join(folder, name));
  }

  async #removeStale(path: string): Promise<void> {
    const found = await stat(path).catch(() => undefined);
    if (found !== undefined && this.#parts.clock.now() - found.mtimeMs > STALE) await rm(path, { force: true });
  }
}

const ourselves = async (): Promise<Owner | undefined> => {
  const start = (await systemProcesses.find(process.pid))?.started;
  return start === undefined ? undefined : { pid: process.pid, start, place: await systemProcesses.place() };
};

/** Also where it cannot be told: what it started is ended otherwise. */
const mayLive = async ({ pid, start, place }: Owner): Promise<boolean> => {
  if (place !== (await systemProcesses.place())) return true;
  const found = await systemProcesses.find(pid);
  return found !== undefined && (found.started === undefined || found.started === start);
};

const readRecord = async (path: string): Promise<Kept | undefined> => {
  try {
    const { owner, groups } = JSON.parse(await readFile(path, 'utf8')) as Partial<{ [Key in keyof Kept]: unknown }>;
    const read = readGroups(groups);
    if (typeof owner !== 'object' || owner === null || read === undefined) return undefined;
    const { pid, start, place } = owner as { readonly [Key in keyof Owner]?: unknown };
    if (typeof pid !== 'number' || typeof start !== 'string' || typeof place !== 'string') return undefined;
    return { owner: { pid, start, place }, groups: read };
  } catch {
    return undefined;
  }
};
