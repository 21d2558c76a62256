/* oxlint-disable no-control-regex -- control characters are what this file is about */
import type { Picture } from '../../protocol/terminal/follow.ts';
import { WithoutQueries } from '../../protocol/terminal/queries.ts';
import { wholeUpTo } from '../../base/wholeText.ts';

export interface DrawingParts {
  /** Of the screen. */
  rows(): number;
  /** Says that output may be missing here. */
  readonly missing: string;
}

/** UTF-16 units that are kept while nobody looks. */
const UNSEEN = 256 * 1024;

/** Out of the other screen and back to plain text, the cursor seen: each screen keeps the cursor by itself. */
const PLAIN = '\u001B7\u001B[?1049l\u001B[!p\u001B[?1000;1002;1003;1004;1006;2004l\u001B[0m';
const CLEAR = '\u001B[H\u001B[2J';
/** The bytes of a terminal as text for a screen, in whole characters. */
export class StreamDrawing {
  readonly #parts: DrawingParts;
  #decoder = new TextDecoder();
  #past: WithoutQueries | undefined;
  #listener: ((text: string) => void) | undefined;
  #unseen = '';

  constructor(parts: DrawingParts) {
    this.#parts = parts;
  }

  /** What came before is kept for it. */
  show(listener: ((text: string) => void) | undefined): void {
    this.#listener = listener;
    const unseen = this.#unseen;
    this.#unseen = '';
    if (unseen !== '') this.#put(unseen);
  }

  draw(bytes: Uint8Array, past: boolean): void {
    const text = this.#decoder.decode(bytes, { stream: true });
    if (past) this.#put((this.#past ??= new WithoutQueries()).push(text));
    else this.#put(this.#endPast() + text);
  }

  redraw({ text, lines, missing }: Picture): void {
    this.#endPast();
    this.#decoder = new TextDecoder();
    const screen = lines ? screenOf(text) : new WithoutQueries().push(text);
    this.#put(`${PLAIN}${missing ? this.#leave() : ''}${CLEAR}${screen}`);
  }

  /** Words of ours, on a line of their own. */
  say(words: string): void {
    this.#put(`\r\n${dim(words)}`);
  }

  end(): void {
    this.#put(this.#endPast() + this.#decoder.decode());
  }

  /** What is on the screen goes up and out of it: it is all that there is of that time. */
  #leave(): string {
    const { missing, rows } = this.#parts;
    return `\r\n${dim(missing)}\u001B[999;1H${'\r\n'.repeat(rows())}`;
  }

  #endPast(): string {
    const rest = this.#past?.rest() ?? '';
    this.#past = undefined;
    return rest;
  }

  #put(text: string): void {
    if (text === '') return;
    if (this.#listener !== undefined) return this.#listener(text);
    this.#unseen += text;
    const { length } = this.#unseen;
    if (length > 2 * UNSEEN) this.#unseen = this.#unseen.slice(wholeUpTo(this.#unseen, length - UNSEEN));
  }
}

const PROMPT = /[$#%>\u276f\u00bb](?:\s.*)?$/u;
const SGR = /\u001B\[[\d;:]*m/gu;

/**
 * As it is captured: a line feed behind each line, no spaces at the end of one, and empty lines down to the end of the
 * screen. Nothing says where the cursor is, and what is written next would stand elsewhere: where lines are empty it is
 * below the last one that is not, but for one that is typed in.
 */
const screenOf = (text: string): string => {
  const lines = text.replace(/\r?\n$/u, '').split(/\r?\n/u);
  const count = lines.findLastIndex((line) => line.trim() !== '') + 1;
  const last = (lines[count - 1] ?? '').replace(SGR, '');
  const isTyped = PROMPT.test(last);
  const kept = lines.slice(0, isTyped ? count : count + 1).join('\r\n');
  return isTyped && !/\s/u.test(last.slice(last.search(PROMPT))) ? `${kept} ` : kept;
};

const dim = (text: string): string => `\u001B[0;2m[${text}]\u001B[0m\r\n`;
