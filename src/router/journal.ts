/**
 * What is kept of sessions for good.
 *
 * J1 `append` is synchronous and never throws: a disk that fails is the journal's own trouble, told by `onState`.
 * J2 An event is written 20 ms and forced to the disk 50 ms after its append at the latest, plus what the disk itself
 *    takes. A process that dies loses the first at most, a machine that loses its power the second.
 * J3 What may be missing is said: an end without `close` makes a new epoch, and `clean` is false.
 * J4 A session has one writer. A second one is refused while the first lives, and takes over when it is gone.
 * J5 While the disk fails the session goes on in memory, and the journal keeps nothing of it: when the disk is back it
 *    asks its owner for the fold and goes on from there.
 * J6 Opening reads the last fold and what came after it, however long the session is.
 * J7 All sessions together stay within a limit, as far as those that nobody has open can be shortened; they say so.
 * J8 What another process writes can be read meanwhile, and is not touched.
 */
import type { Event } from '../base/event.ts';
import type { Logged } from '../model/event.ts';
import type { Session, SessionKey } from '../model/session.ts';
import type { SessionState } from '../model/summary.ts';

/** What a session is begun with: all that a fold needs before its first event. */
export type SessionHeader = Pick<
  Session,
  'key' | 'backend' | 'agentLabel' | 'title' | 'cwd' | 'machine' | 'createdAt' | 'owns'
> & {
  readonly epoch: string;
};

export const headerOf = (session: Session): SessionHeader => {
  const { key, backend, agentLabel, title, cwd, machine, createdAt, owns, at } = session;
  const where = machine === undefined ? { cwd } : { cwd, machine };
  return { key, backend, agentLabel, title, ...where, createdAt, owns, epoch: at.epoch };
};

export interface Journal {
  /** Begins the journal of a new session, which has no event yet. */
  begin(session: Session): void;
  /**
   * Keeps a large text apart from the event that is appended next, and returns its name, by which that event tells of
   * it. Undefined: the session is not kept, or the disk fails. Never throws.
   */
  keepLarge(key: SessionKey, text: string): string | undefined;
  /** @throws Failure `missing`: nothing has that name (any more), or it cannot be read */
  readLarge(key: SessionKey, name: string): Promise<string>;
  /** The numbers follow those of `begin`, of `load` or of the last `append`. A session that was not begun or loaded is not kept. */
  append(key: SessionKey, logged: readonly Logged[]): void;
  /** Replaces everything so far by the fold, soon. Happens by itself when what came after the last fold has grown. */
  checkpoint(key: SessionKey): void;
  /**
   * Reads a session and becomes its writer.
   * @throws Failure `missing`; `locked`, another process has it; `newer`, a later version wrote it; `unreadable`
   */
  load(key: SessionKey, signal: AbortSignal): Promise<Stored>;
  /**
   * What another process keeps of a session, as it is at the moment, without becoming its writer. Nothing is read where
   * `since`, the stamp of an earlier look, still holds.
   * @throws Failure `missing`, `newer`, `unreadable`
   */
  look(key: SessionKey, since: string | undefined, signal: AbortSignal): Promise<Look>;
  /** What is stored, newest first, those that are open here included. Never rejects for what cannot be read. */
  list(signal: AbortSignal): Promise<readonly StoredSummary[]>;
  /** Sets the flags of a session, open or not. @throws Failure `missing`, `not stored` */
  mark(key: SessionKey, flags: Partial<Flags>): Promise<void>;
  /** Settles when everything appended so far is on the disk, or when the disk has refused it. */
  flush(): Promise<void>;
  /** Ends the writing of a session, as it is now, with the mark that nothing is missing. It can be loaded again. Never rejects. */
  close(key: SessionKey): Promise<void>;
  /** @throws Failure `locked`, or `not erased` with the reason */
  erase(key: SessionKey): Promise<void>;
  /** Erases all that no other process has. @throws Failure `not erased`, when something is left */
  eraseAll(): Promise<void>;
  /**
   * Drops the older parts of sessions that nobody has open, the oldest first, until all sessions together take `most`
   * bytes at most. Prompts that wait stay, and a notice in the transcript says what went.
   */
  trim(most: number, signal: AbortSignal): Promise<Trimmed>;
  readonly state: JournalState;
  readonly onState: Event<JournalState>;
  /** A session has grown so much that it was folded. */
  readonly onFolded: Event<SessionKey>;
}

export interface Look {
  /** Whether the other process still has it. */
  readonly held: boolean;
  readonly stamp: string;
  /** Missing: it is what it was. */
  readonly stored?: Pick<Stored, 'header' | 'snapshot' | 'tail'>;
}

/** How many sessions were shortened, by how many entries, and the bytes that all sessions take now. */
export interface Trimmed {
  readonly sessions: number;
  readonly entries: number;
  readonly bytes: number;
}

/** `memory only`: something appended is not on the disk and may never be; `reason` is a sentence for a person. */
export type JournalState = { readonly kind: 'ok' } | { readonly kind: 'memory only'; readonly reason: string };

/** A session as it was read. Folding `tail` over `snapshot` (or over an empty session of `header`) gives its state. */
export interface Stored {
  /** With the epoch to go on with: the old one after a clean close, else a new one. */
  readonly header: SessionHeader;
  readonly snapshot?: Session;
  readonly tail: readonly Logged[];
  /** Everything that was ever appended is here. */
  readonly clean: boolean;
  /** Bytes at the end that were cut, since they were not written whole. */
  readonly tornBytes: number;
  readonly lost: Lost;
}

/** What should be there and cannot be read: the disk's fault, not that of an end without warning. */
export interface Lost {
  readonly events: number;
  /** Large texts and images that are left out of their events. */
  readonly values: number;
  /** The fold of everything before the tail. */
  readonly snapshot: boolean;
}

export interface Flags {
  readonly pinned: boolean;
  readonly archived: boolean;
}

/** What a list shows of a session that is not open, as it was when it was last written. */
export interface StoredSummary extends Flags {
  readonly key: SessionKey;
  readonly backend: string;
  readonly agentLabel: string;
  readonly title: string;
  readonly cwd: string;
  readonly machine?: string;
  readonly createdAt: number;
  readonly changedAt: number;
  readonly state: SessionState;
  /** Another process has it open. */
  readonly elsewhere: boolean;
}

/** Milliseconds and lengths (UTF-16 units) of the journal. */
export const JOURNAL_LIMITS = {
  /** From an append to its write, and to its sync. The second leaves the disk a few of the 50 ms. */
  writeDelay: 20,
  syncDelay: 45,
  /** From a change that a list shows to its being written. */
  summaryDelay: 1000,
  /** What comes after a fold before the next is made: this, or the length of the fold where that is more. */
  tail: 1024 * 1024,
  /** Files of a tail, one for each opening or trouble. */
  segments: 16,
  /** What waits for a disk that is slow; beyond it the session goes on from a fold. */
  pending: 8 * 1024 * 1024,
  /** A text inside an event that is longer is stored once, apart from the event. */
  value: 256 * 1024,
  /** Between two attempts at a disk that fails: doubled each time, up to the second. */
  retry: 250,
  retryMost: 30_000,
} as const;

/** The version of what is stored. A reader of an older one says so instead of guessing. */
export const JOURNAL_SCHEMA = 1;
