import type { Clock } from '../base/clock.ts';
import { type Disposable, Disposables } from '../base/disposable.ts';
import { isCount, isFields } from '../model/fold/read.ts';
import type { Session, SessionKey } from '../model/session.ts';
import { isNews, since } from '../model/since.ts';
import type { ToSurface } from '../protocol/view/messages.ts';
import type { SessionStore } from '../router/store.ts';
import type { WindowMemory } from './unread.ts';

const NAME = 'lastLooks';
/** The memory of a window is written whole at each change. */
const MOST = 200;
/** Milliseconds between two writes while a session is looked at: so much is told twice after an end without a word. */
const PAUSE = 10_000;
/** Milliseconds in another program after which a person was away from what stood in sight all the time. */
const GLANCE = 60_000;

type News = Extract<ToSurface, { type: 'since' }>;

interface Parts {
  readonly store: Pick<SessionStore, 'get' | 'onAppended' | 'onListed'>;
  readonly clock: Clock;
  readonly memory: WindowMemory;
  /** The session that the chat shows, and whether the person is in this window. */
  readonly sight: () => { readonly key: SessionKey | undefined; readonly focused: boolean };
  readonly tell: (news: News) => void;
}

/**
 * Where the person left each session, over the end of the window too, and what happened there until they came back. It
 * moves on only while the session is in sight; who has looked all the time is told nothing.
 *
 * Numbers never restart in a session, whatever became of its epoch, so a number alone is a place.
 */
export class LastLook implements Disposable {
  readonly #parts: Parts;
  readonly #owned = new Disposables();
  /**
   * By session: `seq`, the number of the last event that was in sight, and `at`, when it was so, wall time in ms since
   * 1970. Read loosely: another version may have written it.
   */
  readonly #looks: Map<string, unknown>;
  /** What the chat shows, whether somebody is there to see it or not. */
  #shown: SessionKey | undefined;
  #looking: SessionKey | undefined;
  /** It is not known yet what happened to it. */
  #returning = false;
  /** It has stood in the chat since it was left. */
  #stood = false;
  /** It was written not long ago, and there is more by now. */
  #behind = false;
  #timer: Disposable | undefined;

  constructor(parts: Parts) {
    this.#parts = parts;
    const stored = parts.memory.get(NAME);
    this.#looks = new Map(isFields(stored) ? Object.entries(stored) : []);
    this.#owned.add(
      parts.store.onAppended(({ key }) => {
        if (key === this.#looking) this.#follow();
      }),
    );
    // One that slept is in the store from here on.
    this.#owned.add(
      parts.store.onListed(() => {
        if (this.#returning) this.#follow();
      }),
    );
  }

  /** To be called whenever something else may be in sight. */
  look(): void {
    const { key, focused } = this.#parts.sight();
    const looking = focused ? key : undefined;
    if (looking !== this.#looking) this.#write();
    if (key !== this.#shown) this.#stood = false;
    this.#shown = key;
    if (looking === this.#looking) return;
    this.#looking = looking;
    this.#returning = true;
    this.#follow();
  }

  dispose(): void {
    if (!this.#owned.ended) this.#write();
    this.#timer?.dispose();
    this.#owned.dispose();
  }

  /** One that is still being fetched would be counted in part, and is waited for. */
  get #session(): Session | undefined {
    const session = this.#looking && this.#parts.store.get(this.#looking);
    return session?.older === undefined ? session : undefined;
  }

  #follow(): void {
    const session = this.#session;
    if (session === undefined) return;
    this.#behind = !this.#returning && this.#timer !== undefined;
    if (this.#behind) return;
    if (this.#returning) this.#return(session);
    this.#write();
    this.#timer ??= this.#parts.clock.after(PAUSE, () => {
      this.#timer = undefined;
      if (this.#behind) this.#follow();
    });
  }

  #return(session: Session): void {
    const { key } = session;
    const stood = this.#stood;
    this.#returning = false;
    this.#stood = true;
    const left = this.#looks.get(key);
    if (!isFields(left) || !isCount(left['seq']) || !isCount(left['at'])) return;
    const away = Math.max(0, this.#parts.clock.now() - left['at']);
    if (stood && away < GLANCE) return;
    const news = since(session, left['seq']);
    if (isNews(news)) this.#parts.tell({ type: 'since', key, away, ...news });
  }

  #write(): void {
    const session = this.#session;
    if (session === undefined || this.#returning) return;
    this.#looks.delete(session.key);
    this.#looks.set(session.key, { seq: session.at.seq, at: this.#parts.clock.now() });
    void this.#parts.memory.update(NAME, Object.fromEntries([...this.#looks].slice(-MOST)));
  }
}
