/**
 * Where the person is on the page: in the list, in a session, or at the words that begin one. The browser's own way back
 * leads from both to the list.
 */
import { effect, type ReadonlySignal, signal } from '@preact/signals';
import type { SessionKey } from '../../src/model/session.ts';
import type { Store } from '../store.ts';

/** Of a browser's history what is used of it. */
export type Steps = Pick<History, 'state' | 'pushState' | 'replaceState' | 'back'>;

interface Step {
  readonly session?: SessionKey;
  readonly begins?: true;
}

const isStep = (value: unknown): value is Step => typeof value === 'object' && value !== null;

export class Places {
  readonly #store: Store;
  readonly #history: Steps;
  readonly #begins = signal(false);

  constructor(store: Store, history: Steps) {
    this.#store = store;
    this.#history = history;
    const { session } = this.#step;
    // A page that is loaded again shows what it showed; one that is opened begins with the list.
    this.#store.memory.key = session;
    let shown: SessionKey | undefined;
    effect(() => {
      const key = store.shown.value;
      if (key === shown) return;
      shown = key;
      this.#follow(key);
    });
  }

  /** The words that begin a session are being written. */
  get begins(): ReadonlySignal<boolean> {
    return this.#begins;
  }

  begin(): void {
    this.#history.pushState({ begins: true } satisfies Step, '');
    this.#begins.value = true;
  }

  /** To the list. */
  leave(): void {
    const { session, begins } = this.#step;
    if (session === undefined && begins === undefined) this.moved();
    // What was pushed is taken back, or the way back would lead into it once more.
    else this.#history.back();
  }

  /** The browser has gone back or forth. */
  moved(): void {
    const { session, begins } = this.#step;
    this.#begins.value = begins === true;
    this.#store.show(session !== undefined && this.#store.sessions.peek().has(session) ? session : undefined);
  }

  #follow(key: SessionKey | undefined): void {
    const { session, begins } = this.#step;
    this.#begins.value = false;
    if (key === session) return;
    if (key === undefined) return this.#history.back();
    const step: Step = { session: key };
    // The words became a session: the way back is the same.
    if (session !== undefined || begins === true) this.#history.replaceState(step, '');
    else this.#history.pushState(step, '');
  }

  get #step(): Step {
    const state: unknown = this.#history.state;
    return isStep(state) ? state : {};
  }
}
