/**
 * What is to be drawn of a terminal that lives elsewhere, whatever happens to its connection. Source: the terminal stream
 * protocol, §4 and §10.
 *
 * F1 Nothing is drawn from the beginning of a connection until what is replayed has come; then all of it in its order,
 *    each once. A server of ours says where that ends; with any other it is where its first screen comes, which it was
 *    asked for behind the replay.
 * F2 A number that is left out means nothing. One that goes back is another count, or a replay that is late: the screen is
 *    asked for, and drawn anew.
 * F3 What was written while the server took a picture of its screen may be in it or not: it is asked for once more as soon
 *    as it is quieter. A server of ours says what is in it.
 * F4 Only the numbers of a server of ours outlive a connection: with any other the screen is drawn anew after each.
 */
import type { Clock } from '../../base/clock.ts';
import type { Disposable } from '../../base/disposable.ts';
import type { StreamFrame } from './frame.ts';
import type { ToStream } from './messages.ts';
import type { ScreenNews, StreamNews } from './read.ts';

export interface Picture {
  readonly text: string;
  /** Lines of text and no more, as a server that is not ours takes it; else as a terminal takes it. */
  readonly lines: boolean;
  /** What was written before it may be missing. */
  readonly missing: boolean;
}

export interface FollowerParts {
  readonly clock: Pick<Clock, 'after'>;
  send(message: ToStream): void;
  /** Goes on from where the last ended. `past`: replayed, and what it asked of a terminal has had its answer. */
  draw(bytes: Uint8Array, past: boolean): void;
  /** The whole screen, instead of what is there. */
  redraw(picture: Picture): void;
  /** The server has no picture of it: it may be gone, which such a server does not say. */
  unseen(): void;
}

/** Milliseconds for a replay, for a server that says neither where it ends nor what its screen is. */
const REPLAY = 2000;
/** Bytes that are held for that long. */
const MOST_HELD = 16 * 1024 * 1024;
/** Milliseconds without output after which a picture is likely to be exact, and how often that is waited for. */
const QUIET = 250;
const MOST_WAITS = 8;
/** Pictures that may come out blurred before that is left as it is. */
const MOST_BLURRED = 3;

type Count = 'unknown' | 'ours' | 'theirs';

export class StreamFollower implements Disposable {
  readonly #parts: FollowerParts;
  #count: Count = 'unknown';
  /** The last that was drawn. Of the count of this connection, but for a server of ours. */
  #last: { readonly seq: number; readonly bytes: Uint8Array } | undefined;
  /** All up to here is in the picture that is drawn; of a server of ours. */
  #pictured = -1;
  #held: StreamFrame[] | undefined;
  #heldBytes = 0;
  #connections = 0;
  /** A picture was asked for and has not come; frames since then, and whether that was too early. */
  #asked = false;
  #since = 0;
  #askAgain = false;
  /** The next picture of a server of ours is to be drawn. */
  #wanted = false;
  #missing = false;
  #blurred = 0;
  /** The picture that is drawn, and nothing behind it. */
  #shown: string | undefined;
  #timer: Disposable | undefined;

  constructor(parts: FollowerParts) {
    this.#parts = parts;
  }

  /** A new connection: before anything of it was heard. */
  begin(): void {
    this.#stopWaiting();
    const isOurs = this.#count === 'ours';
    this.#connections += 1;
    this.#missing = this.#connections > 1 && !isOurs;
    this.#held = [];
    this.#heldBytes = 0;
    this.#asked = false;
    this.#askAgain = false;
    this.#wanted = false;
    this.#blurred = 0;
    this.#parts.send({ type: 'resume', lastSeq: this.#last?.seq ?? null });
    if (!isOurs) this.#ask();
    this.#timer = this.#parts.clock.after(REPLAY, () => this.#replayIsLate());
  }

  /** Whether the server is one of ours: only they say where a replay ends. */
  get isOurs(): boolean {
    return this.#count === 'ours';
  }

