import type { Logged } from '../model/event.ts';
import { LIMITS } from './limits.ts';

/** The last events of a session, without a hole, within {@link LIMITS}. */
export class Held {
  #events: Logged[] = [];
  #lengths: number[] = [];
  /** Where the held ones begin in the two lists: the front is cut off in one go, now and then. */
  #from = 0;
  #length = 0;

  add(logged: readonly Logged[]): void {
    for (const item of logged) {
      const length = lengthOf(item);
      this.#events.push(item);
      this.#lengths.push(length);
      this.#length += length;
    }
    while (this.#events.length - this.#from > LIMITS.heldEvents || this.#length > LIMITS.heldLength) {
      this.#length -= this.#lengths[this.#from] ?? 0;
      this.#from += 1;
    }
    if (this.#from < LIMITS.heldEvents / 4) return;
    this.#events = this.#events.slice(this.#from);
    this.#lengths = this.#lengths.slice(this.#from);
    this.#from = 0;
  }

  /** The events after `seq`, where `last` is the newest number of all; undefined when they are not all held. */
  after(seq: number, last: number): readonly Logged[] | undefined {
    const missing = last - seq;
    if (missing < 0 || missing > this.#events.length - this.#from) return undefined;
    return this.#events.slice(this.#events.length - missing);
  }
}

/** About how much text it keeps alive: the agent's line where it has one, else what can be seen of it. */
const lengthOf = (logged: Logged): number => logged.raw?.length ?? seen(logged.event, 0);

const seen = (value: unknown, depth: number): number => {
  if (typeof value === 'string') return value.length + 16;
  if (typeof value !== 'object' || value === null || depth > 16) return 16;
  let sum = 16;
  for (const inner of Object.values(value)) sum += seen(inner, depth + 1);
  return sum;
};
