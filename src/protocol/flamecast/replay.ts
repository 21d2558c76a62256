/**
 * Which events of a session are new, and in which order they count. Source: the Flamecast protocol, §5, replay.
 *
 * P1 What comes before the far side says that a subscription stands is put in the order of its numbers: replayed and live
 *    events come mixed.
 * P2 An event with a number counts once; one without counts always, and is no place to go on from.
 * P3 It is asked to go on from one before the last that we know. If that last one is not told again as it was, or a number
 *    comes that is not above the one that was asked for, it is another life of the host, or it has forgotten what happened
 *    meanwhile: all has to be told anew. Without that, a host that has numbered past ours would be believed to be the same.
 */
import type { FlamecastEvent } from './read.ts';

/** So many numbers are remembered; replays of known hosts are shorter. */
const MOST = 20_000;

/** An event that was heard, to be known again; `stamp` is empty where that is not known. */
export interface Place {
  readonly seq: number;
  readonly stamp: string;
}

export interface Heard {
  readonly events: readonly FlamecastEvent[];
  /** What we knew is not how it goes on there: nothing of it was taken, and {@link Replay.again} takes all of it. */
  readonly afresh: boolean;
}

const NOTHING: Heard = { events: [], afresh: false };

const stampOf = ({ type, timestamp }: FlamecastEvent): string =>
  timestamp === undefined ? '' : `${type}@${timestamp}`.replaceAll(/\s/gu, '_');

export class Replay {
  #last: Place | undefined;
  /** What was asked to go on from; 0: from the start. */
  #since = 0;
  /** What has to be told again first. */
  #known: Place | undefined;
  /** Numbers, with the stamps that they came with. */
  #seen = new Map<number, string>();
  /** Until the subscription stands. */
  #waiting: FlamecastEvent[] | undefined;

  /** The last one that was taken. */
  get last(): Place | undefined {
    return this.#last;
  }

  /** What to ask for: all after this number; 0: all of it. */
  get since(): number {
    return this.#since;
  }

  /**
   * A subscription is asked for, that goes on after what was taken last, or here. `ordered`: nothing tells when it stands,
   * and it is told in order.
   */
  begin({
    after = this.#last,
    ordered = false,
  }: { readonly after?: Place | undefined; readonly ordered?: boolean } = {}): void {
    this.#last = after;
    this.#known = after;
    this.#since = Math.max(0, (after?.seq ?? 0) - 1);
    if (after !== undefined) this.#seen.set(after.seq, after.stamp);
    this.#waiting = ordered ? undefined : [];
  }

  /** All is told from the start: what comes as it was known before is still not new. */
  again(): void {
    this.#last = undefined;
    this.begin({});
  }

  take(event: FlamecastEvent): Heard {
    if (this.#waiting === undefined) return this.#admit([event], event.seq !== undefined);
    this.#waiting.push(event);
    return NOTHING;
  }

  /** The subscription stands, or nobody waits for that any longer. */
  settled(): Heard {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting === undefined) return NOTHING;
    // Without a number they stay where they came: behind the one before them.
    let at = 0;
    const placed = waiting.map((event) => ({ event, at: (at = event.seq ?? at) }));
    return this.#admit(
      placed.toSorted((a, b) => a.at - b.at).map(({ event }) => event),
      true,
    );
  }

  /** `whole`: what has to be told again first is in there, or will not come. */
  #admit(events: readonly FlamecastEvent[], whole: boolean): Heard {
    const known = this.#known;
    if (whole) this.#known = undefined;
    const isMissing = whole && known !== undefined && !events.some((event) => isAgain(event, known));
    if (isMissing || events.some(({ seq }) => seq !== undefined && seq <= this.#since))
      return { events: [], afresh: true };
    return { events: events.filter((event) => this.#isNew(event)), afresh: false };
  }

  #isNew(event: FlamecastEvent): boolean {
    const { seq } = event;
    if (seq === undefined) return true;
    const [stamp, before] = [stampOf(event), this.#seen.get(seq)];
    if (before !== undefined && (before === stamp || before === '')) return false;
    this.#seen.set(seq, stamp);
    if (this.#seen.size > MOST) this.#seen = new Map([...this.#seen].slice(-MOST / 2));
    if (seq > (this.#last?.seq ?? 0)) this.#last = { seq, stamp };
    return true;
  }
}

const isAgain = (event: FlamecastEvent, { seq, stamp }: Place): boolean =>
  event.seq === seq && (stamp === '' || stamp === stampOf(event));
