import type { Disk, DiskFile } from '../../src/machine/disk.ts';

/** What was asked of the disk and changed it, in the order in which it was done. */
export type Operation =
  | { readonly kind: 'makeFolder' | 'remove' | 'removeFolder' | 'syncFolder'; readonly path: string }
  | { readonly kind: 'create'; readonly path: string; readonly file: number }
  | { readonly kind: 'write'; readonly file: number; readonly bytes: Uint8Array }
  | { readonly kind: 'sync'; readonly file: number }
  | { readonly kind: 'rename' | 'link'; readonly from: string; readonly to: string };

/** What is left after a crash: of the names, and of the bytes that were never synced. */
export interface Survival {
  readonly names: 'all' | 'synced';
  readonly bytes: 'all' | 'synced';
}

interface File {
  readonly number: number;
  bytes: Buffer;
  synced: number;
  touched: number;
}

type Entry = File | 'folder';

export const errno = (code: string): Error => Object.assign(new Error(`${code}: as the test wants`), { code });

/**
 * A disk in memory that writes down what is done to it, fails when it is told to, and can be had as a crash would
 * have left it: a name is safe once its folder was synced, a byte once its file was.
 */
export class MemoryDisk implements Disk {
  readonly operations: Operation[] = [];
  /** How many of them only made what was there at the start. */
  start = 0;
  /** Calls of every kind, refused ones included. */
  calls = 0;
  bytesRead = 0;
  /** Called before each call; what it throws is what the call fails with, and a number is how much of a write is done first. */
  fault: (call: string, path: string, index: number) => number | undefined = () => undefined;
  /** Called with each operation. */
  onOperation: () => void = () => undefined;
  #entries = new Map<string, Entry>();
  #safe = new Map<string, Entry>();
  #files = 0;

  /** As it is after these operations and `torn` bytes of the next one, when it is a write. */
  static after(operations: readonly Operation[], count: number, torn: number, survival: Survival): MemoryDisk {
    const disk = new MemoryDisk();
    const files = new Map<number, File>();
    for (const operation of operations.slice(0, count)) disk.#redo(operation, files);
    disk.#files = 1 + Math.max(0, ...files.keys());
    const next = operations[count];
    if (torn > 0 && next?.kind === 'write') disk.#redo({ ...next, bytes: next.bytes.subarray(0, torn) }, files);
    disk.#crash(survival);
    return disk;
  }

  /** The files that can be found, with the lengths of their contents. */
  get files(): ReadonlyMap<string, number> {
    const found = [...this.#entries].flatMap(([path, entry]) =>
      entry === 'folder' ? [] : [[path, entry.bytes.length] as const],
    );
    return new Map(found);
  }

  /** For a test that spoils something. */
  edit(path: string, change: (bytes: Buffer) => Uint8Array): void {
    const file = this.#file(path);
    file.bytes = Buffer.from(change(file.bytes));
    file.synced = file.bytes.length;
  }

