import { joined } from '../../model/older.ts';
import type { Session } from '../../model/session.ts';
import type { FromSurface, ToSurface } from './messages.ts';

type Page = Extract<ToSurface, { type: 'page' }>;

/**
 * How a surface gets what it lacks of the beginning of a session: one piece at a time, from the newest on. It is asked
 * for again when it changed on the way, and waits when it is ahead of what is folded here.
 */
export class Backfill {
  readonly #send: (message: Extract<FromSurface, { type: 'page' }>) => void;
  #asked = false;
  #early: Page | undefined;

  constructor(send: (message: Extract<FromSurface, { type: 'page' }>) => void) {
    this.#send = send;
  }

  /** An answer is under way. */
  get asked(): boolean {
    return this.#asked;
  }

  want(session: Session): void {
    if (this.#asked || session.older === undefined) return;
    this.#asked = true;
    this.#send({ type: 'page', key: session.key, before: session.older.pages });
  }

  /** What was asked for may never come: messages may be lost. */
  forget(): void {
    this.#asked = false;
    this.#early = undefined;
  }

  /** The session with what came; the same object where it does not fit. */
  receive(session: Session, page: Page): Session {
    // What came twice is here, and what was asked for since is still to come: each doubled answer would double what is asked.
    const lacks = session.older?.pages ?? 0;
    if (page.at.epoch === session.at.epoch && page.from >= lacks) {
      this.#asked &&= lacks > 0;
      return session;
    }
    this.#asked = false;
    this.#early = page;
    return this.settle(session);
  }

  /** The same for a session that is taken as it is: what was asked for belongs to the one before. */
  restart(session: Session): Session {
    this.#asked = false;
    return this.settle(session);
  }

  /** The same for what came too early. To be called whenever the session has gone on. */
  settle(session: Session): Session {
    const page = this.#early;
    if (page === undefined) return session;
    const next = joined(session, page);
    if (next === 'early') {
      // Nobody else is to be asked for the same meanwhile.
      this.#asked = true;
      return session;
    }
    this.forget();
    if (next !== 'outdated') return next ?? session;
    this.want(session);
    return session;
  }
}
