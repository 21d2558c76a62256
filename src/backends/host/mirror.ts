import { abortable } from '../../base/abortable.ts';
import type { Disposable } from '../../base/disposable.ts';
import { Failure } from '../../base/failure.ts';
import type { Logged } from '../../model/event.ts';
import type { Link, Session, SessionKey } from '../../model/session.ts';
import { Follower } from '../../protocol/view/follower.ts';
import type { FromSurface, ToSurface } from '../../protocol/view/messages.ts';
import type { SessionStore } from '../../router/store.ts';

type News = Extract<ToSurface, { type: 'snapshot' | 'events' | 'page' }>;

export interface MirrorParts {
  readonly key: SessionKey;
  readonly store: Pick<SessionStore, 'mirror' | 'remove'>;
  say(message: FromSurface): void;
}

/** One session of a host, as it stands in the store here: the whole of it, fetched piece by piece behind its end. */
export class Mirror implements Disposable {
  readonly #parts: MirrorParts;
  readonly #follower: Follower;
  #first = awaited();
  #covered = false;
  #ended = false;

  constructor(parts: MirrorParts) {
    this.#parts = parts;
    this.#follower = new Follower(parts.key, (message) => parts.say(message));
  }

  /** From where it is known; to be said on each new connection. */
  attach(): void {
    this.#follower.attach();
  }

  /** As soon as it is here, and while the connection is cut as soon as that is back. @throws Failure `gone` */
  async first(signal: AbortSignal): Promise<Session> {
    return await abortable(this.#first.promise, signal);
  }

  receive(news: News): void {
    const before = this.#follower.session;
    const isNew = this.#follower.receive(news);
    const now = this.#follower.session;
    if (now === undefined) return;
    // An answer to an attach that brings nothing new says at least that the connection is back.
    if (isNew || this.#covered) this.#parts.store.mirror(now, isNew ? eventsSince(before, news) : []);
    this.#covered = false;
    this.#follower.acknowledge();
    this.#follower.wantOlder();
    this.#first.resolve(now);
  }

  /** The host cannot be reached, or is gone: that is no event of the session, and has no number. `cut` names this state alone. */
  cover(link: Link, cut: string): void {
    const { session } = this.#follower;
    if (session === undefined) return;
    // Who asks for it from now on wants it as it is after that.
    if (!this.#covered) this.#first = awaited();
    this.#covered = true;
    // Under an epoch of its own, so that whoever shows it takes it as it is, and then the true one again.
    const at = { epoch: `${session.at.epoch} cut ${cut}`, seq: session.at.seq };
    this.#parts.store.mirror({ ...session, link, at }, []);
  }

  dispose(): void {
    if (this.#ended) return;
    this.#ended = true;
    const { key, store, say } = this.#parts;
    say({ type: 'detach', key });
    store.remove(key);
    this.#first.reject(new Failure('gone', 'The background host does not have this session any more.'));
  }
}

const awaited = (): PromiseWithResolvers<Session> => {
  const first = Promise.withResolvers<Session>();
  // Nobody may be waiting for it.
  first.promise.catch(() => undefined);
  return first;
};

/** Those that were folded: what was known already is in the store. */
const eventsSince = (before: Session | undefined, news: News): readonly Logged[] =>
  news.type === 'events' && before?.at.epoch === news.epoch ? news.events.filter(({ seq }) => seq > before.at.seq) : [];
