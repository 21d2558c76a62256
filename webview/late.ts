import { type ReadonlySignal, signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { Failure } from '../src/base/failure.ts';
import { useChat } from './chat.ts';

/** A part of the view in a chunk of its own: most sessions never show it, and no first picture waits for it. */
export class Late<T> {
  readonly #load: () => Promise<T>;
  readonly #part = signal<T | undefined>(undefined);
  #asked = false;

  constructor(load: () => Promise<T>) {
    this.#load = load;
  }

  /** Undefined until it is there. */
  get part(): ReadonlySignal<T | undefined> {
    return this.#part;
  }

  /** Rejects when it could not be loaded; it is tried again when it is wanted again. */
  async want(): Promise<void> {
    if (this.#asked) return;
    this.#asked = true;
    try {
      this.#part.value = await this.#load();
    } catch (failure) {
      this.#asked = false;
      throw failure;
    }
  }
}

/** The part, once it is wanted and there. Without it something is missing in the picture, so that is said. */
export const useLate = <T>(late: Late<T>, wanted: boolean): T | undefined => {
  const { store, t } = useChat();
  useEffect(() => {
    if (!wanted) return;
    late.want().catch(() => {
      store.refuse(new Failure('gone', t('A part of this view could not be loaded.'), t('Reload the window.')));
    });
  }, [late, wanted, store, t]);
  return late.part.value;
};
