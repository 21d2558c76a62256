import { wholeUpTo } from '../base/wholeText.ts';

/** UTF-16 units of a piece: as much is dropped at a time. */
const PIECE = 16 * 1024;

/** The end of what a command said: at least `most` less a piece, in UTF-16 units, of which each has its number from 0 on. */
export class Scrollback {
  readonly #most: number;
  readonly #pieces: string[] = [];
  #start = 0;
  #end = 0;

  constructor(most: number) {
    this.#most = most;
  }

  /** The number of the unit that comes next. */
  get end(): number {
    return this.#end;
  }

  push(text: string): void {
    for (let at = 0; at < text.length;) {
      const end = wholeUpTo(text, at + PIECE);
      this.#hold(text.slice(at, end));
      at = end;
    }
  }

  /** From a unit on, at most `most` of them. Where that is not there any more, from the next line that is. Undefined: nothing yet. */
  read(from: number, most: number): { readonly at: number; readonly text: string } | undefined {
    let at = from < this.#start ? this.#start + lineIn(this.#pieces[0] ?? '') : from;
    if (at >= this.#end) return undefined;
    const first = at;
    let text = '';
    let start = this.#start;
    for (const piece of this.#pieces) {
      const next = start + piece.length;
      if (at < next) {
        const rest = most - text.length;
        const part = piece.slice(at - start, wholeUpTo(piece, at - start + rest));
        text += part;
        at += part.length;
        if (at < next) break;
      }
      start = next;
    }
    return { at: first, text };
  }

  #hold(text: string): void {
    const last = this.#pieces.at(-1);
    if (last !== undefined && last.length + text.length <= PIECE) this.#pieces[this.#pieces.length - 1] = last + text;
    else this.#pieces.push(text);
    this.#end += text.length;
    while (this.#end - this.#start > this.#most) this.#start += this.#pieces.shift()?.length ?? 0;
  }
}

/** Behind the first line end: what stands before it may begin within a sequence. */
const lineIn = (text: string): number => text.indexOf('\n') + 1;
