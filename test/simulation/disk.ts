import { type Disk, type DiskFile, errnoOf } from '../../src/machine/disk.ts';
import { errno } from '../fakes/disk.ts';
import type { Random } from './random.ts';
import type { Counts } from './violation.ts';

interface File {
  bytes: Buffer;
  synced: number;
  touched: number;
}

interface Folder {
  readonly names: Map<string, File>;
  /** The names as they were when the folder was synced last. */
  safe: Map<string, File>;
}

type Call = 'read' | 'write' | 'sync';

/** What the disk refuses, and for how many calls. */
export interface DiskFault {
  readonly code: 'ENOSPC' | 'EIO' | 'EROFS' | 'EACCES';
  /** `lock`: the files of locks alone, as another program may keep them from us. */
  readonly on: 'everything' | 'lock' | Call;
  readonly calls: number;
}

/** What a loss of power leaves of names and bytes that were not synced. */
export interface Survival {
  readonly names: 'all' | 'synced';
  readonly bytes: 'all' | 'torn' | 'synced';
}

/** Told of what is created, removed and written, and by which process. */
export interface DiskObserver {
  created(process: number, path: string): void;
  removed(process: number, path: string): void;
  wrote(process: number, path: string, text: () => string): void;
}

/**
 * A disk in memory that several processes share. It refuses calls, stands still and loses what was not synced, as a
 * real one does; `MemoryDisk` remembers all operations, which is too slow for millions of steps.
 */
export class SimulatedDisk {
  /** How many calls it has refused. */
  refused = 0;
  /** Handles that are open, by their process. */
  readonly handles = new Map<number, number>();
  readonly #folders = new Map<string, Folder>();
  readonly #observer: DiskObserver;
  readonly #faults: Counts;
  readonly #dead = new Set<number>();
  #fault: { code: DiskFault['code']; on: DiskFault['on']; left: number } | undefined;
  /** Calls that wait while it stands still. */
  #stopped: (() => void)[] | undefined;

  constructor(observer: DiskObserver, faults: Counts) {
    this.#observer = observer;
    this.#faults = faults;
  }

  /** It fails or stands still: nothing is promised meanwhile. */
  get isTroubled(): boolean {
    return this.#fault !== undefined || this.#stopped !== undefined;
  }

  get isStopped(): boolean {
    return this.#stopped !== undefined;
  }

  fail({ code, on, calls }: DiskFault): void {
    this.#fault = { code, on, left: calls };
  }

  stop(): void {
    this.#stopped ??= [];
  }

  heal(): void {
    this.#fault = undefined;
    const stopped = this.#stopped ?? [];
    this.#stopped = undefined;
    for (const go of stopped) go();
  }

  /** Nothing that the process asks is done any more, nor answered. */
  end(process: number): void {
    this.#dead.add(process);
    this.handles.delete(process);
  }

  /** Whoever has it open has ended before. */
  losePower({ names, bytes }: Survival, random: Random): void {
    for (const folder of this.#folders.values()) {
      if (names === 'synced') {
        folder.names.clear();
        for (const [name, file] of folder.safe) folder.names.set(name, file);
      }
      for (const file of folder.names.values()) {
        if (bytes === 'all') continue;
        const loose = file.bytes.length - file.synced;
        if (loose > 0) this.#faults.add('bytes lost with the power');
        file.bytes = file.bytes.subarray(0, file.synced + (bytes === 'torn' ? random.below(loose + 1) : 0));
      }
      for (const file of folder.names.values()) file.synced = file.bytes.length;
      folder.safe = new Map(folder.names);
    }
  }

