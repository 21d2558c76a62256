import type { RelayFrame, RelayLimits } from './ports.ts';

/** The last frames of a session, one for each number and without a hole, within the limits. */
export class Ring {
  readonly #limits: Pick<RelayLimits, 'ringFrames' | 'ringBytes'>;
  #frames: RelayFrame[] = [];
  /** Where the kept ones begin: the front is cut off in one go, now and then. */
  #from = 0;
  #length = 0;
  #head: number;

  /** @param head the number of the last event before the first frame */
  constructor(head: number, limits: Pick<RelayLimits, 'ringFrames' | 'ringBytes'>) {
    this.#head = head;
    this.#limits = limits;
  }

  /** The number of the newest frame, or of what came before the first. */
  get head(): number {
    return this.#head;
  }

  /** The number of the oldest frame that is kept; one more than the head where there is none. */
  get oldest(): number {
    return this.#head - (this.#frames.length - this.#from) + 1;
  }

  /** Of the number after the head. */
  add(frame: RelayFrame): void {
    this.#frames.push(frame);
    this.#length += frame.text.length;
    this.#head += 1;
    const { ringFrames, ringBytes } = this.#limits;
    while (this.#frames.length - this.#from > ringFrames || this.#length > ringBytes) {
      this.#length -= this.#frames[this.#from]?.text.length ?? 0;
      this.#from += 1;
    }
    if (this.#from < ringFrames / 4) return;
    this.#frames = this.#frames.slice(this.#from);
    this.#from = 0;
  }

  /** Nothing of it is kept; the numbers go on. */
  clear(): void {
    this.#frames = [];
    this.#from = 0;
    this.#length = 0;
  }

  /** Those after the number, as far back as they are kept. */
  after(seq: number): readonly RelayFrame[] {
    return this.#frames.slice(this.#from + Math.max(0, seq - this.oldest + 1));
  }
}
