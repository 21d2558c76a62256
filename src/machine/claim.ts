import { Failure } from '../base/failure.ts';
import type { Blobs } from './blobs.ts';
import { type Disk, errnoOf } from './disk.ts';
import { exactStamp, type FolderContent, readFolder, segmentNumber } from './journalFolder.ts';
import type { Lock, LockLoss, Locks } from './lock.ts';

export interface ReadSession extends FolderContent {
  /** What the folder looked like before it was read, where that was done without a lock. */
  readonly stamp?: string;
}

/** @throws as `readFolder` does */
export const readSession = async (
  disk: Disk,
  folder: string,
  blobs: Blobs,
  lock: Lock | Error,
  signal: AbortSignal,
): Promise<ReadSession> => {
  const stamp = lock instanceof Error ? { stamp: await exactStamp(disk, folder) } : {};
  return { ...(await readFolder(disk, folder, blobs, signal)), ...stamp };
};

export interface ClaimParts {
  readonly folder: string;
  readonly disk: Disk;
  readonly locks: Locks;
}

/**
 * The right to write into the folder of one session. Who read it without a lock, from a disk that gave none, has it only
 * as long as nobody went on from there or erased it: a fold of what was read would undo that.
 */
export class Claim {
  /** The last segment that is there. */
  last: number;
  readonly #parts: ClaimParts;
  readonly #lost: (why: LockLoss) => void;
  readonly #stamp: string | undefined;
  #lock: Lock | undefined;
  #isGone = false;
  /** Nobody else can have it; who looks for it just now has its lock for a moment. */
  #isNew: boolean;
  /** It was read, or made, and `last` is what was in it. */
  #isKnown: boolean;

  /** `found`: of a session that was read. */
  constructor(
    parts: ClaimParts,
    lost: (why: LockLoss) => void,
    found: Pick<ReadSession, 'lastSegment' | 'stamp'> | undefined,
  ) {
    this.#parts = parts;
    this.#lost = lost;
    this.last = found?.lastSegment ?? 0;
    this.#stamp = found?.stamp;
    this.#isNew = found === undefined;
    this.#isKnown = found !== undefined;
  }

  get isHeld(): boolean {
    return this.#lock !== undefined;
  }

  /** The lock under which it was read. */
  hold(lock: Lock): void {
    this.#lock = lock;
  }

  /** Its lock is worth nothing any more. */
  lose(): void {
    this.#lock = undefined;
  }

  /** It was found gone: in the folder that is made next there is no lock of ours, and nothing else. */
  foundGone(): void {
    this.#isGone = true;
  }

  /** Makes the folder and takes the lock, where that is still to be done. @throws Failure `locked`, or what the disk says */
  async prepare(): Promise<void> {
    const { disk, folder, locks } = this.#parts;
    if (this.#isGone) {
      await this.release();
      this.#isGone = false;
      this.#isKnown = false;
    }
    const isLate = this.#isKnown && this.#lock === undefined;
    if (!isLate) await disk.makeFolder(folder);
    this.#lock ??= await locks.take(folder, this.#lost).catch((failure: unknown) => {
      if (isLate && errnoOf(failure) === 'ENOENT') throw takenOver();
      throw this.#isNew && failure instanceof Failure ? new Failure('busy', failure.message) : failure;
    });
    this.#isNew = false;
    if (isLate && (await exactStamp(disk, folder)) !== this.#stamp) {
      await this.release();
      throw takenOver();
    }
    // Something that was here before a new session may count further.
    const last = Math.max(0, ...(await disk.list(folder)).flatMap((name) => segmentNumber(name) ?? []));
    this.last = Math.max(this.last, last);
    this.#isKnown = true;
  }

  /** Never rejects. */
  async release(): Promise<void> {
    await this.#lock?.release();
    this.#lock = undefined;
  }
}

export const takenOver = (): Failure => new Failure('locked', 'Another window has taken this session over.');
