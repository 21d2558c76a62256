import { createReadStream } from 'node:fs';
import { chmod, copyFile, mkdir, open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createGunzip } from 'node:zlib';
import { Failure, sentence } from '../base/failure.ts';
import { tarEntries } from './tar.ts';
import { through, zipEntries } from './zip.ts';

/** Of one archive: agents are large, and a bomb is larger. */
export interface UnpackLimits {
  readonly entries: number;
  /** Bytes of all files together. */
  readonly bytes: number;
}

export const UNPACK_LIMITS: UnpackLimits = { entries: 50_000, bytes: 4_000_000_000 };

type Kind = 'tar.gz' | 'zip' | 'program';

/** What ends like this is an archive or an installer that we have no reader for, and never a program. */
const OTHERS =
  /\.(?:tar|bz2|tbz2?|xz|txz|zst|tzst|lz4?|lzma|7z|rar|gz|dmg|pkg|msi|msix|deb|rpm|apk|appx|snap|flatpak|iso|jar|whl)$/iu;

/**
 * By the name alone, so that it can be told before anything is fetched.
 * @throws Failure `invalid` for a kind that is not taken
 */
export const archiveKind = (address: string): Kind => {
  const name = new URL(address).pathname.split('/').pop() ?? '';
  if (/\.(?:tar\.gz|tgz)$/iu.test(name)) return 'tar.gz';
  if (/\.zip$/iu.test(name)) return 'zip';
  if (!OTHERS.test(name)) return 'program';
  throw new Failure(
    'invalid',
    `${name} is an archive of a kind that is not taken here: .tar.gz, .tgz, .zip and plain programs are.`,
    'Install the agent in the way its makers describe, then add it as a command.',
  );
};

/**
 * Unpacks an archive into a folder that is new and the person's alone, and makes `program` in it a program. Nothing is
 * written outside of the folder, no link is made, nothing is written twice. What is left after a failure is the caller's
 * to remove.
 * @param program within the folder, `/` between the names
 * @throws Failure `invalid` for an archive that is damaged or hostile, `too large`; the signal's reason
 */
export const unpack = async (
  archive: { readonly file: string; readonly kind: Kind; readonly program: string },
  folder: string,
  limits: UnpackLimits,
  signal: AbortSignal,
): Promise<void> => {
  await mkdir(folder, { mode: 0o700 });
  const target = new Target(folder, limits, signal);
  const program = join(folder, ...archive.program.split('/'));
  try {
    if (archive.kind === 'tar.gz') await unpackTar(archive.file, target);
    else if (archive.kind === 'zip') await unpackZip(archive.file, target);
    else {
      await mkdir(dirname(program), { recursive: true });
      await copyFile(archive.file, program);
    }
    await chmod(program, 0o755);
  } catch (failure) {
    signal.throwIfAborted();
    if (failure instanceof Failure) throw failure;
    if (isErrno(failure, 'ENOENT') && failure.path === program)
      throw new Failure('invalid', `The archive does not hold ${archive.program}, which it should.`);
    if (isErrno(failure, 'EEXIST')) throw new Failure('invalid', 'The archive holds a file twice.');
    throw new Failure('invalid', `The archive could not be unpacked: ${sentence(failure)}.`, undefined, {
      cause: failure,
    });
  }
};

const isErrno = (failure: unknown, code: string): failure is NodeJS.ErrnoException =>
  failure instanceof Error && 'code' in failure && failure.code === code;

/** The folder, and how much of the limits is left. */
class Target {
  readonly signal: AbortSignal;
  readonly #folder: string;
  #entries: number;
  #bytes: number;

  constructor(folder: string, limits: UnpackLimits, signal: AbortSignal) {
    this.#folder = folder;
    this.#entries = limits.entries;
    this.#bytes = limits.bytes;
    this.signal = signal;
  }

  async folder(name: string): Promise<void> {
    this.#count();
    await mkdir(this.#place(name), { recursive: true });
  }

  async file(name: string, body: AsyncIterable<Uint8Array>, runs: boolean): Promise<void> {
    this.#count();
    const place = this.#place(name);
    await mkdir(dirname(place), { recursive: true });
    // `wx`: a second file of a name, also of one that the disk takes for the same, is not written over the first.
    const file = await open(place, 'wx', runs ? 0o755 : 0o644);
    try {
      for await (const bytes of body) {
        this.signal.throwIfAborted();
        this.#bytes -= bytes.length;
        if (this.#bytes < 0) throw new Failure('too large', 'The archive holds more than is unpacked here.');
        await file.writeFile(bytes);
      }
    } finally {
      await file.close();
    }
  }

  #count(): void {
    this.signal.throwIfAborted();
    this.#entries -= 1;
    if (this.#entries < 0) throw new Failure('too large', 'The archive holds more files than are unpacked here.');
  }

  /** The same answer on every system: what one of them reads as a way out, a drive or a stream is refused on all. */
  #place(name: string): string {
    const names = name.split('/').filter((part) => part !== '' && part !== '.');
    if (name.startsWith('/') || names.some((part) => part === '..' || /[\p{Cc}\\:*?"<>|]|[. ]$/u.test(part)))
      throw new Failure('invalid', `The archive holds a file whose name leads elsewhere (${shown(name)}).`);
    return join(this.#folder, ...names);
  }
}

const shown = (name: string): string => JSON.stringify(name.slice(0, 100));

const linked = (name: string): Failure =>
  new Failure(
    'invalid',
    `The archive holds a link or a device (${shown(name)}), and those are not unpacked.`,
    'Install the agent in the way its makers describe, then add it as a command.',
  );

const unpackTar = async (path: string, target: Target): Promise<void> => {
  for await (const { name, mode, kind, body } of tarEntries(through(createReadStream(path), createGunzip()))) {
    if (kind === 'other') throw linked(name);
    if (kind === 'folder') await target.folder(name);
    else await target.file(name, body, (mode & 0o111) !== 0);
  }
};

const unpackZip = async (path: string, target: Target): Promise<void> => {
  const file = await open(path);
  try {
    for await (const { name, mode, body } of zipEntries(file)) {
      const type = mode & 0o170000;
      if (type !== 0 && type !== 0o100000 && type !== 0o040000) throw linked(name);
      if (name.endsWith('/')) await target.folder(name);
      else await target.file(name, body(), (mode & 0o111) !== 0);
    }
  } finally {
    await file.close();
  }
};
