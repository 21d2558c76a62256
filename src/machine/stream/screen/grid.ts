/** A screen's places: what stands in each, and with which pen. */

/** Both as long as the line has been written; what is behind that is blank. An empty text is the second half of a wide one. */
export interface Line {
  readonly texts: string[];
  readonly pens: string[];
}

/** From a place up to another one, which is not of it. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

const BLANK = ' ';

export class Grid {
  readonly #lines: Line[] = [];
  #columns: number;

  constructor(columns: number, rows: number) {
    this.#columns = columns;
    while (this.#lines.length < rows) this.#lines.push(this.#blank(''));
  }

  get lines(): readonly Line[] {
    return this.#lines;
  }

  line(row: number): Line {
    const line = this.#lines[row];
    if (line === undefined) throw new RangeError(`There is no row ${row}.`);
    return line;
  }

  /** One character of one or two places. */
  put(row: number, column: number, text: string, wide: boolean, pen: string): void {
    const { texts, pens } = this.#reaching(row, column);
    this.#untie(row, column, pen);
    texts[column] = text;
    pens[column] = pen;
    if (!wide) return;
    this.#untie(row, column + 1, pen);
    texts[column + 1] = '';
    pens[column + 1] = pen;
  }

  /** Characters of one place each. */
  putAll(row: number, column: number, text: string, pen: string): void {
    const { texts, pens } = this.#reaching(row, column);
    this.#untie(row, column, pen);
    this.#untie(row, column + text.length - 1, pen);
    for (let at = 0; at < text.length; at += 1) {
      texts[column + at] = text.charAt(at);
      pens[column + at] = pen;
    }
  }

  /** Onto the character that stands there. */
  join(row: number, column: number, mark: string): void {
    const { texts } = this.line(row);
    const at = texts[column] === '' ? column - 1 : column;
    const there = texts[at];
    // Marks without an end on one character are nobody's language.
    if (there !== undefined && there.length < 32) texts[at] = there + mark;
  }

  erase(row: number, { from, to }: Span, paper: string): void {
    if (to <= from) return;
    const line = this.#reaching(row, from);
    this.#untie(row, from, paper);
    this.#untie(row, to - 1, paper);
    if (paper === '' && to >= this.#columns) {
      line.texts.length = Math.min(line.texts.length, from);
      line.pens.length = line.texts.length;
      return;
    }
    for (let at = from; at < to; at += 1) {
      line.texts[at] = BLANK;
      line.pens[at] = paper;
    }
  }

  /** Blank places before what stands there. */
  insert(row: number, column: number, count: number, paper: string): void {
    const { texts, pens } = this.#reaching(row, column);
    if (column >= texts.length && paper === '') return;
    this.#splitBefore(row, column, paper);
    const blanks = Math.min(count, this.#columns - column);
    texts.splice(column, 0, ...Array<string>(blanks).fill(BLANK));
    pens.splice(column, 0, ...Array<string>(blanks).fill(paper));
    this.#cut(row);
  }

  remove(row: number, column: number, count: number, paper: string): void {
    const { texts, pens } = this.#reaching(row, column);
    const gone = Math.min(count, this.#columns - column);
    this.#splitBefore(row, column, paper);
    this.#splitBefore(row, column + gone, paper);
    texts.splice(column, gone);
    pens.splice(column, gone);
    if (paper !== '') this.erase(row, { from: this.#columns - gone, to: this.#columns }, paper);
  }

  /** Lines of a span of rows move up, or down where `count` is negative; what comes in is blank. */
  scroll({ from, to }: Span, count: number, paper: string): void {
    const moved = Math.min(Math.abs(count), to - from);
    for (let done = 0; done < moved; done += 1) {
      this.#lines.splice(count > 0 ? from : to - 1, 1);
      this.#lines.splice(count > 0 ? to - 1 : from, 0, this.#blank(paper));
    }
  }

  clear({ from, to }: Span, paper: string): void {
    for (let row = from; row < to; row += 1) this.#lines[row] = this.#blank(paper);
  }

  /** @returns by how many rows what stands there has moved up: what is below `row`, the cursor's, goes first */
  resize(columns: number, rows: number, row: number): number {
    this.#columns = columns;
    const surplus = Math.max(0, this.#lines.length - rows);
    const below = Math.min(surplus, this.#lines.length - 1 - row);
    this.#lines.splice(this.#lines.length - below, below);
    this.#lines.splice(0, surplus - below);
    for (const at of this.#lines.keys()) this.#cut(at);
    while (this.#lines.length < rows) this.#lines.push(this.#blank(''));
    return surplus - below;
  }

  #blank(paper: string): Line {
    const count = paper === '' ? 0 : this.#columns;
    return { texts: Array<string>(count).fill(BLANK), pens: Array<string>(count).fill(paper) };
  }

  #reaching(row: number, column: number): Line {
    const line = this.line(row);
    while (line.texts.length < column) {
      line.texts.push(BLANK);
      line.pens.push('');
    }
    return line;
  }

  /** Of a wide character that loses a half nothing is left. */
  #untie(row: number, column: number, pen: string): void {
    this.#splitBefore(row, column, pen);
    this.#splitBefore(row, column + 1, pen);
  }

  /** Where the second half of one stands: both are blank. */
  #splitBefore(row: number, column: number, pen: string): void {
    const { texts, pens } = this.line(row);
    if (texts[column] !== '' || column === 0) return;
    for (const half of [column - 1, column]) {
      texts[half] = BLANK;
      pens[half] = pen;
    }
  }

  #cut(row: number): void {
    const { texts, pens } = this.line(row);
    if (texts[this.#columns] === '') texts[this.#columns - 1] = BLANK;
    texts.length = Math.min(texts.length, this.#columns);
    pens.length = texts.length;
  }
}
