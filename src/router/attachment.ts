import type { Clock } from '../base/clock.ts';
import type { Disposable } from '../base/disposable.ts';
import type { Logged } from '../model/event.ts';
import { endOf } from '../model/older.ts';
import type { Position, Session, SessionKey } from '../model/session.ts';
import type { ToSurface } from '../protocol/view/messages.ts';
import { LIMITS } from './limits.ts';
import type { SessionStore } from './store.ts';

/** Where sessions are read: the store, or a journal that another process writes. */
export type Followed = Pick<SessionStore, 'get' | 'held'>;

/** What was sent and not acknowledged: the number it ends with, and how many events it carries. */
interface OpenMessage {
  readonly seq: number;
  readonly events: number;
}

/**
 * One surface following one session.
 *
 * It remembers a number and keeps no events: what comes next is read from the store when it may be sent, and when the
 * store does not hold it any more the surface gets a snapshot. So a surface that stands still costs nothing, and one
 * that is slow never falls behind by more than a snapshot.
 */
export class Attachment implements Disposable {
  readonly #key: SessionKey;
  readonly #store: Followed;
  readonly #clock: Clock;
  readonly #send: (message: ToSurface) => void;
  /** How far the surface is once it has folded what was sent; undefined: it needs a snapshot. */
  #sent: Position | undefined;
  #open: readonly OpenMessage[] = [];
  #lastSent = Number.NEGATIVE_INFINITY;
  /** The first page that the surface has, while those before it are on their way here themselves. */
  #wanted: number | undefined;
  readonly #pause: number;
  /** Until when less than a whole batch waits. */
  #pauseEnds = Number.NEGATIVE_INFINITY;
  #timer: Disposable | undefined;

  constructor(
    parts: {
      readonly key: SessionKey;
      readonly store: Followed;
      readonly clock: Clock;
      /** Milliseconds; see {@link LIMITS}. */
      readonly pause?: number;
      send(message: ToSurface): void;
    },
    position: Position | undefined,
  ) {
    this.#key = parts.key;
    this.#store = parts.store;
    this.#clock = parts.clock;
    this.#pause = parts.pause ?? LIMITS.viewPause;
    this.#send = (message) => parts.send(message);
    // Where it cannot go on from: another epoch, too long ago, or a number that was never given.
    const held = position && this.#store.held(this.#key, position);
    this.#sent = held && position;
    // One that is up to date gets an empty message: it has asked and would not know that it was heard.
    if (held?.length === 0 && position !== undefined) this.#events(position, []);
    else this.flush();
  }

  /** Sends what waits, as far as the surface's window and the pause between two messages allow. */
  flush(): void {
    if (this.#wanted !== undefined) this.older(this.#wanted);
    while (this.#mayOpen()) {
      const session = this.#store.get(this.#key);
      if (session === undefined) return;
      const waiting = session.at.seq - (this.#sent?.seq ?? 0);
      if (waiting === 0 && this.#sent?.epoch === session.at.epoch) return;
      if (waiting < LIMITS.viewBatch && this.#pauses()) return;
      const held = this.#sent && this.#store.held(this.#key, this.#sent);
      if (held === undefined || this.#sent === undefined) this.#snapshot(session);
      else this.#events(this.#sent, held.slice(0, LIMITS.viewBatch));
    }
  }

  acknowledge(seq: number): void {
    const before = this.#open.length;
    this.#open = this.#open.filter((message) => message.seq > seq);
    if (this.#open.length < before) this.flush();
  }

  /** Goes back from the first page that the surface holds. Outside of the window of V4: it was asked for. */
  older(before: number): void {
    const session = this.#store.get(this.#key);
    if (session === undefined) return;
    const lacking = session.older?.pages ?? 0;
    this.#wanted = lacking > 0 && lacking >= before ? before : undefined;
    if (this.#wanted !== undefined) return;
    const from = Math.max(lacking, Math.min(before, session.entries.length) - LIMITS.olderPages);
    const pages = session.entries.slice(from, before);
    this.#send({ type: 'page', key: this.#key, at: session.at, from, pages });
  }

  dispose(): void {
    this.#timer?.dispose();
    this.#timer = undefined;
  }

  #mayOpen(): boolean {
    const events = this.#open.reduce((sum, message) => sum + message.events, 0);
    return this.#open.length < LIMITS.viewOpenBatches && events < LIMITS.viewOpenEvents;
  }

  /** True during the pause after a message; what waits then goes out when it is over. */
  #pauses(): boolean {
    if (this.#timer !== undefined) return true;
    const rest = this.#pauseEnds - this.#clock.monotonic();
    if (rest <= 0) return false;
    this.#timer = this.#clock.after(rest, () => {
      this.#timer = undefined;
      this.flush();
    });
    return true;
  }

  #snapshot(session: Session): void {
    this.#sent = session.at;
    const end = endOf(session, LIMITS.snapshotEntries);
    this.#post({ type: 'snapshot', key: this.#key, session: end }, { seq: session.at.seq, events: 1 });
  }

  #events(after: Position, logged: readonly Logged[]): void {
    const { epoch, seq } = after;
    const last = logged.at(-1)?.seq ?? seq;
    this.#sent = { epoch, seq: last };
    const message = { type: 'events', key: this.#key, epoch, after: seq, events: logged.map(shown) } as const;
    // An empty one needs no answer.
    this.#post(message, logged.length === 0 ? undefined : { seq: last, events: logged.length });
  }

  #post(message: ToSurface, open: OpenMessage | undefined): void {
    const now = this.#clock.monotonic();
    // The first events after a rest start no pause: they tell that a turn began, and the first words of the answer,
    // which follow at once, are what the person waits for.
    const rested = message.type === 'events' && now - this.#lastSent >= 2 * this.#pause;
    if (!rested) this.#pauseEnds = now + this.#pause;
    this.#lastSent = now;
    if (open !== undefined) this.#open = [...this.#open, open];
    this.#send(message);
  }
}

/** Without what only the journal and foreign devices need. */
const shown = ({ seq, at, event }: Logged): Logged => ({ seq, at, event });
