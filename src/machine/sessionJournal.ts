import type { Disposable } from '../base/disposable.ts';
import { Failure, sentence } from '../base/failure.ts';
import type { Logged } from '../model/event.ts';
import { JOURNAL_LIMITS, type SessionHeader } from '../router/journal.ts';
import { encodeClosed, encodeHeader } from '../router/journalLine.ts';
import { Blobs } from './blobs.ts';
import { diskTrouble, type DiskFile, errnoOf } from './disk.ts';
import { Claim, type ReadSession, takenOver } from './claim.ts';
import { BLOBS, createSegment, isLong, removeOld, writeSnapshot } from './journalFolder.ts';
import type { Lock, LockLoss, Locks } from './lock.ts';
import { PendingLines } from './pendingLines.ts';
import { Retry } from './retry.ts';
import { SummaryFile, type SummaryFileParts } from './summaryFile.ts';

export interface SessionJournalParts extends SummaryFileParts {
  readonly locks: Locks;
  /** `trouble` is another one. */
  changed(): void;
  /** A fold was written: what is stored has grown by about as much since the last one. */
  folded(): void;
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
  readonly blobs: Blobs;
  #header: SessionHeader;
  #state: 'opening' | 'writing' | 'damaged' | 'ended' = 'opening';
  #trouble: string | undefined;
  #seq: number;
  readonly #pending: PendingLines;
  #unsyncedSince: number | undefined;
  readonly #claim: Claim;
  #lockLost = false;
  /** Whoever had it before ended without warning. */
  readonly #isUnforced: boolean;
  #segment: DiskFile | undefined;
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
  readonly #retry = new Retry();
  #timer: Disposable | undefined;
  #working: Promise<void> | undefined;
  #waiters: (() => void)[] = [];

  /** Of a new session, or of one that was read; then `start` has to be called before anything else. */
  constructor(parts: SessionJournalParts, header: SessionHeader, read?: ReadSession) {
    this.#parts = parts;
    this.#header = header;
    this.blobs = new Blobs(parts.disk, `${parts.folder}/${BLOBS}`, () => parts.clock.id());
    this.#pending = new PendingLines(this.blobs);
    this.#summary = new SummaryFile(parts);
    this.#seq = read?.tail.at(-1)?.seq ?? read?.snapshot?.at.seq ?? 0;
    this.#claim = new Claim(parts, (why) => this.lost(why), read);
    this.#from = read?.from ?? 0;
    this.#tailBytes = read?.tailBytes ?? 0;
    this.#snapshotBytes = read?.snapshotBytes ?? 0;
    this.#segments = read?.segments ?? 0;
    this.#blobsOfSnapshot = read?.blobs ?? new Set();
    // What is missing is told by an event; folded, it is told once.
    this.#wantsSnapshot = read !== undefined && (read.lost.snapshot || read.lost.events + read.lost.values > 0);
    this.#isUnforced = read?.closed === false;
    this.#wantsSweep = read !== undefined;
    if (read === undefined) this.#wake();
  }

  /** Why the session is in memory only. */
  get trouble(): string | undefined {
    return this.#trouble;
  }

