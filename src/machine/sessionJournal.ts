import type { Clock } from '../base/clock.ts';
import type { Disposable } from '../base/disposable.ts';
import { Failure, sentence } from '../base/failure.ts';
import type { Log } from '../base/log.ts';
import type { Logged } from '../model/event.ts';
import type { Session } from '../model/session.ts';
import { JOURNAL_LIMITS, type SessionHeader } from '../router/journal.ts';
import { encodeClosed, encodeHeader } from '../router/journalLine.ts';
import { Blobs } from './blobs.ts';
import { type Disk, diskTrouble, type DiskFile, errnoOf, UNFINISHED } from './disk.ts';
import { type FolderContent, isLong, segmentName, segmentNumber, writeSnapshot } from './journalFolder.ts';
import type { Lock, LockLoss, Locks } from './lock.ts';
import { PendingLines } from './pendingLines.ts';
import { SummaryFile } from './summaryFile.ts';

export interface SessionJournalParts {
  readonly folder: string;
  readonly disk: Disk;
  readonly clock: Clock;
  readonly log: Log;
  readonly locks: Locks;
  /** The session as it is now, all appended events folded; undefined while its owner does not have it. */
  fold(): Session | undefined;
  /** `trouble` is another one. */
  changed(): void;
}

/**
 * The writer of one session: one step at a time, each when it is due.
 *
 * `opening`: nothing is on the disk yet. `writing`: what is appended waits for the next write. `damaged`: the disk
 * refused something; what it has ends somewhere before now, so nothing of what follows is kept here, and the next thing
 * that is written is the fold. `ended`: nothing is written any more.
 */
export class SessionJournal {
  readonly #parts: SessionJournalParts;
  readonly #blobs: Blobs;
  #header: SessionHeader;
  #state: 'opening' | 'writing' | 'damaged' | 'ended' = 'opening';
  #trouble: string | undefined;
  #seq: number;
  readonly #pending: PendingLines;
  #unsyncedSince: number | undefined;
  #lock: Lock | undefined;
  #lockLost = false;
  #relock = false;
  #segment: DiskFile | undefined;
  #number: number;
  /** The first segment that counts. */
  #from = 0;
  #tailBytes: number;
  #snapshotBytes: number;
  #segments: number;
  #wantsSnapshot = false;
  #snapshotAt = 0;
  #folding: Promise<void> | undefined;
  #wantsSweep = false;
  #blobsOfSnapshot: ReadonlySet<string>;
  readonly #summary: SummaryFile;
  #retry: number = JOURNAL_LIMITS.retry;
  #retryAt = 0;
  #timer: Disposable | undefined;
  #working: Promise<void> | undefined;
  #waiters: (() => void)[] = [];

  /** Of a new session, or of one that was read; then `start` has to be called before anything else. */
  constructor(parts: SessionJournalParts, header: SessionHeader, read?: FolderContent) {
    this.#parts = parts;
    this.#header = header;
    this.#blobs = new Blobs(parts.disk, `${parts.folder}/blobs`, () => parts.clock.id());
    this.#pending = new PendingLines(this.#blobs);
    this.#summary = new SummaryFile(parts);
    this.#seq = read?.tail.at(-1)?.seq ?? read?.snapshot?.at.seq ?? 0;
    this.#number = read?.lastSegment ?? 0;
    this.#from = read?.from ?? 0;
    this.#tailBytes = read?.tailBytes ?? 0;
    this.#snapshotBytes = read?.snapshotBytes ?? 0;
    this.#segments = read?.segments ?? 0;
    this.#blobsOfSnapshot = read?.blobs ?? new Set();
    // What is missing is told by an event; folded, it is told once. And whoever ended without warning may not have
    // forced to the disk what could be read just now: behind what is written next it would be a hole.
    const isLacking = read !== undefined && (read.lost.snapshot || read.lost.events + read.lost.values > 0);
    this.#wantsSnapshot = read !== undefined && (isLacking || !read.closed);
    this.#wantsSweep = read !== undefined;
    if (read === undefined) this.#wake();
  }

