/**
 * The sessions of this process.
 *
 * S1 `append` is the only way state enters: number, fold, journal, announce. When it returns, the state is new.
 * S2 Numbers are dense from 1 in each session, and announced in their order, each once, whoever appends from where.
 * S3 A listener that fails keeps nobody else from hearing.
 * S4 What an agent says at once and is large is kept apart, where there is a journal for it, before it enters.
 * S5 What is held to catch a surface up is bounded ({@link LIMITS}).
 * S6 A session that lives in another store is mirrored: it has that store's numbers, nothing of it is kept here, and
 *    nothing of ours enters it.
 */
import type { Clock } from '../base/clock.ts';
import type { Disposable } from '../base/disposable.ts';
import { Emitter, type Event } from '../base/event.ts';
import { Failure, sentence } from '../base/failure.ts';
import type { Log } from '../base/log.ts';
import type { Emitted, Logged } from '../model/event.ts';
import { reduce } from '../model/reduce.ts';
import { emptySession, type Cursor, type Position, type Session, type SessionKey } from '../model/session.ts';
import { sameSummary, summary, type Summary } from '../model/summary.ts';
import { Held } from './held.ts';
import type { Journal } from './journal.ts';
import { keptApart } from './keepApart.ts';

export interface Appended {
  readonly key: SessionKey;
  /** As it was after exactly these events. */
  readonly session: Session;
  readonly logged: readonly Logged[];
}

/** Differences of the list of sessions; one that is in both was removed first. */
export interface Listed {
  readonly sessions: readonly Summary[];
  readonly removed: readonly SessionKey[];
}

/** What the store does for good with a session: it begins it or adopts it, appends to it, and closes it when it lets go of it. */
export type StoreJournal = Pick<Journal, 'begin' | 'keepLarge' | 'append' | 'close'>;

interface Slot {
  session: Session;
  listed: Summary;
  held: Held;
  /** It lives in another store. */
  readonly mirrored?: true;
}

export class SessionStore implements Disposable {
  readonly #clock: Clock;
  readonly #journal: StoreJournal;
  readonly #log: Log;
  readonly #slots = new Map<SessionKey, Slot>();
  readonly #appended: Emitter<Appended>;
  readonly #listed: Emitter<Listed>;
  /** Announcements that wait for the one being made: a listener may append, and order must hold for those after it. */
  readonly #waiting: (() => void)[] = [];
  #announcing = false;

  constructor(parts: { readonly clock: Clock; readonly journal: StoreJournal; readonly log: Log }) {
    this.#clock = parts.clock;
    this.#journal = parts.journal;
    this.#log = parts.log;
    const failed = (failure: unknown): void => this.#log.error(`A listener of the store failed: ${sentence(failure)}`);
    this.#appended = new Emitter(failed);
    this.#listed = new Emitter(failed);
  }

  get onAppended(): Event<Appended> {
    return this.#appended.event;
  }

  get onListed(): Event<Listed> {
    return this.#listed.event;
  }