  /**
   * Takes away the mark of a clean end, for good, by beginning a segment. Where there is none, what could be read just now
   * may not have been forced to the disk, and would be a hole before what is written next: so that is the fold.
   * False: the disk refused it, and what is there still says that nothing came after it; only another epoch may go on.
   */
  async start(lock: Lock | Error, otherwise: string): Promise<boolean> {
    try {
      if (lock instanceof Error) throw lock;
      this.#claim.hold(lock);
      if (!this.#isUnforced) await this.#newSegment();
      this.#state = this.#isUnforced ? 'damaged' : 'writing';
      this.#parts.listed();
      return true;
    } catch (failure) {
      this.#header = { ...this.#header, epoch: otherwise };
      this.#fail(failure);
      return false;
    }
  }

  /** Undefined: what cannot be written now stays where it is. */
  keepLarge(text: string): string | undefined {
    return this.#state === 'opening' || this.#state === 'writing' ? this.#pending.keep(text) : undefined;
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

  /** As `checkpoint`, and settles when the fold is written and what it replaces is removed. False: that was refused. */
  async compact(): Promise<boolean> {
    this.#wantsSnapshot = true;
    await this.flush();
    await this.#folding;
    const isFolded = this.#state === 'writing' && !this.#wantsSnapshot;
    await this.flush();
    return isFolded;
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
    const ended = this.#claim.isHeld ? last() : Promise.resolve();
    await ended.catch((failure: unknown) => this.#parts.log.warn(`A journal was not closed: ${sentence(failure)}`));
    await this.#segment?.close().catch(() => undefined);
    this.#segment = undefined;
    await this.#claim.release();
    this.#parts.listed();
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
    if (this.#state === 'damaged') return this.#retry.at;
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
      if (now < this.#retry.at && !urgent) return undefined;
      // Nobody has the session at the moment: it is either about to be shown or already gone.
      return this.#parts.fold() === undefined ? this.#retry.later(now) : () => this.#mend();
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

  #isSnapshotDue(now: number): boolean {
    if (this.#folding !== undefined || now < this.#snapshotAt) return false;
    const due = this.#wantsSnapshot || isLong(this.#tailBytes, this.#snapshotBytes, this.#segments);
    return due && this.#parts.fold() !== undefined;
  }

  async #open(): Promise<void> {
    await this.#claim.prepare();
    await this.#newSegment();
    this.#state = 'writing';
  }

  async #newSegment(): Promise<void> {
    this.#claim.last += 1;
    const header = encodeHeader(this.#header, this.#seq - this.#pending.count);
    const file = await createSegment(this.#parts.disk, this.#parts.folder, this.#claim.last, header);
    await this.#segment?.close().catch(() => undefined);
    this.#segment = file;
    this.#segments += 1;
  }

  async #write(): Promise<void> {
    const { since } = this.#pending;
    const bytes = Buffer.from(this.#pending.take());
    await this.blobs.store();
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
    const from = this.#claim.last;
    this.#pending.turn();
    this.#tailBytes = 0;
    this.#segments = 1;
    const written = await writeSnapshot(disk, folder, session, from, this.blobs, clock.id());
    this.#from = from;
    this.#snapshotBytes = written.bytes;
    this.#blobsOfSnapshot = written.blobs;
    this.#wantsSweep = true;
    this.#parts.folded();
  }

  /** Begins again from the fold, after the disk refused something. */
  async #mend(): Promise<void> {
    await this.#folding;
    await this.#claim.prepare();
    this.#unsyncedSince = undefined;
    await this.#newSegment();
    // From here on events are kept again, and those before are in the fold that is taken now.
    this.#state = 'writing';
    this.#wantsSnapshot = false;
    await this.#fold();
    this.#retry.reset();
    this.#trouble = undefined;
    this.#parts.changed();
  }

  /** Removes what no longer counts. What cannot be removed is removed the next time. */
  async #sweep(): Promise<void> {
    this.#wantsSweep = false;
    const { disk, folder, log } = this.#parts;
    try {
      await removeOld(disk, folder, this.#from);
      await this.blobs.keepOnly((name) => this.#blobsOfSnapshot.has(name) || this.#pending.names(name));
    } catch (failure) {
      log.debug(`What a journal no longer needs could not be removed: ${sentence(failure)}`);
    }
  }

  /** What its lock tells of itself. */
  lost(why: LockLoss): void {
    this.#claim.lose();
    if (this.#state === 'ended') return;
    if (why === 'gone') {
      this.#lockLost = true;
      this.#wake();
    } else this.#fail(takenOver());
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
    if (this.#lockLost || errnoOf(failure) === 'ENOENT') this.#claim.foundGone();
    this.#lockLost = false;
    this.#pending.take();
    this.#unsyncedSince = undefined;
    this.blobs.forget();
    this.#retry.later(this.#now());
    const trouble = failure instanceof Failure ? failure.message : diskTrouble(failure);
    if (trouble === this.#trouble) return;
    this.#trouble = trouble;
    this.#parts.log.warn(`A session is in memory only: ${trouble}`);
    this.#parts.changed();
  }
}
