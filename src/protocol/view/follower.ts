import { reduce } from '../../model/reduce.ts';
import type { Session, SessionKey } from '../../model/session.ts';
import { Backfill } from './backfill.ts';
import type { FromSurface, ToSurface } from './messages.ts';

type News = Extract<ToSurface, { type: 'snapshot' | 'events' | 'page' }>;

/**
 * A surface's side of one session: the same fold over what the core sends, whatever is lost, doubled or late on the way.
 * It says where it is and never what the state is (V1); a hole makes it attach again (V2).
 */
export class Follower {
  readonly #key: SessionKey;
  readonly #send: (message: FromSurface) => void;
  readonly #backfill: Backfill;
  #session: Session | undefined;

  constructor(key: SessionKey, send: (message: FromSurface) => void) {
    this.#key = key;
    this.#send = send;
    this.#backfill = new Backfill(send);
  }

  /** Undefined until the first snapshot. */
  get session(): Session | undefined {
    return this.#session;
  }

  /** To be called at first, and whenever messages may have been lost unseen: after waking up, when shown again. */
  attach(): void {
    this.#backfill.forget();
    const position = this.#session?.at;
    this.#send({ type: 'attach', key: this.#key, ...(position === undefined ? {} : { position }) });
  }

  /** Asks for what comes before the part that is held. */
  wantOlder(): void {
    if (this.#session !== undefined) this.#backfill.want(this.#session);
  }

  /** Folds what came. True: there is something new, and `acknowledge` is due once it is drawn. */
  receive(news: News): boolean {
    switch (news.type) {
      case 'snapshot':
        return this.#take(news.session);
      case 'events':
        return this.#fold(news);
      case 'page': {
        const before = this.#session;
        this.#session = before && this.#backfill.receive(before, news);
        return this.#session !== before;
      }
    }
  }

  /** Asks for more, by saying how far this surface is. */
  acknowledge(): void {
    if (this.#session !== undefined) this.#send({ type: 'ack', key: this.#key, seq: this.#session.at.seq });
  }

  #take(session: Session): boolean {
    const own = this.#session;
    if (own?.at.epoch === session.at.epoch) {
      // A late one that we are past: taking it would show things twice, or take away what was fetched since.
      const less = (session.older?.pages ?? 0) >= (own.older?.pages ?? 0);
      if (session.at.seq < own.at.seq || (session.at.seq === own.at.seq && less)) return this.#nothingNew();
    }
    this.#session = this.#backfill.restart(session);
    return true;
  }

  #fold({ epoch, after, events }: Extract<News, { type: 'events' }>): boolean {
    const before = this.#session;
    // Each time, not once: the answer to the first may be what is lost. To ask twice costs a doubled message.
    if (before === undefined || epoch !== before.at.epoch || after > before.at.seq) {
      this.attach();
      return false;
    }
    const next = reduce(before, events);
    this.#session = next === before ? before : this.#backfill.settle(next);
    return this.#session !== before || (events.length > 0 && this.#nothingNew());
  }

  /** What is known already is acknowledged at once: the core counts it as under way until then. */
  #nothingNew(): false {
    this.acknowledge();
    return false;
  }
}
