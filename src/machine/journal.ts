import type { Clock } from '../base/clock.ts';
import { Emitter } from '../base/event.ts';
import { Failure, sentence } from '../base/failure.ts';
import type { Log } from '../base/log.ts';
import type { Logged } from '../model/event.ts';
import type { Session, SessionKey } from '../model/session.ts';
import type { Flags, Journal, JournalState, Look, Stored, StoredSummary, Trimmed } from '../router/journal.ts';
import { headerOf } from '../router/journal.ts';
import { parse } from '../router/journalLine.ts';
import { foldStored } from '../router/restore.ts';
import { readFlags, readSummary, type ShownSummary, shownSummary } from '../router/storedSummary.ts';
import { shortened } from '../router/shorten.ts';
import { Bell, isRing } from './bell.ts';
import { Blobs } from './blobs.ts';
import { type ReadSession, readSession } from './claim.ts';
import { type Disk, diskTrouble, errnoOf, writeWhole } from './disk.ts';
import { trimTo } from './journalCap.ts';
import { BLOBS, folderSize, folderStamp, readFolder, readMoving } from './journalFolder.ts';
import type { Lock, LockLoss, Locks } from './lock.ts';
import { SessionJournal, type SessionJournalParts } from './sessionJournal.ts';
import { SUMMARY } from './summaryFile.ts';

export interface FileJournalParts {
  /** Absolute; made when it is first needed. */
  readonly root: string;
  readonly disk: Disk;
  readonly clock: Clock;
  readonly log: Log;
  readonly locks: Locks;
  /** The session as it is now, with everything folded that was appended; undefined when it is not open. */
  fold(key: SessionKey): Session | undefined;
}

const FLAGS = 'flags.json';
const SESSION = 'session-';
/** What is being removed: no session any more, however much of it is left. */
const ERASED = 'erased-';

/** The journal in files: a folder for each session. */
export class FileJournal implements Journal, AsyncDisposable {
  readonly #parts: FileJournalParts;
  readonly #open = new Map<SessionKey, SessionJournal>();
  /** Sessions whose writing is being ended: as they were then, since their owner may have let go of them already. */
  readonly #closing = new Map<SessionKey, { readonly session: Session | undefined; readonly done: Promise<void> }>();
  readonly #changed: Emitter<JournalState>;
  readonly #folded: Emitter<SessionKey>;
  readonly #bell: Bell;
  #state: JournalState = { kind: 'ok' };
  /** Flags are read, changed and written: two at once would lose one. */
  #marking: Promise<unknown> = Promise.resolve();

  constructor(parts: FileJournalParts) {
    this.#parts = parts;
    const failed = (failure: unknown): void =>
      parts.log.error(`A listener of the journal failed: ${sentence(failure)}`);
    this.#changed = new Emitter(failed);
    this.#folded = new Emitter(failed);
    this.#bell = new Bell(parts);
  }

  get state(): JournalState {
    return this.#state;
  }

  get onState(): Journal['onState'] {
    return this.#changed.event;
  }

  get onFolded(): Journal['onFolded'] {
    return this.#folded.event;
  }

