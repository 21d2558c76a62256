/**
 * One writer for a folder.
 *
 * K1 The lock is a file with a number, which it gets when it is written whole: of several that want the next number one
 *    gets it. One that cannot be read is the work of a loss of power, or of a disk where no file has two names.
 * K2 Numbers only rise. Whoever made one looks again, at all the others, before it counts as the holder; so it does not
 *    matter how old the look was that made it try.
 * K3 A holder that can be seen from here is gone when its process is, or when its number belongs to a process that
 *    started at another time (another boot included). How long it has been silent does not matter: it may be suspended.
 * K4 A holder that cannot be seen from here, on another machine or in another container, is gone when its heartbeat has
 *    stood still for as long as was watched by our own clock.
 */
import { atBeat, STILL } from '../base/beat.ts';
import type { Clock } from '../base/clock.ts';
import { type Disposable, toDisposable } from '../base/disposable.ts';
import { Failure } from '../base/failure.ts';
import { type Disk, type DiskFile, errnoOf, UNFINISHED } from './disk.ts';
import type { ProcessIdentity, ProcessTable } from './processIdentity.ts';

const SCHEMA = 1;

/** What a disk answers where no file has two names: FAT, and some that are shared over a network. */
const NO_LINKS: ReadonlySet<string> = new Set([
  'EPERM',
  'ENOTSUP',
  'EOPNOTSUPP',
  'ENOSYS',
  'EINVAL',
  'EXDEV',
  'UNKNOWN',
]);

export interface Lock {
  /** Never rejects. */
  release(): Promise<void>;
}

/** `gone`: the folder was taken away; `taken`: another process counts us as gone. Nothing may be written any more. */
export type LockLoss = 'gone' | 'taken';

export interface Owner {
  readonly id: string;
  readonly pid: number;
  readonly started?: string;
  readonly place: string;
}

/** What a lock file says: its owner, nobody any more, or nothing that can be read. */
export type LockText = { readonly owner: Owner } | 'released' | 'unreadable';

export class Locks {
  readonly #disk: Disk;
  readonly #clock: Clock;
  readonly #processes: ProcessTable;
  readonly #pid: number;
  readonly #held = new Set<string>();
  /** Heartbeats of holders that cannot be seen: the last, and since when it is that. */
  readonly #watched = new Map<string, { readonly beat: number; readonly since: number }>();
  #us: Promise<Omit<Owner, 'id'>> | undefined;

  constructor(parts: {
    readonly disk: Disk;
    readonly clock: Clock;
    readonly processes: ProcessTable;
    readonly pid: number;
  }) {
    this.#disk = parts.disk;
    this.#clock = parts.clock;
    this.#processes = parts.processes;
    this.#pid = parts.pid;
  }

