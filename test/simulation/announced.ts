import type { SessionEvent } from '../../src/model/event.ts';
import type { Position } from '../../src/model/session.ts';
import { same } from './same.ts';
import type { Watch } from './violation.ts';

/** What was ever announced under a position: for good, in whatever process, it is that and nothing else (I4). */
export class Announced {
  readonly #watch: Watch;
  readonly #events = new Map<string, Map<number, SessionEvent>>();

  constructor(watch: Watch) {
    this.#watch = watch;
  }

  add({ epoch, seq }: Position, event: SessionEvent): void {
    const events = this.#events.get(epoch) ?? new Map<number, SessionEvent>();
    this.#watch.check('I4', !events.has(seq), () => `${epoch} ${seq} was given twice`);
    this.#events.set(epoch, events.set(seq, event));
  }

  /** The very same object: within one process nothing is copied. */
  is({ epoch, seq }: Position, event: SessionEvent): boolean {
    return this.#events.get(epoch)?.get(seq) === event;
  }

  /** The same, where a wire has made a copy of it. */
  isLike({ epoch, seq }: Position, event: SessionEvent): boolean {
    const known = this.#events.get(epoch)?.get(seq);
    return known !== undefined && same(known, event);
  }
}
