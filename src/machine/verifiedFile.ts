/**
 * Reading and writing exactly the file that was judged, and no other one that somebody puts in its way meanwhile.
 *
 * V1 A folder is opened first and compared with the real path that was judged; what follows goes through that open
 *    folder, wherever its name leads by then. Where a system has no names for open folders, the path is compared before
 *    and after, and what was made in the wrong folder is empty.
 * V2 No link is followed at the end of a path.
 * V3 A file has its old content or its new one, whole, whatever ends us in between.
 */
import { randomUUID } from 'node:crypto';
import { constants, type Stats } from 'node:fs';
import {
  access,
  link,
  lstat,
  mkdir,
  open,
  readlink,
  realpath,
  rename,
  unlink,
  type FileHandle,
} from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { Failure } from '../base/failure.ts';
import { unfinishedName } from '../router/unfinished.ts';
import { errnoOf } from './disk.ts';
import { isMissing } from './place.ts';

// What Windows does not have is undefined there, and adds nothing to the others.
const { O_CREAT, O_DIRECTORY, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_WRONLY } = constants;

/** Names for what this process has open: with them a folder stays the same one however it is renamed. */
const OPEN_FILES = process.platform === 'linux' ? '/proc/self/fd' : undefined;

/**
 * The bytes of the file at a real path; undefined where there is none.
 * @throws Failure `invalid` for what is no file or larger than `most` bytes; `changed`
 */
