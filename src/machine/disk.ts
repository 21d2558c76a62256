import { link, mkdir, open, readdir, readFile, rename, rm, stat, unlink, type FileHandle } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

/** All that is asked of a file system by what must survive its failures. Each rejects with the system's own error. */
export interface Disk {
  /** Makes the folder and those above it, for this user alone; their names are safe then. */
  makeFolder(path: string): Promise<void>;
  list(path: string): Promise<readonly string[]>;
  read(path: string): Promise<Uint8Array>;
  /** Makes a file for this user alone; `EEXIST` when there is one. Of several that try, one succeeds. */
  create(path: string): Promise<DiskFile>;
  /** Replaces what is there, at once. */
  rename(from: string, to: string): Promise<void>;
  /** Gives a file a second name; `EEXIST` when something has it. Of several that try, one succeeds. */
  link(from: string, to: string): Promise<void>;
  remove(path: string): Promise<void>;
  /** With everything in it; one that is not there is none. */
  removeFolder(path: string): Promise<void>;
  /** Until then the names in it may be those of before a loss of power. */
  syncFolder(path: string): Promise<void>;
  /** When a file was last written or touched, ms; compared with itself only, since it is the disk's own clock. */
  touchedAt(path: string): Promise<number>;
  /** Length of a file in bytes. */
  size(path: string): Promise<number>;
}

export interface DiskFile {
  /** At its end. */
  write(bytes: Uint8Array): Promise<void>;
  /** Until then what was written may be lost with the power. */
  sync(): Promise<void>;
  touch(): Promise<void>;
  close(): Promise<void>;
}

export const realDisk: Disk = {
  async makeFolder(path) {
    const first = await mkdir(path, { recursive: true, mode: 0o700 });
    if (first === undefined) return;
    for (let made = resolve(path); ; made = dirname(made)) {
      await realDisk.syncFolder(dirname(made));
      if (made === resolve(first) || made === dirname(made)) return;
    }
  },
  list: (path) => readdir(path),
  read: (path) => readFile(path),
  create: async (path) => fileOf(await open(path, 'wx', 0o600)),
  rename: (from, to) => rename(from, to),
  link: (from, to) => link(from, to),
  remove: (path) => unlink(path),
  removeFolder: (path) => rm(path, { recursive: true, force: true, maxRetries: 3 }),
  async syncFolder(path) {
    // Windows has no such thing: it keeps names in a log of its own.
    if (process.platform === 'win32') return;
    const folder = await open(path, 'r');
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  },
  touchedAt: async (path) => (await stat(path)).mtimeMs,
  size: async (path) => (await stat(path)).size,
};

const fileOf = (file: FileHandle): DiskFile => ({
  async write(bytes) {
    // One call may write less than it was given.
    for (let from = 0; from < bytes.length;) from += (await file.write(bytes, from)).bytesWritten;
  },
  sync: () => file.datasync(),
  async touch() {
    const now = new Date();
    await file.utimes(now, now);
  },
  close: () => file.close(),
});

export const errnoOf = (failure: unknown): string | undefined =>
  failure instanceof Error && 'code' in failure && typeof failure.code === 'string' ? failure.code : undefined;

/** What a person can do about it, as one sentence. */
export const diskTrouble = (failure: unknown): string => {
  switch (errnoOf(failure)) {
    case 'ENOSPC':
    case 'EDQUOT':
      return 'The disk is full.';
    case 'EROFS':
      return 'The disk is read-only.';
    case 'EACCES':
    case 'EPERM':
      return 'Writing to the storage folder is not permitted.';
    case 'ENOENT':
      return 'The storage folder is gone.';
    default:
      return `The disk failed: ${failure instanceof Error ? failure.message : String(failure)}`;
  }
};

/** A file that is there with all of this or not at all, whatever happens meanwhile. `id` names what is written first. */
export const writeWhole = async (
  disk: Disk,
  folder: string,
  name: string,
  parts: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  id: string,
): Promise<void> => {
  const unfinished = `${folder}/${name}.${id}${UNFINISHED}`;
  const file = await disk.create(unfinished);
  try {
    try {
      for await (const bytes of parts) await file.write(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await disk.rename(unfinished, `${folder}/${name}`);
  } catch (failure) {
    await disk.remove(unfinished).catch(() => undefined);
    throw failure;
  }
  await disk.syncFolder(folder);
};

/** How the name of a file ends that may have been left behind half-written. */
export const UNFINISHED = '.tmp';
