/* oxlint-disable no-control-regex -- control characters are what this file is about */
/**
 * What a terminal shows: as much of it as programs draw with, so that whoever comes later sees the same. What it cannot
 * draw (pictures, links, names of windows) it passes over; where the two differ, a real terminal decides.
 */
import { EscapeFilter } from '../../../base/escapes.ts';
import { act } from './acts.ts';
import { draw, shown } from './draw.ts';
import { Modes } from './modes.ts';
import { Page, type Sets, type Size, USUAL_SETS } from './page.ts';
import { Pen } from './pen.ts';
import { widthOf } from './width.ts';

const STOPS = /[\u0000-\u001f\u007f-\u009f]/gu;
const PLAIN = /^[ -~]*$/u;
/** Nothing but text, line ends and tabs. */
const LINES = /^[^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]*$/u;
const LONG = 1024;
/** What the characters from ` to ~ are where lines are drawn with them. */
const DRAWN = '◆▒␉␌␍␊°±␤␋┘┐┌└┼⎺⎻─⎼⎽├┤┴┬│≤≥π≠£·';

export class Screen {
  readonly modes = new Modes();
  readonly #filter: EscapeFilter;
  #size: Size;
  #main: Page;
  #other: Page | undefined;
  pen = new Pen();
  sets: Sets = USUAL_SETS;
  #last = '';

  /** @param told of each operating system command, as it stands between its ends */
  constructor(size: Size, told: (osc: string) => void) {
    this.#size = size;
    this.#main = new Page(size);
    const gone = (run: (text: string) => void) => (text: string) => {
      run(text);
      return '';
    };
    this.#filter = new EscapeFilter({
      stops: STOPS,
      text: gone((text) => this.#print(text)),
      control: gone((character) => this.#control(character)),
      escape: gone((sequence) => this.#escape(sequence)),
      csi: gone((sequence) => act(this, sequence)),
      osc: gone(told),
    });
  }

  get size(): Size {
    return this.#size;
  }

  get main(): Page {
    return this.#main;
  }

  /** The second screen, while a program has it. */
  get other(): Page | undefined {
    return this.#other;
  }

  get page(): Page {
    return this.#other ?? this.#main;
  }

  /** A program tells what is pasted from what is typed. */
  get takesPastes(): boolean {
    return this.modes.has(2004);
  }

  get #drawsLines(): boolean {
    return this.sets.lines[this.sets.used];
  }

  push(text: string): void {
    const cut = this.#seen(text);
    this.#filter.push(cut === 0 ? text : text.slice(cut));
  }

  resize(size: Size): void {
    this.#size = size;
    this.#main.resize(size);
    this.#other?.resize(size);
  }

  /** What draws the same on an empty terminal of this size. */
  draw(): string {
    return draw(this);
  }

  /** The last lines, without colours. */
  shown(size: Size): string {
    return shown(this.page, size);
  }