  /** Whether a folder has a holder that is not gone, for somebody who only wants to know. Never rejects. */
  async isHeld(folder: string): Promise<boolean> {
    return await this.#look(folder).then(
      ({ blocked }) => blocked,
      () => false,
    );
  }

  /** @throws Failure `locked`, or what the disk says */
  async take(folder: string, lost: (why: LockLoss) => void): Promise<Lock> {
    for (;;) {
      const { highest, blocked } = await this.#look(folder);
      if (blocked) throw locked();
      const number = highest + 1;
      const owner: Owner = { id: this.#clock.id(), ...(await this.#self()) };
      // Before it can be read: to this process, a lock of its own that is not in the list is one that was released.
      this.#held.add(owner.id);
      const file = await this.#create(folder, number, owner).catch((failure: unknown) => {
        this.#held.delete(owner.id);
        throw failure;
      });
      if (file === undefined) {
        this.#held.delete(owner.id);
        continue;
      }
      const lock = new HeldLock({ folder, number, file, disk: this.#disk, clock: this.#clock, lost }, () =>
        this.#held.delete(owner.id),
      );
      const others = await this.#look(folder, number).catch(async (failure: unknown) => {
        await lock.release();
        throw failure;
      });
      if (!others.blocked) {
        for (const old of others.numbers) if (old < number) await remove(this.#disk, nameOf(folder, old));
        lock.beat();
        return lock;
      }
      // Two may have stepped back for each other; the next look tells.
      await lock.release();
    }
  }

  /** Undefined: another one was faster. */
  async #create(folder: string, number: number, owner: Owner): Promise<DiskFile | undefined> {
    const path = nameOf(folder, number);
    const unfinished = `${path}.${owner.id}${UNFINISHED}`;
    const file = await this.#write(unfinished, owner);
    try {
      await this.#disk.link(unfinished, path);
      return file;
    } catch (failure) {
      await file.close().catch(() => undefined);
      const code = errnoOf(failure);
      // A holder removes what is unfinished: who finds its own gone has been overtaken by one.
      if (code === 'EEXIST' || code === 'ENOENT') return undefined;
      if (code === undefined || !NO_LINKS.has(code)) throw failure;
    } finally {
      await remove(this.#disk, unfinished);
    }
    return await this.#write(path, owner).catch((failure: unknown) => {
      if (errnoOf(failure) === 'EEXIST') return undefined;
      throw failure;
    });
  }

  async #write(path: string, owner: Owner): Promise<DiskFile> {
    const file = await this.#disk.create(path);
    try {
      await file.write(Buffer.from(`${JSON.stringify({ schema: SCHEMA, ...owner })}\n`));
      await file.sync();
      return file;
    } catch (failure) {
      await file.close().catch(() => undefined);
      await remove(this.#disk, path);
      throw failure;
    }
  }

  /** Whether any lock but `mine` holds the folder. */
  async #look(
    folder: string,
    mine?: number,
  ): Promise<{ readonly numbers: readonly number[]; readonly highest: number; readonly blocked: boolean }> {
    const numbers = lockNumbers(await this.#disk.list(folder));
    let blocked = false;
    for (const number of numbers) {
      if (number !== mine && !(await this.#isGone(nameOf(folder, number)))) blocked = true;
    }
    return { numbers, highest: Math.max(0, ...numbers), blocked };
  }

  async #isGone(path: string): Promise<boolean> {
    let text: LockText;
    try {
      text = readLock(Buffer.from(await this.#disk.read(path)).toString('utf8'));
    } catch (failure) {
      if (errnoOf(failure) === 'ENOENT') return true;
      throw failure;
    }
    if (text === 'released') return true;
    if (text !== 'unreadable') {
      const us = await this.#self();
      if (this.#held.has(text.owner.id)) return false;
      const there = us.place === text.owner.place ? await this.#processes.find(text.owner.pid) : undefined;
      const verdict = judge(text.owner, us, there);
      if (verdict !== 'unknown') return verdict === 'gone';
    }
    return this.#standsStill(path);
  }

  async #standsStill(path: string): Promise<boolean> {
    const beat = await this.#disk.touchedAt(path).catch(() => undefined);
    if (beat === undefined) return false;
    const now = this.#clock.monotonic();
    const watched = this.#watched.get(path);
    if (watched?.beat === beat) return now - watched.since >= STILL;
    this.#watched.set(path, { beat, since: now });
    return false;
  }

  #self(): Promise<Omit<Owner, 'id'>> {
    this.#us ??= (async () => {
      const [place, self] = await Promise.all([this.#processes.place(), this.#processes.find(this.#pid)]);
      return { pid: this.#pid, place, ...(self?.started === undefined ? {} : { started: self.started }) };
    })();
    return this.#us;
  }
}

/** `there`: the process that has the owner's number now, where its place is ours. */
export const judge = (
  owner: Owner,
  us: Omit<Owner, 'id'>,
  there: ProcessIdentity | undefined,
): 'gone' | 'alive' | 'unknown' => {
  if (owner.place !== us.place) return 'unknown';
  if (there === undefined) return 'gone';
  if (owner.started === undefined || there.started === undefined) return 'unknown';
  if (owner.started !== there.started) return 'gone';
  // Ours, and none that this process still holds: its release could not be written.
  return owner.pid === us.pid ? 'gone' : 'alive';
};

export const readLock = (text: string): LockText => {
  const [first = '', second = ''] = text.split('\n');
  try {
    if (second !== '') return 'released';
    const value: unknown = JSON.parse(first);
    if (typeof value !== 'object' || value === null) return 'unreadable';
    const { schema, id, pid, started, place } = value as Readonly<Record<string, unknown>>;
    if (schema !== SCHEMA || typeof id !== 'string' || typeof pid !== 'number' || typeof place !== 'string')
      return 'unreadable';
    return { owner: { id, pid, place, ...(typeof started === 'string' ? { started } : {}) } };
  } catch {
    return 'unreadable';
  }
};

class HeldLock implements Lock {
  readonly #parts;
  readonly #released: () => void;
  #timer: Disposable = toDisposable(() => undefined);
  #over = false;

  constructor(
    parts: {
      readonly folder: string;
      readonly number: number;
      readonly file: DiskFile;
      readonly disk: Disk;
      readonly clock: Clock;
      readonly lost: (why: LockLoss) => void;
    },
    released: () => void,
  ) {
    this.#parts = parts;
    this.#released = released;
  }

  beat(): void {
    this.#timer = atBeat(this.#parts.clock, () => void this.#check());
  }

  async release(): Promise<void> {
    if (this.#over) return;
    this.#end();
    // Where this cannot be written, the end of the process says the same, and to this process its own list.
    await this.#parts.file.write(Buffer.from('released\n')).catch(() => undefined);
    await this.#parts.file.close().catch(() => undefined);
  }

  async #check(): Promise<void> {
    const { folder, number, file, disk } = this.#parts;
    // A disk that fails is found out by those who write.
    await file.touch().catch(() => undefined);
    const numbers = await disk
      .list(folder)
      .then(lockNumbers, (failure: unknown) => (errnoOf(failure) === 'ENOENT' ? [] : [number]));
    const higher = numbers.filter((other) => other > number);
    const texts = await Promise.all(
      higher.map((other) =>
        disk.read(nameOf(folder, other)).then(
          (bytes) => readLock(Buffer.from(bytes).toString('utf8')),
          () => 'released' as const,
        ),
      ),
    );
    if (this.#over) return;
    const why = texts.some((text) => text !== 'released') ? 'taken' : numbers.includes(number) ? undefined : 'gone';
    if (why === undefined) {
      this.beat();
      return;
    }
    this.#end();
    await file.close().catch(() => undefined);
    this.#parts.lost(why);
  }

  #end(): void {
    this.#over = true;
    this.#timer.dispose();
    this.#released();
  }
}

const locked = (): Failure => new Failure('locked', 'This session is open in another window.', 'Close it there first.');

const nameOf = (folder: string, number: number): string => `${folder}/lock-${number}`;

export const lockNumber = (name: string): number | undefined => {
  const number = /^lock-(\d{1,15})$/u.exec(name)?.[1];
  return number === undefined ? undefined : Number(number);
};

const lockNumbers = (names: readonly string[]): readonly number[] => names.flatMap((name) => lockNumber(name) ?? []);

const remove = (disk: Disk, path: string): Promise<void> => disk.remove(path).catch(() => undefined);
