import type { Clock } from '../base/clock.ts';
import type { Disposable } from '../base/disposable.ts';
import { Emitter, type Event } from '../base/event.ts';
import type { SessionKey } from '../model/session.ts';
import type { Summary } from '../model/summary.ts';
import type { Listed } from '../router/store.ts';

/** Milliseconds: less than a person notices in a list, and enough for the first words of an answer. */
const LATER = 50;

/**
 * The differences of the list of sessions, gathered for a moment. Tree, status bar and context keys share a connection
 * and a thread with the chat: told at once, they would be drawn before the words that the person waits for.
 */
export class Listing implements Disposable {
  readonly #clock: Clock;
  readonly #changed: Emitter<Listed>;
  readonly #subscription: Disposable;
  readonly #sessions = new Map<SessionKey, Summary>();
  readonly #removed = new Set<SessionKey>();
  #timer: Disposable | undefined;

  /** `failed` is told what a listener throws. */
  constructor(source: { readonly onListed: Event<Listed> }, clock: Clock, failed: (failure: unknown) => void) {
    this.#clock = clock;
    this.#changed = new Emitter(failed);
    this.#subscription = source.onListed((listed) => this.#gather(listed));
  }

  get onChanged(): Event<Listed> {
    return this.#changed.event;
  }

  dispose(): void {
    this.#subscription.dispose();
    this.#timer?.dispose();
    this.#changed.dispose();
  }

  #gather({ sessions, removed }: Listed): void {
    for (const key of removed) {
      this.#sessions.delete(key);
      this.#removed.add(key);
    }
    for (const session of sessions) {
      this.#sessions.set(session.key, session);
      this.#removed.delete(session.key);
    }
    this.#timer ??= this.#clock.after(LATER, () => this.#tell());
  }

  #tell(): void {
    const listed = { sessions: [...this.#sessions.values()], removed: [...this.#removed] };
    this.#sessions.clear();
    this.#removed.clear();
    this.#timer = undefined;
    this.#changed.fire(listed);
  }
}