  /** Why the session is in memory only. */
  get trouble(): string | undefined {
    return this.#trouble;
  }

  /**
   * Takes away the mark of a clean end, for good, by beginning a segment.
   * False: the disk refused it, and what is there still says that nothing came after it; only another epoch may go on.
   */
  async start(lock: Lock | Error, otherwise: string): Promise<boolean> {
    try {
      if (lock instanceof Error) throw lock;
      this.#lock = lock;
      await this.#newSegment();
      this.#state = 'writing';
      return true;
    } catch (failure) {
      this.#header = { ...this.#header, epoch: otherwise };
      this.#fail(failure);
      return false;
    }
  }

  append(logged: readonly Logged[]): void {
    this.#seq = logged.at(-1)?.seq ?? this.#seq;
    if (this.#state === 'ended') return;
    this.#summary.expect();
    if (this.#state !== 'damaged') {
      this.#pending.add(logged, this.#now());
      if (this.#pending.length > JOURNAL_LIMITS.pending) this.#fail(new Failure('slow', 'The disk is too slow.'));
    }
    this.#arm();
  }

  checkpoint(): void {
    this.#wantsSnapshot = true;
    this.#wake();
  }

  /** Settles when all that was appended is on the disk, or was refused once more. */
  flush(): Promise<void> {
    if (this.#state === 'ended') return Promise.resolve();
    return new Promise((resolve) => {
      this.#waiters.push(resolve);
      this.#wake();
    });
  }

  async close(): Promise<void> {
    await this.flush();
    await this.#folding;
    await this.#end(async () => {
      await this.#markClosed();
      await this.#summary.write();
    });
  }

  /** Without the mark. */
  async abandon(): Promise<void> {
    await this.#end(() => Promise.resolve());
  }

  async #end(last: () => Promise<void>): Promise<void> {
    this.#state = 'ended';
    this.#timer?.dispose();
    await this.#working;
    await this.#folding;
    await last().catch((failure: unknown) => this.#parts.log.warn(`A journal was not closed: ${sentence(failure)}`));
    await this.#segment?.close().catch(() => undefined);
    this.#segment = undefined;
    await this.#lock?.release();
    this.#lock = undefined;
    for (const settle of this.#waiters.splice(0)) settle();
  }

  #now(): number {
    return this.#parts.clock.monotonic();
  }

  #arm(): void {
    this.#timer?.dispose();
    this.#timer = undefined;
    const due = this.#state === 'ended' || this.#working !== undefined ? undefined : this.#due();
    if (due === undefined) return;
    this.#timer = this.#parts.clock.after(Math.max(0, due - this.#now()), () => this.#wake());
  }

