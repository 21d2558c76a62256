import type { Clock } from '../base/clock.ts';
import { Failure } from '../base/failure.ts';
import { decodeFolderRules, encodeFolderRules, type FolderRule } from '../router/folderRuleFile.ts';
import { type Disk, diskTrouble, errnoOf, writeWhole } from './disk.ts';
import type { Lock, Locks } from './lock.ts';

interface FolderRulesParts {
  /** Absolute; the file is alone in it. */
  readonly root: string;
  readonly disk: Disk;
  readonly clock: Clock;
  readonly locks: Locks;
}

const FILE = 'rules.json';

/** How long another window may write before this one gives up, and the pause between two tries; milliseconds. */
const PATIENCE = 2_000;
const PAUSE = 50;

/**
 * The rules of folders on disk: one file for all windows of this machine, which only its user can read.
 *
 * A file that cannot be read whole decides nothing and is never written over: half of what somebody decided could allow
 * what the other half forbids.
 */
export class FolderRules {
  readonly #parts: FolderRulesParts;
  #rules: readonly FolderRule[] = [];
  #trouble: string | undefined;

  constructor(parts: FolderRulesParts) {
    this.#parts = parts;
  }

  /** As they were last read or written. */
  get all(): readonly FolderRule[] {
    return this.#rules;
  }

  /** Why none of them holds: what happened, and what to do. */
  get trouble(): string | undefined {
    return this.#trouble;
  }

  /** Absolute. */
  get path(): string {
    return `${this.#parts.root}/${FILE}`;
  }

  /** Never rejects: what cannot be read is `trouble`. */
  async read(): Promise<void> {
    try {
      this.#rules = await this.#load();
      this.#trouble = undefined;
    } catch (failure) {
      this.#rules = [];
      this.#trouble = failure instanceof Failure ? failure.message : diskTrouble(failure);
    }
  }

  /** Reads them, changes them and writes them, while no other window does. @throws Failure why that cannot be */
  async change(edit: (rules: readonly FolderRule[]) => readonly FolderRule[]): Promise<void> {
    const { root, disk, clock } = this.#parts;
    let lock: Lock | undefined;
    try {
      await disk.makeFolder(root);
      lock = await this.#lock();
      const now = await this.#load();
      const next = edit(now);
      if (next !== now) await writeWhole(disk, root, FILE, [Buffer.from(encodeFolderRules(next))], clock.id());
      this.#rules = next;
      this.#trouble = undefined;
    } catch (failure) {
      if (failure instanceof Failure) throw failure;
      throw new Failure('not written', diskTrouble(failure), undefined, { cause: failure });
    } finally {
      await lock?.release();
    }
  }

  async #load(): Promise<readonly FolderRule[]> {
    const bytes = await this.#parts.disk.read(this.path).catch((failure: unknown) => {
      if (errnoOf(failure) === 'ENOENT') return undefined;
      throw failure;
    });
    return bytes === undefined ? [] : decodeFolderRules(Buffer.from(bytes).toString('utf8'), this.path);
  }

  async #lock(): Promise<Lock> {
    const { root, clock, locks } = this.#parts;
    const until = clock.monotonic() + PATIENCE;
    for (;;) {
      try {
        return await locks.take(root, () => undefined);
      } catch (failure) {
        const isHeld = failure instanceof Failure && failure.code === 'locked';
        if (!isHeld || clock.monotonic() >= until) throw failure;
        await new Promise<void>((resolve) => void clock.after(PAUSE, resolve));
      }
    }
  }
}