  async makeFolder(path: string): Promise<void> {
    await this.#call('makeFolder', path);
    if (!this.#entries.has(path)) this.#do({ kind: 'makeFolder', path });
  }

  async list(path: string): Promise<readonly string[]> {
    await this.#call('list', path);
    if (!this.#entries.has(path)) throw errno('ENOENT');
    return [...this.#entries.keys()]
      .filter((name) => folderOf(name) === path)
      .map((name) => name.slice(path.length + 1));
  }

  async read(path: string): Promise<Uint8Array> {
    await this.#call('read', path);
    const { bytes } = this.#file(path);
    this.bytesRead += bytes.length;
    return Buffer.from(bytes);
  }

  async create(path: string): Promise<DiskFile> {
    await this.#call('create', path);
    if (this.#entries.has(path)) throw errno('EEXIST');
    if (!this.#entries.has(folderOf(path))) throw errno('ENOENT');
    const number = (this.#files += 1);
    this.#do({ kind: 'create', path, file: number });
    const file = this.#file(path);
    return {
      write: async (bytes) => {
        const partial = await this.#call('write', path);
        if (partial === undefined) {
          this.#do({ kind: 'write', file: number, bytes: Buffer.from(bytes) }, file);
          return;
        }
        this.#do({ kind: 'write', file: number, bytes: Buffer.from(bytes.subarray(0, partial)) }, file);
        throw errno('ENOSPC');
      },
      sync: async () => {
        await this.#call('sync', path);
        this.#do({ kind: 'sync', file: number }, file);
      },
      touch: async () => {
        await this.#call('touch', path);
        file.touched += 1;
      },
      close: async () => void (await this.#call('close', path)),
    };
  }

  async rename(from: string, to: string): Promise<void> {
    await this.#call('rename', from);
    if (!this.#entries.has(from)) throw errno('ENOENT');
    this.#do({ kind: 'rename', from, to });
  }

  async link(from: string, to: string): Promise<void> {
    await this.#call('link', to);
    this.#file(from);
    if (this.#entries.has(to)) throw errno('EEXIST');
    this.#do({ kind: 'link', from, to });
  }

  async remove(path: string): Promise<void> {
    await this.#call('remove', path);
    this.#file(path);
    this.#do({ kind: 'remove', path });
  }

  async removeFolder(path: string): Promise<void> {
    await this.#call('removeFolder', path);
    this.#do({ kind: 'removeFolder', path });
  }

  async syncFolder(path: string): Promise<void> {
    await this.#call('syncFolder', path);
    if (!this.#entries.has(path)) throw errno('ENOENT');
    this.#do({ kind: 'syncFolder', path });
  }

  async touchedAt(path: string): Promise<number> {
    await this.#call('touchedAt', path);
    return this.#file(path).touched;
  }

  async size(path: string): Promise<number> {
    await this.#call('size', path);
    return this.#file(path).bytes.length;
  }

  async #call(call: string, path: string): Promise<number | undefined> {
    const index = this.calls;
    this.calls += 1;
    await Promise.resolve();
    return this.fault(call, path, index);
  }

  #file(path: string): File {
    const entry = this.#entries.get(path);
    if (entry === undefined) throw errno('ENOENT');
    if (entry === 'folder') throw errno('EISDIR');
    return entry;
  }

  #do(operation: Operation, file?: File): void {
    this.operations.push(operation);
    this.#redo(operation, file === undefined ? new Map() : new Map([[file.number, file]]));
    this.onOperation();
  }

  #redo(operation: Operation, files: Map<number, File>): void {
    switch (operation.kind) {
      case 'makeFolder':
        for (let path = operation.path; path !== '' && !this.#entries.has(path); path = folderOf(path)) {
          this.#entries.set(path, 'folder');
          this.#safe.set(path, 'folder');
        }
        return;
      case 'create': {
        const file: File = { number: operation.file, bytes: Buffer.alloc(0), synced: 0, touched: 0 };
        files.set(operation.file, file);
        this.#entries.set(operation.path, file);
        return;
      }
      case 'write': {
        const file = files.get(operation.file);
        if (file !== undefined) file.bytes = Buffer.concat([file.bytes, operation.bytes]);
        return;
      }
      case 'sync': {
        const file = files.get(operation.file);
        if (file !== undefined) file.synced = file.bytes.length;
        return;
      }
      case 'rename':
        this.#move(operation.from, operation.to);
        return;
      case 'link': {
        const file = this.#entries.get(operation.from);
        if (file !== undefined) this.#entries.set(operation.to, file);
        return;
      }
      case 'remove':
        this.#entries.delete(operation.path);
        return;
      case 'removeFolder':
        for (const path of this.#entries.keys()) if (isIn(path, operation.path)) this.#entries.delete(path);
        return;
      case 'syncFolder':
        for (const path of this.#safe.keys()) if (folderOf(path) === operation.path) this.#safe.delete(path);
        for (const [path, entry] of this.#entries) if (folderOf(path) === operation.path) this.#safe.set(path, entry);
    }
  }

  #move(from: string, to: string): void {
    const moved = [...this.#entries].filter(([path]) => isIn(path, from));
    for (const [path, entry] of moved) {
      this.#entries.delete(path);
      this.#entries.set(to + path.slice(from.length), entry);
    }
  }

  #crash({ names, bytes }: Survival): void {
    const kept = names === 'all' ? this.#entries : this.#safe;
    const found = new Map<string, Entry>();
    for (const [path, entry] of kept) {
      if (entry === 'folder') found.set(path, entry);
      else {
        const content = bytes === 'all' ? entry.bytes : entry.bytes.subarray(0, entry.synced);
        const number = (this.#files += 1);
        found.set(path, { number, bytes: Buffer.from(content), synced: content.length, touched: entry.touched });
      }
    }
    this.#entries = found;
    this.#safe = new Map(found);
    for (const [path, entry] of found) {
      if (entry === 'folder') this.operations.push({ kind: 'makeFolder', path });
    }
    for (const [path, entry] of found) {
      if (entry === 'folder') continue;
      const file = entry.number;
      this.operations.push({ kind: 'create', path, file }, { kind: 'write', file, bytes: entry.bytes });
      this.operations.push({ kind: 'sync', file }, { kind: 'syncFolder', path: folderOf(path) });
    }
    this.start = this.operations.length;
  }
}

const folderOf = (path: string): string => path.slice(0, path.lastIndexOf('/'));

const isIn = (path: string, folder: string): boolean => path === folder || path.startsWith(`${folder}/`);