  #due(): number | undefined {
    if (this.#state === 'damaged') return this.#retryAt;
    const times = [
      ...(this.#pending.count > 0 ? [this.#pending.since + JOURNAL_LIMITS.writeDelay] : []),
      ...(this.#unsyncedSince === undefined ? [] : [this.#unsyncedSince + JOURNAL_LIMITS.syncDelay]),
      ...(this.#summary.due === undefined ? [] : [this.#summary.due]),
    ];
    return times.length === 0 ? undefined : Math.min(...times);
  }

  #wake(): void {
    this.#working ??= this.#work().finally(() => {
      this.#working = undefined;
      // What somebody began to wait for after the last look needs another one.
      if (this.#waiters.length > 0 && this.#state !== 'ended') this.#wake();
      else this.#arm();
    });
  }

  async #work(): Promise<void> {
    // Not within the call that wakes it: an append only queues.
    await Promise.resolve();
    const waiters = this.#waiters.splice(0);
    try {
      for (let urgent = waiters.length > 0; ;) {
        const step = this.#next(urgent);
        if (step === undefined) break;
        await step();
        waiters.push(...this.#waiters.splice(0));
        urgent = waiters.length > 0;
      }
    } catch (failure) {
      this.#fail(failure);
    }
    for (const settle of waiters) settle();
  }

  #next(urgent: boolean): (() => Promise<void>) | undefined {
    const now = this.#now();
    if (this.#state === 'ended') return undefined;
    if (this.#lockLost) return () => Promise.reject(new Failure('gone', 'The storage folder is gone.'));
    if (this.#state === 'damaged') {
      if (now < this.#retryAt && !urgent) return undefined;
      return this.#parts.fold() === undefined ? this.#later() : () => this.#mend();
    }
    if (this.#state === 'opening') return () => this.#open();
    const { writeDelay, syncDelay } = JOURNAL_LIMITS;
    if (this.#pending.count > 0 && (urgent || now >= this.#pending.since + writeDelay)) return () => this.#write();
    const unsynced = this.#unsyncedSince;
    if (unsynced !== undefined && (urgent || now >= unsynced + syncDelay)) return () => this.#sync();
    if (this.#isSnapshotDue(now)) return unsynced === undefined ? () => this.#rotate() : () => this.#sync();
    if (this.#wantsSweep && this.#folding === undefined) return () => this.#sweep();
    if (this.#summary.due !== undefined && now >= this.#summary.due) return () => this.#summary.write();
    return undefined;
  }

  /** Nobody has the session at the moment: it is either about to be shown or already gone. */
  #later(): undefined {
    this.#retryAt = this.#now() + this.#retry;
    this.#retry = Math.min(this.#retry * 2, JOURNAL_LIMITS.retryMost);
    return undefined;
  }

  #isSnapshotDue(now: number): boolean {
    if (this.#folding !== undefined || now < this.#snapshotAt) return false;
    const due = this.#wantsSnapshot || isLong(this.#tailBytes, this.#snapshotBytes, this.#segments);
    return due && this.#parts.fold() !== undefined;
  }

  async #open(): Promise<void> {
    await this.#prepareFolder();
    await this.#newSegment();
    this.#state = 'writing';
  }

  async #prepareFolder(): Promise<void> {
    const { disk, folder, locks } = this.#parts;
    await disk.makeFolder(folder);
    if (this.#relock) {
      await this.#lock?.release();
      this.#lock = undefined;
      this.#relock = false;
    }
    this.#lock ??= await locks.take(folder, (why) => this.lost(why));
    // Something that was here before may count further.
    const numbers = (await disk.list(folder)).flatMap((name) => segmentNumber(name) ?? []);
    this.#number = Math.max(this.#number, ...numbers);
  }

  async #newSegment(): Promise<void> {
    const { disk, folder } = this.#parts;
    this.#number += 1;
    const after = this.#seq - this.#pending.count;
    const file = await disk.create(`${folder}/${segmentName(this.#number)}`);
    try {
      await file.write(Buffer.from(`${encodeHeader(this.#header, after)}\n`));
      await file.sync();
      await disk.syncFolder(folder);
    } catch (failure) {
      await file.close().catch(() => undefined);
      throw failure;
    }
    await this.#segment?.close().catch(() => undefined);
    this.#segment = file;
    this.#segments += 1;
  }

  async #write(): Promise<void> {
    const { since } = this.#pending;
    const text = this.#pending.take();
    await this.#blobs.store();
    const bytes = Buffer.from(text);
    await this.#segment?.write(bytes);
    this.#tailBytes += bytes.length;
    this.#unsyncedSince ??= since;
    this.#summary.look();
  }

  /** Nothing is missing, and nothing comes any more. Where something is missing there is no segment to say it in. */
  async #markClosed(): Promise<void> {
    if (this.#pending.count > 0) await this.#write();
    await this.#segment?.write(Buffer.from(`${encodeClosed(this.#seq)}\n`));
    await this.#segment?.sync();
  }

  async #sync(): Promise<void> {
    await this.#segment?.sync();
    this.#unsyncedSince = undefined;
  }

  /** Goes on in a new segment while the fold of all before is written beside it. */
  async #rotate(): Promise<void> {
    await this.#newSegment();
    this.#wantsSnapshot = false;
    this.#folding = this.#fold()
      .catch((failure: unknown) => {
        // The old fold and what came after it are all there: nothing is lost but time.
        this.#parts.log.warn(`A journal could not be folded: ${sentence(failure)}`);
        this.#wantsSnapshot = true;
        this.#snapshotAt = this.#now() + JOURNAL_LIMITS.retryMost;
      })
      .finally(() => {
        this.#folding = undefined;
        this.#wake();
      });
  }

  async #fold(): Promise<void> {
    const { disk, folder, clock } = this.#parts;
    const session = this.#parts.fold();
    if (session === undefined) return;
    const from = this.#number;
    this.#pending.turn();
    this.#tailBytes = 0;
    this.#segments = 1;
    const written = await writeSnapshot(disk, folder, session, from, this.#blobs, clock.id());
    this.#from = from;
    this.#snapshotBytes = written.bytes;
    this.#blobsOfSnapshot = written.blobs;
    this.#wantsSweep = true;
  }

  /** Begins again from the fold, after the disk refused something. */
  async #mend(): Promise<void> {
    await this.#folding;
    await this.#prepareFolder();
    this.#unsyncedSince = undefined;
    await this.#newSegment();
    // From here on events are kept again, and those before are in the fold that is taken now.
    this.#state = 'writing';
    await this.#fold();
    this.#retry = JOURNAL_LIMITS.retry;
    this.#trouble = undefined;
    this.#parts.changed();
  }

