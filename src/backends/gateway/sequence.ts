/**
 * What of a gateway's numbers of a session says that something is missing. Source: the gateway protocol, §6.
 *
 * Newer gateways number what they keep to themselves as well: a hole where such events belong is none.
 */

/** After which event so many of them may follow. */
const KEPT_BACK: Readonly<Record<string, number>> = {
  __proto__: null as never,
  // The prompt as it was compiled, and the requests made of it.
  tick_start: 3,
  // What came back for them.
  message_start: 1,
  message_end: 2,
  message: 2,
  content_end: 2,
  content: 2,
};

/** So many numbers of runs inside are kept, to be told from what is missing. */
const MOST_INNER = 4096;

export type Numbered =
  | { readonly kind: 'next' }
  | { readonly kind: 'known' }
  | { readonly kind: 'hole'; readonly lost: number }
  | { readonly kind: 'afresh' };

export class Sequence {
  #last: number;
  #after = '';
  /** Nothing may be missing that was kept back: something came between. */
  #cut: boolean;
  /** That something is missing here was told already. */
  #told = false;
  /** Numbers of what runs inside the session, where it counts along. */
  readonly #inner = new Set<number>();

  /** From where it was heard before; 0: nothing was. */
  constructor(last = 0) {
    this.#last = last;
    this.#cut = last > 0;
  }

  get last(): number {
    return this.#last;
  }

  /** The connection is another one: what came meanwhile was told to nobody. */
  cut(): void {
    this.#cut = true;
    this.#inner.clear();
  }

  /** The session has begun from its start, and its count with it. */
  restart(): void {
    this.#last = 0;
    this.#inner.clear();
  }

  /** Something is missing here, and that is told by somebody else. */
  forgive(): void {
    this.#told = true;
  }

  /** Of a run inside: it may have a count of its own, or be in this one. */
  inner(sequence: number): void {
    if (sequence > this.#last && this.#inner.size < MOST_INNER) this.#inner.add(sequence);
  }

  take(sequence: number, event: string): Numbered {
    const [last, after, cut, told] = [this.#last, this.#after, this.#cut, this.#told];
    // Nothing is ever said again: a lower number after a cut is of another count.
    const isAfresh = last > 0 && sequence <= last && (cut || (sequence === 1 && event === 'execution_start'));
    if (last > 0 && sequence <= last && !isAfresh) return { kind: 'known' };
    const lost = sequence - last - 1 - this.#within(last, sequence);
    this.#last = sequence;
    this.#after = event;
    this.#cut = false;
    this.#told = false;
    this.#inner.clear();
    if (isAfresh) return { kind: 'afresh' };
    // Where we came in is no hole.
    if (told || last === 0 || lost <= 0) return { kind: 'next' };
    return !cut && lost <= (KEPT_BACK[after] ?? 0) ? { kind: 'next' } : { kind: 'hole', lost };
  }

  #within(last: number, sequence: number): number {
    let count = 0;
    for (const inner of this.#inner) if (inner > last && inner < sequence) count += 1;
    return count;
  }
}