  take(frame: StreamFrame): void {
    this.#since += 1;
    if (this.#held === undefined) return this.#draw(frame);
    this.#held.push(frame);
    this.#heldBytes += frame.bytes.length;
    if (this.#heldBytes > MOST_HELD) this.#release();
  }

  hear(news: StreamNews): void {
    switch (news.type) {
      case 'resumed':
        return this.#resumed(news.to, news.complete);
      case 'snapshot':
        return this.#picture(news);
      case 'lagging':
        this.#missing = true;
        this.#wanted = true;
        return;
      case 'error':
        if (news.code === 'snapshot_failed') this.#failed();
        return;
      default:
    }
  }

  /** There is nothing more to come: what is held is drawn. */
  finish(): void {
    this.#stopWaiting();
    this.#release();
  }

  dispose(): void {
    this.#stopWaiting();
    this.#held = undefined;
  }

  #resumed(to: number | null, complete: boolean): void {
    this.#stopWaiting();
    this.#count = 'ours';
    this.#release();
    this.#missing = false;
    if (complete) return;
    // It cannot go on from where we are, and may even count anew.
    if (to === null) this.#last = undefined;
    this.#pictured = -1;
    this.#missing = this.#connections > 1;
    this.#want();
  }

  #picture({ seq, screen: text }: ScreenNews): void {
    this.#asked = false;
    this.#release();
    if (this.#count === 'ours') return this.#oursPicture(seq, text);
    this.#stopWaiting();
    this.#last = { seq, bytes: NOTHING };
    this.#redraw(text, true);
    if (this.#askAgain) return this.#want();
    if (this.#since === 0) this.#blurred = 0;
    else if ((this.#blurred += 1) < MOST_BLURRED) this.#askWhenQuiet(MOST_WAITS);
  }

  #oursPicture(seq: number, text: string): void {
    if (!this.#wanted) return;
    // Of a moment that is over already: drawn, it would take back what was written since.
    if (this.#last !== undefined && seq < this.#last.seq) return this.#ask();
    this.#wanted = false;
    this.#last = { seq, bytes: NOTHING };
    this.#pictured = seq;
    this.#redraw(text, false);
  }

  #redraw(text: string, lines: boolean): void {
    const missing = this.#missing;
    if (text === this.#shown && !missing) return;
    this.#missing = false;
    this.#shown = text;
    this.#parts.redraw({ text, lines, missing });
  }

  #failed(): void {
    this.#asked = false;
    this.#stopWaiting();
    this.#release();
    if (this.#askAgain) this.#ask();
    else this.#parts.unseen();
  }

  #draw({ seq, bytes }: StreamFrame): void {
    if (seq <= this.#pictured) return;
    const last = this.#last;
    // The same number with something else behind it is of another count.
    if (last?.seq === seq && (last.bytes === NOTHING || isSame(last.bytes, bytes))) return;
    this.#last = { seq, bytes };
    this.#shown = undefined;
    this.#parts.draw(bytes, this.#held !== undefined);
    if (last === undefined || seq > last.seq) return;
    this.#pictured = -1;
    this.#blurred = 0;
    this.#want();
  }

  /** What was held, in its order. */
  #release(): void {
    const held = this.#held;
    if (held === undefined) return;
    const before = this.#last;
    // Those before this connection may have another count; and a replay is no step back.
    if (this.#count !== 'ours') this.#last = undefined;
    for (const frame of held.toSorted((a, b) => a.seq - b.seq)) this.#draw(frame);
    this.#last ??= before;
    this.#held = undefined;
    this.#heldBytes = 0;
  }

  #want(): void {
    this.#wanted = true;
    if (this.#asked) this.#askAgain = true;
    else this.#ask();
  }

  #ask(): void {
    this.#stopWaiting();
    this.#asked = true;
    this.#askAgain = false;
    this.#since = 0;
    this.#parts.send({ type: 'snapshot-request' });
  }

  #askWhenQuiet(waits: number): void {
    const before = this.#since;
    this.#timer = this.#parts.clock.after(QUIET, () => {
      if (this.#since === before || waits <= 1) this.#ask();
      else this.#askWhenQuiet(waits - 1);
    });
  }

  /** Nothing says where the replay ends. */
  #replayIsLate(): void {
    this.#timer = undefined;
    if (this.#count === 'ours') {
      // It was one when we were last connected.
      this.#count = 'theirs';
      this.#missing = true;
      this.#ask();
    }
    this.#release();
  }

  #stopWaiting(): void {
    this.#timer?.dispose();
    this.#timer = undefined;
  }
}

const NOTHING = new Uint8Array();

const isSame = (one: Uint8Array, other: Uint8Array): boolean =>
  one.length === other.length && one.every((byte, at) => byte === other[at]);
