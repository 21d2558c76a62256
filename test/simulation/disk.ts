import { type Disk, type DiskFile, errnoOf } from '../../src/machine/disk.ts';
import { errno } from '../fakes/disk.ts';
import type { Random } from './random.ts';

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
  readonly on: 'everything' | Call;
  readonly calls: number;
}

/** What a loss of power leaves of names and bytes that were not synced. */
export interface Survival {
  readonly names: 'all' | 'synced';
  readonly bytes: 'all' | 'torn' | 'synced';
}

/** Told of what is created and written, and by which process. */
export interface DiskObserver {
  created(process: number, path: string): void;
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
  readonly #dead = new Set<number>();
  #fault: { code: DiskFault['code']; on: DiskFault['on']; left: number } | undefined;
  /** Calls that wait while it stands still. */
  #stopped: (() => void)[] | undefined;

  constructor(observer: DiskObserver) {
    this.#observer = observer;
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
        file.bytes = file.bytes.subarray(0, file.synced + (bytes === 'torn' ? random.below(loose + 1) : 0));
      }
      for (const file of folder.names.values()) file.synced = file.bytes.length;
      folder.safe = new Map(folder.names);
    }
  }

  /** The disk as one process sees it. */
  of(process: number): Disk {
    const call = (kind: Call): Promise<void> => this.#call(process, kind);
    return {
      makeFolder: async (path) => {
        await call('write');
        for (let at = path; at !== '' && !this.#folders.has(at); at = folderOf(at))
          this.#folders.set(at, { names: new Map(), safe: new Map() });
      },
      list: async (path) => {
        await call('read');
        const inner = [...this.#folders.keys()].filter((other) => folderOf(other) === path);
        return [...this.#folder(path).names.keys(), ...inner.map((other) => other.slice(path.length + 1))];
      },
      read: async (path) => {
        await call('read');
        return Buffer.from(this.#file(path).bytes);
      },
      create: async (path) => {
        await call('write');
        return this.#create(process, path);
      },
      rename: async (from, to) => {
        await call('write');
        this.#rename(from, to);
      },
      remove: async (path) => {
        await call('write');
        this.#file(path);
        this.#folder(folderOf(path)).names.delete(nameOf(path));
      },
      removeFolder: async (path) => {
        await call('write');
        for (const other of this.#folders.keys()) if (isIn(other, path)) this.#folders.delete(other);
      },
      syncFolder: async (path) => {
        await call('sync');
        const folder = this.#folder(path);
        folder.safe = new Map(folder.names);
      },
      touchedAt: async (path) => {
        await call('read');
        return this.#file(path).touched;
      },
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
    return {
      write: async (bytes) => {
        await this.#call(process, 'write').catch((failure: unknown) => {
          // A disk that is full takes what still fits.
          if (errnoOf(failure) === 'ENOSPC')
            file.bytes = Buffer.concat([file.bytes, bytes.subarray(0, bytes.length / 2)]);
          throw failure;
        });
        file.bytes = Buffer.concat([file.bytes, bytes]);
        this.#observer.wrote(process, path, () => Buffer.from(bytes).toString('utf8'));
      },
      sync: async () => {
        await this.#call(process, 'sync');
        file.synced = file.bytes.length;
      },
      touch: async () => {
        await this.#call(process, 'write');
        file.touched += 1;
      },
      close: async () => {
        await this.#alive(process);
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

  async #call(process: number, kind: Call): Promise<void> {
    await this.#alive(process);
    if (this.#stopped !== undefined) {
      await new Promise<void>((go) => this.#stopped?.push(go));
      await this.#alive(process);
    }
    const fault = this.#fault;
    // What there is can be read on a disk that is full or takes nothing.
    if (kind === 'read' && (fault?.code === 'ENOSPC' || fault?.code === 'EROFS')) return;
    if (fault === undefined || (fault.on !== 'everything' && fault.on !== kind)) return;
    this.refused += 1;
    fault.left -= 1;
    if (fault.left === 0) this.#fault = undefined;
    throw errno(fault.code);
  }

  /** For a process that has ended this never settles: nobody is there to be answered. */
  #alive(process: number): Promise<void> {
    return this.#dead.has(process) ? new Promise(() => undefined) : Promise.resolve();
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

const folderOf = (path: string): string => path.slice(0, path.lastIndexOf('/'));
const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1);
const isIn = (path: string, folder: string): boolean => path === folder || path.startsWith(`${folder}/`);
