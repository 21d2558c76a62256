import type { Clock } from './clock.ts';
import { Failure } from './failure.ts';

export interface PendingParts {
  readonly clock: Pick<Clock, 'after'>;
  /** How many may be under way at once: an answer that never comes must not cost memory for ever. */
  readonly most: number;
  /** Milliseconds for an answer, where nothing else is said. */
  readonly timeout: number;
}

interface Asked<T> {
  resolve(value: T): void;
  reject(failure: unknown): void;
}

/** What was asked on a wire and is not answered yet. Each entry goes with its answer, its time, its signal or the end. */
export class Pending<Key, T> {
  readonly #parts: PendingParts;
  readonly #asked = new Map<Key, Asked<T>>();
  #ended: Failure | undefined;
  #late = 0;

  constructor(parts: PendingParts) {
    this.#parts = parts;
  }

  get size(): number {
    return this.#asked.size;
  }

  /** Answers for which nobody waited, or did no more. */
  get late(): number {
    return this.#late;
  }

  /**
   * The answer to what is sent under this key right after the call; the key is of nothing else that is under way.
   * @throws Failure `busy`, too much is under way: nothing is to be sent; `unanswered`, nothing came in time; what
   *   {@link fail} and {@link end} were told; the signal's reason
   */
  async add(
    key: Key,
    { timeout = this.#parts.timeout }: { readonly timeout?: number },
    signal: AbortSignal,
  ): Promise<T> {
    signal.throwIfAborted();
    if (this.#ended !== undefined) throw this.#ended;
    if (this.#asked.size >= this.#parts.most) throw busy(this.#asked.size);
    if (this.#asked.has(key)) throw new Error('This key waits for an answer already.');
    return await new Promise<T>((resolve, reject) => {
      const over = (): void => {
        timer.dispose();
        signal.removeEventListener('abort', abort);
        this.#asked.delete(key);
      };
      const asked: Asked<T> = {
        resolve: (value) => (over(), resolve(value)),
        reject: (failure) => (over(), reject(failure)),
      };
      const abort = (): void => asked.reject(signal.reason);
      const timer = this.#parts.clock.after(timeout, () => asked.reject(unanswered(timeout)));
      signal.addEventListener('abort', abort, { once: true });
      this.#asked.set(key, asked);
    });
  }

  /** @returns whether somebody waits for it; if not it is counted as late, and that is all */
  settle(key: Key, value: T): boolean {
    return this.#take(key, ({ resolve }) => resolve(value));
  }

  /** The same for an answer that says why not. */
  fail(key: Key, failure: unknown): boolean {
    return this.#take(key, ({ reject }) => reject(failure));
  }

  /** The key of what is under way if that is one thing alone: an answer without a key can be of nothing else. */
  only(): Key | undefined {
    if (this.#asked.size !== 1) return undefined;
    const [key] = this.#asked.keys();
    return key;
  }

  /** Nothing is answered any more, also of what is asked later. */
  end(failure: Failure): void {
    this.#ended ??= failure;
    for (const { reject } of [...this.#asked.values()]) reject(failure);
  }

  #take(key: Key, tell: (asked: Asked<T>) => void): boolean {
    const asked = this.#asked.get(key);
    if (asked === undefined) {
      this.#late += 1;
      return false;
    }
    tell(asked);
    return true;
  }
}

const busy = (many: number): Failure =>
  new Failure('busy', `${many} requests are under way already.`, 'Wait until some of them are answered.');

const unanswered = (milliseconds: number): Failure =>
  new Failure(
    'unanswered',
    `No answer came within ${Math.round(milliseconds / 1000)} s: whether this was done is not known.`,
    'Look at what is there before you do it again.',
  );
