import { Grid, type Span } from './grid.ts';
import { Pen } from './pen.ts';

const TAB = 8;

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

export interface Spot {
  readonly column: number;
  readonly row: number;
}

/** Which of the two sets of characters draw lines, and which of them is used. */
export interface Sets {
  readonly lines: readonly [boolean, boolean];
  readonly used: 0 | 1;
}

export const USUAL_SETS: Sets = { lines: [false, false], used: 0 };

/** Where it goes on when somebody says so, and how. */
export interface Kept extends Spot {
  readonly pen: Pen;
  readonly sets: Sets;
  readonly wraps: boolean;
  /** Rows are counted from the first that scrolls. */
  readonly counts: boolean;
}

const UNKEPT: Kept = { column: 0, row: 0, pen: new Pen(), sets: USUAL_SETS, wraps: true, counts: false };

/** One of the two screens of a terminal: what is drawn, and where it goes on. */
export class Page {
  readonly grid: Grid;
  #size: Size;
  /** As many as there are: the next character begins a line. */
  column = 0;
  row = 0;
  /** The rows that scroll. */
  #scrolled: Span;
  #kept: Kept | undefined;
  /** Those that are not as usual. */
  readonly #tabs = new Map<number, boolean>();

  constructor(size: Size) {
    this.#size = size;
    this.grid = new Grid(size.columns, size.rows);
    this.#scrolled = { from: 0, to: size.rows };
  }

  get scrolled(): Span {
    return this.#scrolled;
  }

  get scrollsWhole(): boolean {
    return this.#scrolled.from === 0 && this.#scrolled.to === this.#size.rows;
  }

  get kept(): Kept {
    return this.#kept ?? UNKEPT;
  }

  get isKept(): boolean {
    return this.#kept !== undefined;
  }

  /** Where tabs stop; undefined where all are as usual. */
  get tabs(): readonly number[] | undefined {
    if (this.#tabs.size === 0) return undefined;
    return Array.from({ length: this.#size.columns }, (_, column) => column).filter((column) => this.#isTab(column));
  }

  tab(count: number): void {
    const step = Math.sign(count);
    for (let left = Math.min(Math.abs(count), this.#size.columns); left > 0; left -= 1) {
      if (this.column >= this.#size.columns) return;
      let column = this.column + step;
      while (column > 0 && column < this.#size.columns - 1 && !this.#isTab(column)) column += step;
      this.moveTo(column, this.row);
    }
  }

  setTab(on: boolean): void {
    this.#tabs.set(this.column, on);
  }

  clearTabs(): void {
    for (let column = 0; column < this.#size.columns; column += 1) this.#tabs.set(column, false);
  }

  /** False where there would be no two rows. */
  scrollIn(from: number, to: number): boolean {
    const end = Math.min(to, this.#size.rows);
    if (from >= end - 1) return false;
    this.#scrolled = { from, to: end };
    return true;
  }

  scrollWhole(): void {
    this.#scrolled = { from: 0, to: this.#size.rows };
  }

  moveTo(column: number, row: number): void {
    this.column = within(column, this.#size.columns);
    this.row = within(row, this.#size.rows);
  }

  /** What was about to begin a line stands at the end of this one again. */
  settle(): void {
    this.column = within(this.column, this.#size.columns);
  }

  feed(paper: string): void {
    const { from, to } = this.#scrolled;
    if (this.row === to - 1) this.grid.scroll({ from, to }, 1, paper);
    else if (this.row < this.#size.rows - 1) this.row += 1;
    this.settle();
  }

  feedBack(paper: string): void {
    this.settle();
    if (this.row === this.#scrolled.from) this.grid.scroll(this.#scrolled, -1, paper);
    else this.row = Math.max(0, this.row - 1);
  }

  /** The place, with how things are written there; undefined: none. */
  keep(how: Omit<Kept, keyof Spot> | undefined): void {
    this.#kept = how && { ...how, column: this.column, row: this.row };
  }

  restore(): Kept {
    const { kept } = this;
    this.column = Math.min(kept.column, this.#size.columns);
    this.row = within(kept.row, this.#size.rows);
    return kept;
  }

  resize(size: Size): void {
    const up = this.grid.resize(size.columns, size.rows, this.row);
    this.#size = size;
    this.row = within(this.row - up, size.rows);
    this.column = Math.min(this.column, size.columns);
    this.scrollWhole();
    const kept = this.#kept;
    if (kept === undefined) return;
    this.#kept = { ...kept, column: Math.min(kept.column, size.columns), row: within(kept.row - up, size.rows) };
  }

  #isTab(column: number): boolean {
    return this.#tabs.get(column) ?? column % TAB === 0;
  }
}

const within = (value: number, size: number): number => Math.max(0, Math.min(size - 1, value));
