import { Disposables } from '../base/disposable.ts';
import { Emitter, type Event } from '../base/event.ts';
import type { SessionEvent } from '../model/event.ts';
import type { SessionKey } from '../model/session.ts';
import type { Appended, SessionStore } from '../router/store.ts';

/** What a window remembers until it is opened again, a value for each name. */
export interface WindowMemory {
  get(name: string): unknown;
  update(name: string, value: unknown): Thenable<void>;
}

const NAME = 'unread';
/** The state of a window is written whole at each change, and those of sessions that were erased unread stay in it. */
const MOST = 500;

/** The sessions in which something came to an end, or began to wait for the person, since they were looked at. */
export class Unread {
  readonly #memory: WindowMemory;
  readonly #inSight: (key: SessionKey) => boolean;
  readonly #keys: Set<string>;
  readonly #owned = new Disposables();
  readonly #changed = this.#owned.add(new Emitter<SessionKey>());

  constructor(parts: {
    readonly store: Pick<SessionStore, 'onAppended'>;
    readonly memory: WindowMemory;
    readonly inSight: (key: SessionKey) => boolean;
  }) {
    this.#memory = parts.memory;
    this.#inSight = parts.inSight;
    const stored = parts.memory.get(NAME);
    this.#keys = new Set(Array.isArray(stored) ? stored.filter((key) => typeof key === 'string') : []);
    this.#owned.add(parts.store.onAppended((appended) => this.#hear(appended)));
  }

  get onChanged(): Event<SessionKey> {
    return this.#changed.event;
  }

  has(key: SessionKey): boolean {
    return this.#keys.has(key);
  }

  read(key: SessionKey): void {
    if (this.#keys.delete(key)) this.#tell(key);
  }

  dispose(): void {
    this.#owned.dispose();
  }

  #hear({ key, logged }: Appended): void {
    if (this.#keys.has(key) || this.#inSight(key) || !logged.some(({ event }) => wantsReading(event))) return;
    this.#keys.add(key);
    const [oldest] = this.#keys;
    if (this.#keys.size > MOST && oldest !== undefined) this.#keys.delete(oldest);
    this.#tell(key);
  }

  #tell(key: SessionKey): void {
    void this.#memory.update(NAME, [...this.#keys]);
    this.#changed.fire(key);
  }
}

const wantsReading = (event: SessionEvent): boolean =>
  event.kind === 'turn/ended' ||
  event.kind === 'question/asked' ||
  (event.kind === 'link' && event.link.state === 'failed');