  /** @throws Failure `exists` */
  open(about: Pick<Session, 'key' | 'backend' | 'agentLabel' | 'title' | 'cwd' | 'machine' | 'owns'>): Session {
    if (this.#slots.has(about.key)) throw new Failure('exists', 'A session with this key is already open.');
    const session = emptySession({ ...about, createdAt: this.#clock.now(), epoch: this.#clock.id() });
    const listed = summary(session);
    this.#slots.set(about.key, { session, listed, held: new Held() });
    this.#journal.begin(session);
    this.#announce(() => this.#listed.fire({ sessions: [listed], removed: [] }));
    return session;
  }

  /** Takes in a session as it was left, with what has become of it since: nobody sees it without that. @throws Failure `exists` */
  adopt(session: Session, events: readonly Emitted[]): Session {
    const { key, at } = session;
    if (this.#slots.has(key)) throw new Failure('exists', 'A session with this key is already open.');
    const logged = this.#number(at.seq, events, undefined);
    const now = reduce(session, logged);
    const listed = summary(now);
    const held = new Held();
    held.add(logged);
    this.#slots.set(key, { session: now, listed, held });
    if (logged.length > 0) this.#journal.append(key, logged);
    this.#announce(() => this.#listed.fire({ sessions: [listed], removed: [] }));
    return now;
  }

  /** Events of a session that is not here (any more) are ignored: an agent may still speak of what was closed. */
  append(key: SessionKey, events: readonly Emitted[], cursor?: Cursor): void {
    const slot = this.#slots.get(key);
    if (slot === undefined) {
      this.#log.debug(`${events.length} events for a session that is not open were ignored.`);
      return;
    }
    if (slot.mirrored === true) {
      this.#log.debug(`${events.length} events of ours for a session that lives elsewhere were ignored.`);
      return;
    }
    if (events.length === 0) return;
    const keep = (text: string): string | undefined => this.#journal.keepLarge(key, text);
    const kept = events.map((emitted) => keptApart(emitted, keep));
    const logged = this.#number(slot.session.at.seq, kept, cursor);
    const session = reduce(slot.session, logged);
    slot.session = session;
    slot.held.add(logged);
    this.#journal.append(key, logged);
    this.#tell(slot, logged);
  }

  /**
   * A session as it is in the store that it lives in, after exactly these events of that store; without them it is taken
   * as it is, whatever was known of it.
   * @throws Failure `exists`, for one that lives here
   */
  mirror(session: Session, logged: readonly Logged[]): void {
    const { key, at } = session;
    const known = this.#slots.get(key);
    if (known !== undefined && known.mirrored !== true)
      throw new Failure('exists', 'A session with this key is already open.');
    const slot = known ?? { session, listed: summary(session), held: new Held(), mirrored: true };
    const before = slot.session.at;
    const follows = before.epoch === at.epoch && (logged[0]?.seq ?? at.seq + 1) === before.seq + 1;
    if (!follows) slot.held = new Held();
    slot.held.add(logged);
    slot.session = session;
    if (known === undefined) {
      this.#slots.set(key, slot);
      this.#announce(() => this.#listed.fire({ sessions: [slot.listed], removed: [] }));
    }
    this.#tell(slot, logged);
  }

  /** Whether it lives in another store. */
  isMirrored(key: SessionKey): boolean {
    return this.#slots.get(key)?.mirrored === true;
  }

  get(key: SessionKey): Session | undefined {
    return this.#slots.get(key)?.session;
  }

  all(): readonly Session[] {
    return [...this.#slots.values()].map((slot) => slot.session);
  }

  remove(key: SessionKey): void {
    if (!this.#slots.has(key)) return;
    // First of all: what is kept is the session as it is now.
    if (this.#slots.get(key)?.mirrored !== true) void this.#journal.close(key);
    this.#slots.delete(key);
    this.#announce(() => this.#listed.fire({ sessions: [], removed: [key] }));
  }

  /** The events after the position; undefined where only a snapshot helps: another epoch, too long ago, or not yet. */
  held(key: SessionKey, position: Position): readonly Logged[] | undefined {
    const slot = this.#slots.get(key);
    if (slot === undefined || position.epoch !== slot.session.at.epoch) return undefined;
    return slot.held.after(position.seq, slot.session.at.seq);
  }

  dispose(): void {
    this.#appended.dispose();
    this.#listed.dispose();
    this.#slots.clear();
    this.#waiting.length = 0;
  }

  #number(last: number, events: readonly Emitted[], cursor: Cursor | undefined): readonly Logged[] {
    const at = this.#clock.now();
    const logged = events.map(({ event, raw }, index): Logged => {
      const seq = last + index + 1;
      return raw === undefined ? { seq, at, event } : { seq, at, event, raw };
    });
    const end = logged.at(-1);
    // The far side's position counts for the batch as a whole: half of it is no place to go on from.
    if (cursor !== undefined && end !== undefined) logged[logged.length - 1] = { ...end, cursor };
    return logged;
  }

  #tell(slot: Slot, logged: readonly Logged[]): void {
    const { session } = slot;
    this.#announce(() => this.#appended.fire({ key: session.key, session, logged }));
    if (this.#slots.get(session.key) !== slot) return;
    // What listeners have appended meanwhile has been told already.
    const now = summary(slot.session);
    if (sameSummary(slot.listed, now)) return;
    slot.listed = now;
    this.#announce(() => this.#listed.fire({ sessions: [now], removed: [] }));
  }

  #announce(fire: () => void): void {
    this.#waiting.push(fire);
    if (this.#announcing) return;
    this.#announcing = true;
    try {
      for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) next();
    } finally {
      this.#announcing = false;
    }
  }
}
