import type { Clock } from '../base/clock.ts';
import { Emitter } from '../base/event.ts';
import { Failure, sentence } from '../base/failure.ts';
import type { Log } from '../base/log.ts';
import type { Logged } from '../model/event.ts';
import type { Session, SessionKey } from '../model/session.ts';
import type { Flags, Journal, JournalState, Stored, StoredSummary } from '../router/journal.ts';
import { headerOf } from '../router/journal.ts';
import { parse } from '../router/journalLine.ts';
import { foldStored } from '../router/restore.ts';
import { readFlags, readSummary, type ShownSummary, shownSummary } from '../router/storedSummary.ts';
import { Blobs } from './blobs.ts';
import { type Disk, diskTrouble, errnoOf, writeWhole } from './disk.ts';
import { type FolderContent, readFolder } from './journalFolder.ts';
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
  #state: JournalState = { kind: 'ok' };
  /** Flags are read, changed and written: two at once would lose one. */
  #marking: Promise<unknown> = Promise.resolve();

  constructor(parts: FileJournalParts) {
    this.#parts = parts;
    this.#changed = new Emitter((failure) => parts.log.error(`A listener of the journal failed: ${sentence(failure)}`));
  }

  get state(): JournalState {
    return this.#state;
  }

  get onState(): Journal['onState'] {
    return this.#changed.event;
  }

  begin(session: Session): void {
    const { key } = session;
    if (!this.#open.has(key)) this.#open.set(key, new SessionJournal(this.#sessionParts(key), headerOf(session)));
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
    let content: FolderContent;
    try {
      content = await readFolder(this.#parts.disk, folder, this.#blobs(folder), signal);
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

  async list(signal: AbortSignal): Promise<readonly StoredSummary[]> {
    const summaries: StoredSummary[] = [];
    for (const name of await this.#names()) {
      signal.throwIfAborted();
      const path = `${this.#parts.root}/${name}`;
      if (name.startsWith(ERASED)) await this.#parts.disk.removeFolder(path).catch(() => undefined);
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
      this.#look();
      resolve();
    }
  }

  async erase(key: SessionKey): Promise<void> {
    await this.#closing.get(key)?.done;
    const journal = this.#open.get(key);
    this.#open.delete(key);
    await journal?.abandon();
    this.#look();
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

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#open.keys(), ...this.#closing.keys()].map((key) => this.close(key)));
    this.#changed.dispose();
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
    return new Blobs(this.#parts.disk, `${folder}/blobs`, () => this.#parts.clock.id());
  }

  #sessionParts(key: SessionKey): SessionJournalParts {
    const { disk, clock, log, locks } = this.#parts;
    const fold = (): Session | undefined => this.#parts.fold(key) ?? this.#closing.get(key)?.session;
    return { folder: this.#folder(key), disk, clock, log, locks, fold, changed: () => this.#look() };
  }

  /** Tells when there is another trouble than before. */
  #look(): void {
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