export const readVerified = async (
  real: string,
  most: number,
  signal: AbortSignal,
): Promise<Uint8Array | undefined> => {
  let file: FileHandle;
  try {
    // A pipe would otherwise wait for somebody to write into it.
    file = await open(real, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  } catch (failure) {
    if (isMissing(failure)) return undefined;
    if (errnoOf(failure) === 'ELOOP') throw changed(real);
    if (errnoOf(failure) === 'EISDIR' || errnoOf(failure) === 'ENXIO') throw noFile(real);
    throw failure;
  }
  try {
    const about = await file.stat();
    if ((await pathOf(file, real)) !== real) throw changed(real);
    if (!about.isFile()) throw noFile(real);
    if (about.size > most)
      throw new Failure('invalid', `${real} is too large: it has more than ${Math.floor(most / 2 ** 20)} MB.`);
    return await file.readFile({ signal });
  } finally {
    await file.close();
  }
};

export interface WriteOptions {
  /** There must be no such file yet. */
  readonly isNew: boolean;
  /** Called when nothing is left to be done but to put the new content in its place: it throws to leave the old one there. */
  readonly before?: () => void;
}

/**
 * Puts the bytes at a real path, making the folders on the way.
 * @throws Failure `changed`, `invalid`, `read-only`, `not written`
 */
export const writeVerified = async (
  real: string,
  bytes: Uint8Array,
  { isNew, before }: WriteOptions,
  signal: AbortSignal,
): Promise<void> => {
  const folder = await openFolder(dirname(real));
  try {
    const old = await lookAt(folder.at(basename(real)));
    if (isNew ? old !== undefined : old === undefined || old.isSymbolicLink()) throw changed(real);
    if (old !== undefined) await requireWritable(folder.at(basename(real)), old, real);
    await replace(folder, basename(real), bytes, { old, before, signal });
  } catch (failure) {
    throw failure instanceof Failure || signal.aborted ? failure : notWritten(real, failure);
  } finally {
    await folder.close();
  }
};

/** Takes a file away again, if it still has no content. */
export const removeEmpty = async (real: string): Promise<void> => {
  const folder = await openFolder(dirname(real));
  try {
    const about = await lookAt(folder.at(basename(real)));
    if (about?.isFile() === true && about.size === 0) await unlink(folder.at(basename(real)));
  } finally {
    await folder.close();
  }
};

const replace = async (
  folder: OpenFolder,
  name: string,
  bytes: Uint8Array,
  how: { readonly old: Stats | undefined; readonly before: (() => void) | undefined; readonly signal: AbortSignal },
): Promise<void> => {
  const unfinished = folder.at(unfinishedName(randomUUID()));
  const file = await open(unfinished, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o666);
  try {
    try {
      // Before it has any content: what was made in the wrong folder stays empty.
      await folder.verify();
      if (how.old !== undefined) await keepAccess(file, how.old);
      await file.writeFile(bytes, { signal: how.signal });
      await file.datasync();
    } finally {
      await file.close();
    }
    await folder.verify();
    // Whoever called it off may write there next.
    how.signal.throwIfAborted();
    how.before?.();
    if (how.old === undefined) await place(unfinished, folder.at(name));
    else await rename(unfinished, folder.at(name));
  } catch (failure) {
    await unlink(unfinished).catch(() => undefined);
    throw failure;
  }
};

const keepAccess = async (file: FileHandle, { uid, gid, mode }: Stats): Promise<void> => {
  // Only root may give a file away; anybody else's new file is their own already, or stays it.
  if (uid !== process.getuid?.() || gid !== process.getgid?.()) await file.chown(uid, gid).catch(unless('EPERM'));
  await file.chmod(mode & 0o7777);
};

/** Under a name that nobody has: another one's file is never replaced. */
const place = async (from: string, to: string): Promise<void> => {
  try {
    await link(from, to);
  } catch (failure) {
    if (errnoOf(failure) === 'EEXIST') throw failure;
    // Some file systems have one name for each file.
    await rename(from, to);
    return;
  }
  await unlink(from);
};

/** A folder that was compared with its real path, and that stays the one that it was. */
interface OpenFolder {
  /** The path of something in it. */
  at(name: string): string;
  /** @throws Failure `changed` where it is no longer where it was judged to be */
  verify(): Promise<void>;
  close(): Promise<void>;
}

/** Opens the nearest folder that exists, and makes the ones below it. */
const openFolder = async (real: string): Promise<OpenFolder> => {
  const missing: string[] = [];
  let at = real;
  let folder = await tryFolder(at);
  while (folder === undefined) {
    if (dirname(at) === at) throw changed(real);
    missing.unshift(basename(at));
    at = dirname(at);
    folder = await tryFolder(at);
  }
  for (const name of missing) {
    at = join(at, name);
    const parent: OpenFolder = folder;
    try {
      await parent.verify();
      await mkdir(parent.at(name)).catch(unless('EEXIST'));
      folder = await tryFolder(at, parent.at(name));
      if (folder === undefined) throw changed(at);
    } finally {
      await parent.close();
    }
  }
  return folder;
};

const tryFolder = async (real: string, through = real): Promise<OpenFolder | undefined> =>
  OPEN_FILES === undefined ? await watchedFolder(real) : await heldFolder(real, through, OPEN_FILES);

const heldFolder = async (real: string, through: string, names: string): Promise<OpenFolder | undefined> => {
  let handle: FileHandle;
  try {
    handle = await open(through, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  } catch (failure) {
    if (errnoOf(failure) === 'ENOENT') return undefined;
    // A link or a file where a folder was, or where one has to be made.
    if (errnoOf(failure) === 'ELOOP' || errnoOf(failure) === 'ENOTDIR') throw changed(real);
    throw failure;
  }
  const folder: OpenFolder = {
    at: (name) => `${names}/${handle.fd}/${name}`,
    async verify() {
      if ((await readlink(`${names}/${handle.fd}`)) !== real) throw changed(real);
    },
    close: () => handle.close(),
  };
  try {
    await folder.verify();
    return folder;
  } catch (failure) {
    await handle.close();
    throw failure;
  }
};

/** Where an open folder has no name: compared by its path, and by what is there. */
const watchedFolder = async (real: string): Promise<OpenFolder | undefined> => {
  const first = await lookAt(real);
  if (first === undefined) return undefined;
  if (!first.isDirectory()) throw changed(real);
  const folder: OpenFolder = {
    at: (name) => join(real, name),
    async verify() {
      const now = await lookAt(real);
      const same = now?.isDirectory() === true && now.dev === first.dev && now.ino === first.ino;
      if (!same || (await realpath(real)) !== real) throw changed(real);
    },
    close: () => Promise.resolve(),
  };
  await folder.verify();
  return folder;
};

/** Where an open file really is, by now. */
const pathOf = async (file: FileHandle, asked: string): Promise<string> => {
  if (OPEN_FILES !== undefined) return await readlink(`${OPEN_FILES}/${file.fd}`);
  const [opened, there] = [await file.stat(), await lookAt(asked)];
  const same = there !== undefined && there.dev === opened.dev && there.ino === opened.ino;
  return same ? await realpath(asked) : '';
};

const lookAt = async (path: string): Promise<Stats | undefined> => {
  try {
    return await lstat(path);
  } catch (failure) {
    if (isMissing(failure)) return undefined;
    throw failure;
  }
};

/**
 * For who writes by other means than ours. What is not there may be made.
 * @throws Failure `invalid`, `read-only`
 */
export const requireWritableFile = async (real: string): Promise<void> => {
  const about = await lookAt(real);
  if (about !== undefined) await requireWritable(real, about, real);
};

/** A name can be replaced whatever its file permits, and root may write any: who made a file read-only meant its content. */
const requireWritable = async (path: string, about: Stats, real: string): Promise<void> => {
  if (!about.isFile()) throw noFile(real);
  const writable = await access(path, constants.W_OK).then(
    () => (about.mode & 0o222) !== 0,
    () => false,
  );
  if (!writable) throw readOnly(real);
};

const unless =
  (code: string) =>
  (failure: unknown): void => {
    if (errnoOf(failure) !== code) throw failure;
  };

export const noFile = (real: string): Failure => new Failure('invalid', `${real} is not a file.`, 'Name a file.');

export const readOnly = (real: string): Failure =>
  new Failure(
    'read-only',
    `${real} is read-only: its permissions do not let it be written.`,
    'Leave it as it is, or ask the person to make it writable.',
  );

export const changed = (real: string): Failure =>
  new Failure('changed', `${real} changed while it was looked at.`, 'Read it again, then write.');

const notWritten = (real: string, cause: unknown): Failure =>
  errnoOf(cause) === 'EEXIST'
    ? changed(real)
    : new Failure(
        'not written',
        `${real} could not be written: ${reason(cause)}.`,
        'Look at its permissions and at those of its folder.',
        {
          cause,
        },
      );

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'that is not permitted',
  EPERM: 'that is not permitted',
  EROFS: 'the disk is read-only',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk is full',
  ENAMETOOLONG: 'its name is too long',
};

const reason = (cause: unknown): string =>
  REASONS[errnoOf(cause) ?? ''] ?? (cause instanceof Error ? cause.message : String(cause));