  begin(session: Session): void {
    const { key } = session;
    if (!this.#open.has(key)) this.#open.set(key, new SessionJournal(this.#sessionParts(key), headerOf(session)));
  }

  keepLarge(key: SessionKey, text: string): string | undefined {
    return this.#open.get(key)?.keepLarge(text);
  }

  async readLarge(key: SessionKey, name: string): Promise<string> {
    const blobs = this.#open.get(key)?.blobs ?? this.#blobs(this.#folder(key));
    const text = await blobs.read(name).catch(() => undefined);
    if (text === undefined) throw new Failure('missing', 'This text is not stored here any more.');
    return text;
  }

  append(key: SessionKey, logged: readonly Logged[]): void {
    if (logged.length > 0) this.#open.get(key)?.append(logged);
  }

  checkpoint(key: SessionKey): void {
    this.#open.get(key)?.checkpoint();
  }

  async load(key: SessionKey, signal: AbortSignal): Promise<Stored> {
    signal.throwIfAborted();
    if (this.#open.has(key)) throw new Failure('locked', 'This session is open already.');
    await this.#closing.get(key)?.done;
    const folder = this.#folder(key);
    // What is lost before there is a writer is told to it once there is one.
    const told: { lost?: LockLoss; writer?: SessionJournal } = {};
    const lock = await this.#take(folder, (why) => {
      told.lost = why;
      told.writer?.lost(why);
    });
    let content: ReadSession;
    try {
      content = await readSession(this.#parts.disk, folder, this.#blobs(folder), lock, signal);
    } catch (failure) {
      if (!(lock instanceof Error)) await lock.release();
      throw failure instanceof Failure || signal.aborted ? failure : unreadable(failure);
    }
    const next = this.#parts.clock.id();
    const header = content.closed ? content.header : { ...content.header, epoch: next };
    const writer = new SessionJournal(this.#sessionParts(key), header, content);
    told.writer = writer;
    this.#open.set(key, writer);
    const started = await writer.start(lock, next);
    if (told.lost !== undefined) writer.lost(told.lost);
    const { snapshot, tail, tornBytes } = content;
    return {
      header: started ? header : { ...header, epoch: next },
      ...(snapshot === undefined ? {} : { snapshot }),
      tail,
      clean: content.closed && started,
      tornBytes,
      lost: content.lost,
    };
  }

  async look(key: SessionKey, since: string | undefined, signal: AbortSignal): Promise<Look> {
    const { disk, locks } = this.#parts;
    const folder = this.#folder(key);
    const [stamp, held] = [await folderStamp(disk, folder), await locks.isHeld(folder)];
    if (stamp === since) return { held, stamp };
    try {
      return { held, stamp, stored: await readMoving(disk, folder, this.#blobs(folder), signal) };
    } catch (failure) {
      throw failure instanceof Failure || signal.aborted ? failure : unreadable(failure);
    }
  }

  async list(signal: AbortSignal): Promise<readonly StoredSummary[]> {
    const summaries: StoredSummary[] = [];
    for (const name of await this.#names()) {
      signal.throwIfAborted();
      const path = `${this.#parts.root}/${name}`;
      if (name.startsWith(ERASED) || isRing(name)) await this.#parts.disk.removeFolder(path).catch(() => undefined);
      if (!name.startsWith(SESSION)) continue;
      const shown = await this.#shown(keyOf(name), signal);
      if (shown === undefined) continue;
      const elsewhere = !this.#has(shown.key) && (await this.#parts.locks.isHeld(path));
      summaries.push({ ...shown, ...(await this.#flags(path)), elsewhere });
    }
    return summaries.sort((a, b) => b.changedAt - a.changedAt);
  }

  mark(key: SessionKey, flags: Partial<Flags>): Promise<void> {
    const { disk, clock } = this.#parts;
    const folder = this.#folder(key);
    const marked = this.#marking.then(async () => {
      try {
        if (this.#open.has(key)) await disk.makeFolder(folder);
        const text = JSON.stringify({ ...(await this.#flags(folder)), ...flags });
        await writeWhole(disk, folder, FLAGS, [Buffer.from(text)], clock.id());
        this.#bell.ring();
      } catch (failure) {
        if (errnoOf(failure) === 'ENOENT' && !this.#open.has(key)) throw notHere();
        throw new Failure('not stored', `This could not be stored. ${diskTrouble(failure)}`, undefined, {
          cause: failure,
        });
      }
    });
    this.#marking = marked.catch(() => undefined);
    return marked;
  }

  async flush(): Promise<void> {
    await Promise.all([...this.#open.values()].map((journal) => journal.flush()));
  }

  async close(key: SessionKey): Promise<void> {
    const journal = this.#open.get(key);
    if (journal === undefined) return await this.#closing.get(key)?.done;
    // In this order: what ends is the journal of now, whatever becomes of the session in the same moment.
    const session = this.#parts.fold(key);
    this.#open.delete(key);
    const { promise: done, resolve } = Promise.withResolvers<void>();
    this.#closing.set(key, { session, done });
    try {
      await journal.close();
    } finally {
      this.#closing.delete(key);
      this.#tellState();
      resolve();
    }
  }

  async erase(key: SessionKey): Promise<void> {
    await this.#closing.get(key)?.done;
    const journal = this.#open.get(key);
    this.#open.delete(key);
    await journal?.abandon();
    this.#tellState();
    const { disk, root, clock } = this.#parts;
    const folder = this.#folder(key);
    try {
      // Nobody's but ours; and not open any more, since Windows moves no folder with an open file in it.
      const lock = await this.#take(folder, () => undefined);
      // On a full disk no lock can be made, but it was seen that nobody has one; of another error not even that is known.
      if (lock instanceof Error && errnoOf(lock) !== 'ENOSPC' && errnoOf(lock) !== 'EDQUOT') throw lock;
      if (!(lock instanceof Error)) await lock.release();
      const away = `${root}/${ERASED}${clock.id()}`;
      await disk.rename(folder, away);
      await disk.syncFolder(root);
      await disk.removeFolder(away);
    } catch (failure) {
      if (failure instanceof Failure && failure.code === 'missing') return;
      if (failure instanceof Failure) throw failure;
      throw new Failure('not erased', `The session could not be erased. ${diskTrouble(failure)}`, undefined, {
        cause: failure,
      });
    }
  }

  async eraseAll(): Promise<void> {
    const failures: unknown[] = [];
    for (const name of await this.#names()) {
      if (!name.startsWith(SESSION)) continue;
      await this.erase(keyOf(name)).catch((failure: unknown) => failures.push(failure));
    }
    const [first] = failures;
    if (first === undefined) return;
    throw new Failure('not erased', `${failures.length} sessions could not be erased. ${sentence(first)}`);
  }

  async trim(most: number, signal: AbortSignal): Promise<Trimmed> {
    const stored = [...(await this.list(signal))].reverse().sort((a, b) => Number(a.pinned) - Number(b.pinned));
    return await trimTo(
      most,
      {
        sessions: stored.map(({ key }) => key),
        weigh: (key) => folderSize(this.#parts.disk, this.#folder(key)),
        shorten: (key, keep) => this.#shorten(key, keep, signal),
      },
      signal,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#open.keys(), ...this.#closing.keys()].map((key) => this.close(key)));
    await this.#bell.silence();
    this.#changed.dispose();
    this.#folded.dispose();
  }

  /** Never rejects but when it is aborted: one that cannot be shortened is as long as before. */
  async #shorten(key: SessionKey, keep: number, signal: AbortSignal): Promise<number> {
    if (this.#has(key)) return 0;
    // Whoever wants to open it meanwhile waits for the end of this.
    const { promise: done, resolve } = Promise.withResolvers<void>();
    this.#closing.set(key, { session: undefined, done });
    try {
      const lock = await this.#take(this.#folder(key), () => undefined);
      return lock instanceof Error ? 0 : await this.#rewrite(key, keep, lock, signal);
    } catch (failure) {
      if (signal.aborted) throw failure;
      this.#parts.log.debug(`A session could not be shortened: ${sentence(failure)}`);
      return 0;
    } finally {
      this.#closing.delete(key);
      resolve();
    }
  }

  async #rewrite(key: SessionKey, keep: number, lock: Lock, signal: AbortSignal): Promise<number> {
    const { disk, clock } = this.#parts;
    const folder = this.#folder(key);
    const read = await readFolder(disk, folder, this.#blobs(folder), signal).catch(async (failure: unknown) => {
      await lock.release();
      throw failure;
    });
    const { events, values, snapshot } = read.lost;
    // What cannot be read now may be readable later; folded without it, it would be gone for good.
    const short = snapshot || events + values > 0 ? undefined : shortened(foldStored(read), keep, clock.id());
    if (short === undefined) {
      await lock.release();
      return 0;
    }
    const parts = { ...this.#sessionParts(key), fold: () => short.session };
    const writer = new SessionJournal(parts, headerOf(short.session), read);
    const isWhole = (await writer.start(lock, clock.id())) && (await writer.compact());
    // One that ended without warning keeps that for whoever opens it.
    await (isWhole && read.closed ? writer.close() : writer.abandon());
    return isWhole ? short.dropped : 0;
  }

  /** An error of the disk is given back: what cannot be locked can still be read, and gone on with in memory. */
  async #take(folder: string, lost: (why: LockLoss) => void): Promise<Lock | Error> {
    try {
      return await this.#parts.locks.take(folder, lost);
    } catch (failure) {
      if (failure instanceof Failure) throw failure;
      if (errnoOf(failure) === 'ENOENT') throw notHere();
      return failure instanceof Error ? failure : new Error(String(failure));
    }
  }

  #has(key: SessionKey): boolean {
    return this.#open.has(key) || this.#closing.has(key);
  }

  async #names(): Promise<readonly string[]> {
    const { disk, root, log } = this.#parts;
    try {
      return await disk.list(root);
    } catch (failure) {
      if (errnoOf(failure) !== 'ENOENT') log.warn(`The stored sessions could not be listed: ${sentence(failure)}`);
      return [];
    }
  }

  async #shown(key: SessionKey, signal: AbortSignal): Promise<ShownSummary | undefined> {
    const session = this.#parts.fold(key) ?? this.#closing.get(key)?.session;
    if (session !== undefined) return shownSummary(session);
    const folder = this.#folder(key);
    const summary = readSummary(parse(await this.#text(`${folder}/${SUMMARY}`)));
    if (summary?.key === key) return summary;
    try {
      return shownSummary(foldStored(await readFolder(this.#parts.disk, folder, this.#blobs(folder), signal)));
    } catch {
      return undefined;
    }
  }

  async #flags(folder: string): Promise<Flags> {
    return readFlags(parse(await this.#text(`${folder}/${FLAGS}`)));
  }

  #text(path: string): Promise<string> {
    return this.#parts.disk.read(path).then(
      (bytes) => Buffer.from(bytes).toString('utf8'),
      () => '',
    );
  }

  #folder(key: SessionKey): string {
    // A key is a name of ours; anything else must not lead out of the folder.
    return `${this.#parts.root}/${SESSION}${encodeURIComponent(key).replaceAll('.', '%2E')}`;
  }

  #blobs(folder: string): Blobs {
    return new Blobs(this.#parts.disk, `${folder}/${BLOBS}`, () => this.#parts.clock.id());
  }

  #sessionParts(key: SessionKey): SessionJournalParts {
    const { disk, clock, log, locks } = this.#parts;
    const fold = (): Session | undefined => this.#parts.fold(key) ?? this.#closing.get(key)?.session;
    return {
      folder: this.#folder(key),
      disk,
      clock,
      log,
      locks,
      fold,
      changed: () => this.#tellState(),
      listed: () => this.#bell.ring(),
      folded: () => this.#folded.fire(key),
    };
  }

  /** Tells when there is another trouble than before. */
  #tellState(): void {
    const troubles = [...this.#open.values()].flatMap(({ trouble }) => trouble ?? []);
    const [reason] = troubles;
    const before = this.#state.kind === 'ok' ? undefined : this.#state.reason;
    if (reason === before) return;
    this.#state = reason === undefined ? { kind: 'ok' } : { kind: 'memory only', reason };
    this.#changed.fire(this.#state);
  }
}

const keyOf = (name: string): SessionKey => {
  const text = name.slice(SESSION.length);
  try {
    return decodeURIComponent(text) as SessionKey;
  } catch {
    return text as SessionKey;
  }
};

const notHere = (): Failure => new Failure('missing', 'This session is not stored here.');

const unreadable = (failure: unknown): Failure =>
  new Failure('unreadable', `The session could not be read. ${diskTrouble(failure)}`, undefined, { cause: failure });
