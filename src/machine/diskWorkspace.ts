import { lineRange, requireRange } from '../base/lineRange.ts';
import { Failure } from '../base/failure.ts';
import { lineEndOf, isAsSeen, sameLines, endLinesWith, withoutMark } from '../base/textLines.ts';
import type { LineRange, Place, Workspace } from '../router/ports.ts';
import { type DiskText, MOST_BYTES, readDiskText } from './diskText.ts';
import { Places } from './place.ts';
import { writeVerified } from './verifiedFile.ts';

type Written = Awaited<ReturnType<Workspace['writeText']>>;

/** The files behind it. */
export interface WorkspaceDisk {
  find(path: string, signal: AbortSignal): Promise<Place>;
  /** Undefined where there is none. */
  read(real: string, signal: AbortSignal): Promise<DiskText | undefined>;
  /** In the place of `old`, or of nothing. @throws Failure `changed` where something else stands there by now */
  write(real: string, bytes: Uint8Array, old: DiskText | undefined, signal: AbortSignal): Promise<void>;
}

const thisDisk = (roots: () => readonly string[]): WorkspaceDisk => {
  const places = new Places(roots);
  return {
    find: (path) => places.find(path),
    read: readDiskText,
    write: (real, bytes, old, signal) => writeVerified(real, bytes, { isNew: old === undefined }, signal),
  };
};

/**
 * Folders of a machine without an editor: what is read stands on the disk, and what is written is there at once and
 * whole, as the file was written before: its encoding, its mark, its line ends. Nobody has edits that are not saved.
 */
export class DiskWorkspace implements Workspace {
  readonly #roots: () => readonly string[];
  readonly #disk: WorkspaceDisk;
  /** The last write of each file that is under way: what is written next is compared with what it left. */
  readonly #writes = new Map<string, Promise<unknown>>();

  constructor(roots: () => readonly string[], disk: WorkspaceDisk = thisDisk(roots)) {
    this.#roots = roots;
    this.#disk = disk;
  }

  roots(): readonly string[] {
    return this.#roots();
  }

  async place(path: string, signal: AbortSignal): Promise<Place> {
    const place = await this.#disk.find(path, signal);
    signal.throwIfAborted();
    return place;
  }

  async readText(place: Place, range: LineRange, signal: AbortSignal): Promise<string> {
    requireRange(range);
    const disk = await this.#disk.read(place.real, signal);
    if (disk === undefined) throw new Failure('not found', `${place.path} does not exist.`);
    return lineRange(disk.text, range);
  }

  async writeText(place: Place, content: string, _settle: unknown, signal: AbortSignal): Promise<Written> {
    const before = this.#writes.get(place.real) ?? Promise.resolve();
    const writing = before.catch(() => undefined).then(() => this.#write(place, withoutMark(content), signal));
    this.#writes.set(place.real, writing);
    try {
      return await writing;
    } finally {
      if (this.#writes.get(place.real) === writing) this.#writes.delete(place.real);
    }
  }

  async #write(place: Place, content: string, signal: AbortSignal): Promise<Written> {
    signal.throwIfAborted();
    // What is larger could be written, and then not be read again.
    if (Buffer.byteLength(content) > MOST_BYTES)
      throw new Failure(
        'invalid',
        `The text for ${place.path} is too large: it has more than ${MOST_BYTES / 2 ** 20} MB.`,
        'Write it in parts, as several files.',
      );
    const disk = await this.#disk.read(place.real, signal);
    if (!isAsSeen(place.seen, disk?.text)) throw changedSince(place);
    if (disk !== undefined && sameLines(disk.text, content)) return 'unchanged';
    const end = disk && lineEndOf(disk.text);
    const text = end === undefined ? content : endLinesWith(content, end);
    const bytes = disk === undefined ? Buffer.from(text) : disk.encode(text);
    await this.#disk.write(place.real, bytes, disk, signal);
    return 'written';
  }
}

const changedSince = ({ path }: Place): Failure =>
  new Failure('changed', `${path} has changed since it was read.`, 'Read it again, then write.');
