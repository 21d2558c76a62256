/**
 * Where we are in the numbers of a relay's session. Source: the relay protocol, §3 and §9, attach.
 *
 * U1 A number that was taken is never taken again.
 * U2 A hole is never passed over in silence: once it is asked for again, and where it is still there, it is told.
 * U3 Numbers of another process of the host are none of ours.
 */
import type { Cursor } from '../../model/session.ts';
import { QUERY } from '../../protocol/relay/names.ts';
import type { Welcome } from '../../relay/decode.ts';
import type { Attach } from './socket.ts';

/** `again`: attach again, from what `query` says then. `afresh`: what we have is no beginning of what follows. */
export type Greeted = 'on' | 'afresh' | 'again';

/** `known`: it was there before. `again`: as above. A count: so many before it are lost for good. */
export type Taken = 'new' | 'known' | 'again' | number;

export class ReplayCursor {
  #seq = 0;
  #host: string | undefined;
  /** What we have is of another process; it goes as soon as something takes its place. */
  #void = false;
  /** The last number of the replay that is under way. */
  #head = 0;
  /** The replay leaves numbers out. */
  #sparse = false;
  /** Behind which number something was missing already. */
  #holeAfter: number | undefined;

  get seq(): number {
    return this.#seq;
  }

  /** The number up to which something is replayed, as the last welcome said. */
  get head(): number {
    return this.#head;
  }

  /** How many we know we lack. */
  get behind(): number {
    return Math.max(0, this.#head - this.#seq);
  }

  get query(): Attach {
    const host = this.#host === undefined ? {} : { [QUERY.host]: this.#host };
    return { [QUERY.lastSeq]: String(this.#seq), ...host };
  }

  get token(): Cursor {
    return JSON.stringify([this.#host ?? null, this.#seq]) as Cursor;
  }

  welcome({ hostId, headSeq, reset }: Welcome): Greeted {
    const isOther = hostId !== undefined && this.#host !== undefined && hostId !== this.#host;
    this.#host = hostId ?? this.#host;
    if (!reset && this.#seq > 0 && (isOther || this.#seq > headSeq)) {
      // It has counted from what it does not have: only all of it helps.
      this.#seq = 0;
      this.#void = true;
      return 'again';
    }
    const afresh = reset || this.#void || isOther;
    if (afresh) this.#seq = 0;
    this.#void = false;
    this.#head = headSeq;
    this.#sparse = reset;
    return afresh ? 'afresh' : 'on';
  }

  take(rseq: number): Taken {
    if (rseq <= this.#seq) return 'known';
    if (this.#sparse && rseq > this.#head) this.caughtUp();
    const missing = this.#sparse ? 0 : rseq - this.#seq - 1;
    if (missing > 0 && this.#holeAfter !== this.#seq) {
      this.#holeAfter = this.#seq;
      return 'again';
    }
    this.#seq = rseq;
    if (missing === 0) return 'new';
    this.#holeAfter = undefined;
    return missing;
  }

  /** All of the replay has come. */
  caughtUp(): void {
    if (this.#sparse) this.#seq = Math.max(this.#seq, this.#head);
    this.#sparse = false;
  }
}