  /** Another screen, empty. */
  turnAside(): void {
    if (this.#other !== undefined) return;
    const other = new Page(this.#size);
    other.column = this.#main.column;
    other.row = this.#main.row;
    other.grid.clear({ from: 0, to: this.#size.rows }, this.pen.paper);
    this.#other = other;
  }

  turnBack(): void {
    if (this.#other === undefined) return;
    this.#main.column = this.#other.column;
    this.#main.row = this.#other.row;
    this.#other = undefined;
  }

  /** The last character once more. */
  repeat(count: number): void {
    if (this.#last !== '') this.#print(this.#last.repeat(Math.min(count, this.#size.columns * this.#size.rows)));
  }

  reset(): void {
    this.#main = new Page(this.#size);
    this.#other = undefined;
    this.pen = new Pen();
    this.modes.reset();
    this.sets = USUAL_SETS;
  }

  keep(): void {
    const { pen, sets, modes } = this;
    this.page.keep({ pen: pen.copy(), sets, wraps: modes.has(7), counts: modes.has(6) });
  }

  restore(): void {
    const { isKept } = this.page;
    const { pen, sets, wraps, counts } = this.page.restore();
    this.pen = pen.copy();
    // Where nothing was kept, the sets stay what they are.
    this.sets = isKept ? sets : { ...this.sets, used: 0 };
    this.modes.set(7, wraps);
    this.modes.set(6, counts);
  }

  /**
   * How much of a flood of lines has nobody seen: it is scrolled away before the end of this text. To draw it all would
   * cost many times what it costs to hand it on.
   */
  #seen(text: string): number {
    const { page } = this;
    const { rows } = this.#size;
    const isSimple = this.#filter.isBetween && page.scrollsWhole && page.row === rows - 1;
    if (text.length < LONG || !isSimple || !LINES.test(text)) return 0;
    let at = text.length;
    for (let left = rows; left >= 0 && at >= 0; left -= 1) at = at === 0 ? -1 : text.lastIndexOf('\r\n', at - 1);
    if (at < 0) return 0;
    page.grid.clear({ from: 0, to: rows }, this.pen.paper);
    page.column = 0;
    return at + 2;
  }

  #print(text: string): void {
    if (PLAIN.test(text) && !this.modes.inserts && !this.#drawsLines) return this.#printPlain(text);
    for (const character of text) this.#printOne(this.#drawsLines ? (lineOf(character) ?? character) : character);
  }

  #printPlain(text: string): void {
    const { page, pen } = this;
    for (let at = 0; at < text.length;) {
      this.#makeRoom(1);
      const part = text.slice(at, at + this.#size.columns - page.column);
      page.grid.putAll(page.row, page.column, part, pen.sgr);
      page.column += part.length;
      at += part.length;
    }
    this.#last = text.slice(-1);
  }

  #printOne(character: string): void {
    const { page, pen } = this;
    const width = widthOf(character);
    if (width === 0) {
      if (page.column > 0) page.grid.join(page.row, page.column - 1, character);
      return;
    }
    if (!this.#makeRoom(width)) return;
    if (this.modes.inserts) page.grid.insert(page.row, page.column, width, pen.paper);
    page.grid.put(page.row, page.column, character, width === 2, pen.sgr);
    page.column += width;
    this.#last = character;
  }

  /** Begins a line where this one has no room; where lines are not to wrap, there is the last place. False: too little. */
  #makeRoom(width: number): boolean {
    const { page } = this;
    const { columns } = this.#size;
    if (page.column + width <= columns) return true;
    if (!this.modes.has(7)) {
      page.column = columns - 1;
      return width === 1;
    }
    // A wide one leaves a place behind.
    if (page.column < columns) page.grid.put(page.row, page.column, ' ', false, this.pen.sgr);
    page.column = 0;
    page.feed(this.pen.paper);
    return width <= columns;
  }

  #control(character: string): void {
    const { page, pen } = this;
    switch (character) {
      case '\r':
        page.column = 0;
        return;
      case '\n':
      case '\u000b':
      case '\u000c':
        if (this.modes.returns) page.column = 0;
        return page.feed(pen.paper);
      case '\b':
        page.settle();
        page.column = Math.max(0, page.column - 1);
        return;
      case '\t':
        return page.tab(1);
      case '\u000e':
      case '\u000f':
        this.sets = { ...this.sets, used: character === '\u000e' ? 1 : 0 };
        return;
      case '\u0084':
        return page.feed(pen.paper);
      case '\u0085':
        page.column = 0;
        return page.feed(pen.paper);
      case '\u0088':
        return page.setTab(true);
      case '\u008d':
        return page.feedBack(pen.paper);
    }
  }

  #escape(sequence: string): void {
    const { page, pen } = this;
    switch (sequence.slice(1)) {
      case '7':
        return this.keep();
      case '8':
        return this.restore();
      case 'D':
        return page.feed(pen.paper);
      case 'E':
        page.column = 0;
        return page.feed(pen.paper);
      case 'H':
        return page.setTab(true);
      case 'M':
        return page.feedBack(pen.paper);
      case 'c':
        return this.reset();
      case '=':
        return this.modes.set(66, true);
      case '>':
        return this.modes.set(66, false);
      default: {
        const [, which, set] = /^([()])(.)$/u.exec(sequence.slice(1)) ?? [];
        const [first, second] = this.sets.lines;
        if (which === '(') this.sets = { ...this.sets, lines: [set === '0', second] };
        if (which === ')') this.sets = { ...this.sets, lines: [first, set === '0'] };
      }
    }
  }
}

const lineOf = (character: string): string | undefined => {
  const at = character.charCodeAt(0) - 0x60;
  return character.length === 1 && at >= 0 ? DRAWN.charAt(at) || undefined : undefined;
};
