import type { Clock } from '../base/clock.ts';
import type { Disposable } from '../base/disposable.ts';
import { wholeUpTo } from '../base/wholeText.ts';
import { screenFilter } from './screenFilter.ts';

/**
 * How much all screens together are given in a frame, UTF-16 units and ms: four megabytes a second. VS Code has no flow
 * control for terminals of an extension: what is written faster than the window draws piles up in three processes.
 */
const FRAME = 64 * 1024;
const FRAME_TIME = 16;
/** What waits for a screen at the most, and what is left of it when that was too much. */
const HELD = 1024 * 1024;
const KEPT = 256 * 1024;
/** Pieces in which a chunk is taken, so that leaving one out leaves out little. */
const PIECE = 16 * 1024;

/** Hands text to all screens in turn, each frame as much as a window can draw. */
export class ScreenPace implements Disposable {
  readonly #clock: Clock;
  readonly #waiting = new Set<ScreenFeed>();
  #left = FRAME;
  #timer: Disposable | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** At once while this frame has room, so that what a person types is echoed without delay. */
  want(feed: ScreenFeed): void {
    if (this.#waiting.has(feed)) return;
    this.#left -= feed.flush(this.#left);
    if (feed.waits) this.#waiting.add(feed);
    this.#timer ??= this.#clock.after(FRAME_TIME, () => this.#nextFrame());
  }

  forget(feed: ScreenFeed): void {
    this.#waiting.delete(feed);
  }

  dispose(): void {
    this.#timer?.dispose();
    this.#waiting.clear();
  }

  #nextFrame(): void {
    this.#timer = undefined;
    this.#left = FRAME;
    const share = Math.ceil(FRAME / Math.max(1, this.#waiting.size));
    for (const feed of this.#waiting) {
      this.#left -= feed.flush(Math.min(share, this.#left));
      if (!feed.waits) this.#waiting.delete(feed);
    }
    if (this.#waiting.size > 0 || this.#left < FRAME)
      this.#timer = this.#clock.after(FRAME_TIME, () => this.#nextFrame());
  }
}

interface Piece {
  readonly text: string;
  /** Of ours, and goes through no filter; else as the command wrote it. */
  readonly ours: boolean;
}

/**
 * The text of one screen: held until the screen is open, filtered when it is written, and cut in the middle of a flood,
 * which is said. What is cut was never looked at, so that a flood costs next to nothing.
 */
export class ScreenFeed implements Disposable {
  readonly #pace: ScreenPace;
  readonly #write: (text: string) => void;
  /** What is said where text was left out. */
  readonly #leftOut: (units: number) => string;
  /** Gives whole sequences only: words of ours can stand between any two pieces. */
  #filter = screenFilter();
  #pieces: Piece[] = [];
  #length = 0;
  #missing = 0;
  #open = false;
  #ended = false;

  constructor(parts: { readonly pace: ScreenPace; write(text: string): void; leftOut(units: number): string }) {
    this.#pace = parts.pace;
    this.#write = parts.write;
    this.#leftOut = parts.leftOut;
  }

  get waits(): boolean {
    return this.#open && this.#length > 0;
  }

  /** What a command wrote. */
  push(text: string): void {
    for (let at = 0; at < text.length;) {
      const end = wholeUpTo(text, at + PIECE);
      this.#hold({ text: text.slice(at, end), ours: false });
      at = end;
    }
    if (this.waits) this.#pace.want(this);
  }

  /** Words of our own: what the command left unfinished takes nothing of them. */
  say(text: string): void {
    this.#hold({ text, ours: true });
    if (this.waits) this.#pace.want(this);
  }

  open(): void {
    this.#open = true;
    if (this.waits) this.#pace.want(this);
  }

  /** Writes at most so much; returns how much that was, before it was filtered. */
  flush(most: number): number {
    if (!this.waits || most <= 0) return 0;
    let text = this.#missing > 0 ? this.#resume() : '';
    let rest = most;
    while (rest > 0) {
      const piece = this.#pieces.shift();
      if (piece === undefined) break;
      const end = wholeUpTo(piece.text, rest);
      const part = piece.text.slice(0, end);
      text += piece.ours ? part : this.#filter.push(part);
      this.#length -= end;
      rest -= end;
      if (end === piece.text.length) continue;
      this.#pieces.unshift({ ...piece, text: piece.text.slice(end) });
      break;
    }
    if (text !== '') this.#write(text);
    return most - rest;
  }

  dispose(): void {
    this.#pace.forget(this);
    this.#ended = true;
    this.#pieces = [];
    this.#length = 0;
  }

  #hold(piece: Piece): void {
    if (this.#ended) return;
    const last = this.#pieces.at(-1);
    if (last?.ours === piece.ours && last.text.length + piece.text.length <= PIECE)
      this.#pieces[this.#pieces.length - 1] = { ...last, text: last.text + piece.text };
    else this.#pieces.push(piece);
    this.#length += piece.text.length;
    if (this.#length > HELD) this.#cut();
  }

  #cut(): void {
    while (this.#length > KEPT) {
      const dropped = this.#pieces.shift()?.text.length ?? this.#length;
      this.#length -= dropped;
      this.#missing += dropped;
    }
  }

  /** After what was left out: from the next line on, since the first may begin within a sequence. */
  #resume(): string {
    this.#filter = screenFilter();
    const [first] = this.#pieces;
    const line = first === undefined || first.ours ? 0 : first.text.indexOf('\n') + 1;
    if (first !== undefined && line > 0) {
      this.#pieces[0] = { ...first, text: first.text.slice(line) };
      this.#length -= line;
      this.#missing += line;
    }
    const words = this.#leftOut(this.#missing);
    this.#missing = 0;
    return words;
  }
}