  /** Removes what no longer counts. What cannot be removed is removed the next time. */
  async #sweep(): Promise<void> {
    this.#wantsSweep = false;
    const { disk, folder, log } = this.#parts;
    try {
      for (const name of await disk.list(folder)) {
        const number = segmentNumber(name);
        const old = number === undefined ? name.endsWith(UNFINISHED) : number < this.#from;
        if (old) await disk.remove(`${folder}/${name}`);
      }
      await this.#blobs.keepOnly(new Set([...this.#blobsOfSnapshot, ...this.#pending.named]));
    } catch (failure) {
      log.debug(`What a journal no longer needs could not be removed: ${sentence(failure)}`);
    }
  }

  /** What its lock tells of itself. */
  lost(why: LockLoss): void {
    this.#lock = undefined;
    if (this.#state === 'ended') return;
    if (why === 'gone') {
      this.#lockLost = true;
      this.#wake();
    } else this.#fail(new Failure('locked', 'Another window has taken this session over.'));
  }

  #fail(failure: unknown): void {
    const segment = this.#segment;
    this.#segment = undefined;
    segment?.close().catch(() => undefined);
    if (this.#state === 'ended') return;
    const over = failure instanceof Failure && failure.code === 'locked';
    this.#state = over ? 'ended' : 'damaged';
    // Nothing comes after it that would tell those who wait.
    if (over) for (const settle of this.#waiters.splice(0)) settle();
    // Who finds the folder gone has no lock in the one that is made next.
    this.#relock ||= this.#lockLost || errnoOf(failure) === 'ENOENT';
    this.#lockLost = false;
    this.#pending.take();
    this.#unsyncedSince = undefined;
    this.#blobs.forget();
    this.#retryAt = this.#now() + this.#retry;
    this.#retry = Math.min(this.#retry * 2, JOURNAL_LIMITS.retryMost);
    const trouble = failure instanceof Failure ? failure.message : diskTrouble(failure);
    if (trouble === this.#trouble) return;
    this.#trouble = trouble;
    this.#parts.log.warn(`A session is in memory only: ${trouble}`);
    this.#parts.changed();
  }
}
