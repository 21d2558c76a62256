import type { Emitted } from '../../model/event.ts';

/** Puts what has become known in its place; once, and never if the place was given up meanwhile. */
export type Fill = (events: readonly Emitted[]) => void;

interface Place {
  events: readonly Emitted[] | undefined;
}

/** Events of a session on their way out, in their order: one that is not known yet keeps back those after it. */
export class Outgoing {
  /** What may go out at any time: all of it while nothing is held. */
  #ready: Emitted[] = [];
  /** From the first place that is held. */
  #places: Place[] = [];

  add(event: Emitted): void {
    if (this.#places.length === 0) this.#ready.push(event);
    else this.#places.push({ events: [event] });
  }

  /** A place for what is known later. */
  hold(): Fill {
    const place: Place = { events: undefined };
    this.#places.push(place);
    return (events) => {
      place.events ??= events;
    };
  }

  /** What is held stays unknown. */
  giveUp(): void {
    for (const place of this.#places) place.events ??= [];
  }

  /** All that may go out now. */
  take(): readonly Emitted[] {
    const ready = this.#ready;
    this.#ready = [];
    if (this.#places.length === 0) return ready;
    const held = this.#places.findIndex(({ events }) => events === undefined);
    const known = this.#places.splice(0, held < 0 ? this.#places.length : held);
    return [...ready, ...known.flatMap(({ events }) => events ?? [])];
  }
}