  /** The disk as one process sees it. */
  of(process: number): Disk {
    const call = <T>(kind: Call, path: string, done: () => T): Promise<T> => this.#call(process, kind, path, done);
    return {
      makeFolder: (path) =>
        call('write', path, () => {
          for (let at = path; at !== '' && !this.#folders.has(at); at = folderOf(at))
            this.#folders.set(at, { names: new Map(), safe: new Map() });
        }),
      list: (path) =>
        call('read', path, () => {
          const inner = [...this.#folders.keys()].filter((other) => folderOf(other) === path);
          return [...this.#folder(path).names.keys(), ...inner.map((other) => other.slice(path.length + 1))];
        }),
      read: (path) => call('read', path, () => Buffer.from(this.#file(path).bytes)),
      create: (path) => call('write', path, () => this.#create(process, path)),
      rename: (from, to) => call('write', to, () => this.#rename(from, to)),
      link: (from, to) =>
        call('write', to, () => {
          const { names } = this.#folder(folderOf(to));
          const file = this.#file(from);
          if (names.has(nameOf(to))) throw errno('EEXIST');
          names.set(nameOf(to), file);
          this.#observer.created(process, to);
        }),
      remove: (path) =>
        call('write', path, () => {
          this.#file(path);
          this.#folder(folderOf(path)).names.delete(nameOf(path));
          this.#observer.removed(process, path);
        }),
      removeFolder: (path) =>
        call('write', path, () => {
          for (const other of this.#folders.keys()) if (isIn(other, path)) this.#folders.delete(other);
        }),
      syncFolder: (path) =>
        call('sync', path, () => {
          const folder = this.#folder(path);
          folder.safe = new Map(folder.names);
        }),
      touchedAt: (path) => call('read', path, () => this.#file(path).touched),
      size: (path) => call('read', path, () => this.#file(path).bytes.length),
    };
  }

  #create(process: number, path: string): DiskFile {
    const { names } = this.#folder(folderOf(path));
    if (names.has(nameOf(path))) throw errno('EEXIST');
    const file: File = { bytes: Buffer.alloc(0), synced: 0, touched: 0 };
    names.set(nameOf(path), file);
    this.#observer.created(process, path);
    this.handles.set(process, (this.handles.get(process) ?? 0) + 1);
    let open = true;
    const append = (bytes: Uint8Array): void => {
      file.bytes = Buffer.concat([file.bytes, bytes]);
      this.#observer.wrote(process, path, () => Buffer.from(bytes).toString('utf8'));
    };
    return {
      write: (bytes) =>
        this.#call(process, 'write', path, () => append(bytes)).catch((failure: unknown) => {
          // A disk that is full takes what still fits.
          if (errnoOf(failure) === 'ENOSPC' && !this.#dead.has(process)) append(bytes.subarray(0, bytes.length / 2));
          throw failure;
        }),
      sync: () =>
        this.#call(process, 'sync', path, () => {
          file.synced = file.bytes.length;
        }),
      touch: () =>
        this.#call(process, 'write', path, () => {
          file.touched += 1;
        }),
      close: async () => {
        await Promise.resolve();
        if (this.#dead.has(process)) return await never();
        if (open) this.handles.set(process, (this.handles.get(process) ?? 0) - 1);
        open = false;
      },
    };
  }

  #rename(from: string, to: string): void {
    if (this.#folders.has(from)) {
      for (const [path, folder] of [...this.#folders]) {
        if (!isIn(path, from)) continue;
        this.#folders.delete(path);
        this.#folders.set(to + path.slice(from.length), folder);
      }
      return;
    }
    const file = this.#file(from);
    this.#folder(folderOf(from)).names.delete(nameOf(from));
    this.#folder(folderOf(to)).names.set(nameOf(to), file);
  }

  /** What is done is done in the same moment in which it is known that the process lives and the disk obeys. */
  async #call<T>(process: number, kind: Call, path: string, done: () => T): Promise<T> {
    await Promise.resolve();
    if (this.#stopped !== undefined) {
      this.#faults.add('call waits for the disk');
      await new Promise<void>((go) => this.#stopped?.push(go));
    }
    if (this.#dead.has(process)) return await never();
    const fault = this.#fault;
    // What there is can be read on a disk that is full or takes nothing.
    const isReadable = kind === 'read' && (fault?.code === 'ENOSPC' || fault?.code === 'EROFS');
    if (fault === undefined || isReadable || !concerns(fault.on, kind, path)) return done();
    this.refused += 1;
    this.#faults.add(`disk answers ${fault.code}`);
    fault.left -= 1;
    if (fault.left === 0) this.#fault = undefined;
    throw errno(fault.code);
  }

  #folder(path: string): Folder {
    const folder = this.#folders.get(path);
    if (folder === undefined) throw errno('ENOENT');
    return folder;
  }

  #file(path: string): File {
    const file = this.#folder(folderOf(path)).names.get(nameOf(path));
    if (file === undefined) throw errno('ENOENT');
    return file;
  }
}

const concerns = (on: DiskFault['on'], kind: Call, path: string): boolean =>
  on === 'everything' || on === kind || (on === 'lock' && path.includes('/lock-'));

/** A process that has ended is not answered any more. */
const never = (): Promise<never> => new Promise(() => undefined);

const folderOf = (path: string): string => path.slice(0, path.lastIndexOf('/'));
const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1);
const isIn = (path: string, folder: string): boolean => path === folder || path.startsWith(`${folder}/`);
