/**
 * The pieces that one entry of the transcript is drawn in. Each is mounted and measured on its own, so that a message
 * of any length costs what is seen of it.
 */
import type { Entry, OtherPart, Part } from '../src/model/entry.ts';
import { type Block, linesOf } from './markdown/block.ts';
import { MarkdownDocument } from './markdown/document.ts';

export type Piece =
  | { readonly type: 'block'; readonly block: Block; readonly whole: () => string }
  | { readonly type: 'plain'; readonly text: string; readonly continued: boolean }
  | { readonly type: 'part'; readonly part: OtherPart }
  | {
      readonly type: 'fold';
      readonly open: boolean;
      readonly working: boolean;
      readonly milliseconds: number | undefined;
    }
  | { readonly type: 'card'; readonly last: boolean };

/** Never changes: another piece makes another unit, "the same object" means "nothing to draw again". */
export interface Unit {
  readonly key: string;
  readonly owner: EntryUnits;
  readonly index: number;
  readonly entry: Entry;
  readonly piece: Piece;
  /** About how many DOM nodes it makes. */
  readonly nodes: number;
}

/** How long markdown may be read before the frame must be drawn. */
export class Budget {
  readonly #now: () => number;
  readonly #until: number;

  constructor(milliseconds: number, now: () => number) {
    this.#now = now;
    this.#until = now() + milliseconds;
  }

  get spent(): boolean {
    return this.#now() >= this.#until;
  }
}

/** What an entry is drawn with besides itself. */
export interface Place {
  /** It is the last one of a running turn: more may come. */
  readonly live: boolean;
  /** When the entry after it began. */
  readonly nextAt: number | undefined;
  /** A thought that the reader has unfolded. */
  readonly open: boolean;
}

const LINE = 20;
const GAP = 12;
/** Read at one go, between two looks at the clock. */
const SLICE = 4 * 1024;
const PLAIN_PIECE = 4 * 1024;

/** What sums heights up, told when one changed. */
export interface Home {
  stale: boolean;
}

export class EntryUnits {
  readonly id: string;
  readonly home: Home;
  #entry: Entry;
  #place: Place;
  #dirty = true;
  #units: Unit[] = [];
  readonly #heights: number[] = [];
  #sum: number;
  /** Characters that are not read yet. */
  #unread = 0;
  /** Where the message stands in its parts: the part that grows, its document, how many of its blocks are units. */
  #part = 0;
  #document: MarkdownDocument | undefined;
  #taken = 0;
  #stable = 0;

  constructor(entry: Entry, place: Place, home: Home) {
    this.id = entry.id;
    this.home = home;
    this.#entry = entry;
    this.#place = place;
    this.#sum = guess(entry, place);
  }

  get entry(): Entry {
    return this.#entry;
  }

  /** Pixels: what was measured, guesses for the rest. */
  get height(): number {
    return this.#sum + linesOfLength(this.#unread) * LINE;
  }

  heightOf(index: number): number {
    return this.#heights[index] ?? 0;
  }

  /** True when something is to be drawn again. */
  set(entry: Entry, place: Place): boolean {
    const old = this.#place;
    const same =
      this.#entry === entry && old.live === place.live && old.nextAt === place.nextAt && old.open === place.open;
    if (same) return false;
    if (old.open !== place.open) this.#restart();
    this.#entry = entry;
    this.#place = place;
    this.#dirty = true;
    return true;
  }

  measured(index: number, height: number): void {
    const change = height - (this.#heights[index] ?? 0);
    if (index >= this.#units.length || change === 0) return;
    this.#heights[index] = height;
    this.#sum += change;
    this.home.stale = true;
  }

  /** The units as the entry stands, as far as the budget reads it; the rest follows with the next call. */
  units(budget: Budget): readonly Unit[] {
    if (this.#dirty || this.#unread > 0) {
      if (this.#units.length === 0) this.#sum = 0;
      this.#dirty = false;
      this.home.stale = true;
      this.#build(budget);
    }
    return this.#units;
  }

  get unread(): boolean {
    return this.#unread > 0;
  }

  #build(budget: Budget): void {
    const entry = this.#entry;
    this.#truncate(this.#stable);
    if (entry.kind === 'agent') {
      this.#message(entry.parts, budget);
    } else if (entry.kind === 'thought') {
      this.#fold(entry);
      if (this.#place.open) this.#message(entry.parts, budget);
    } else if (entry.kind === 'user') {
      for (const part of entry.parts) this.#userPart(part);
    } else {
      this.#push({ type: 'card', last: this.#place.nextAt === undefined }, cardNodes(entry), cardLines(entry));
    }
    this.#heights.length = this.#units.length;
  }

  /** The head of a thought stays its first unit; only what it says may change. */
  #fold(entry: Entry): void {
    const { open, live, nextAt } = this.#place;
    const piece: Piece = {
      type: 'fold',
      open,
      working: live,
      milliseconds: nextAt === undefined ? undefined : nextAt - entry.at,
    };
    const [first, ...rest] = this.#units;
    if (first === undefined) {
      this.#push(piece, 6, 1);
      this.#stable = 1;
    } else if (
      first.piece.type === 'fold' &&
      (first.piece.working !== piece.working || first.piece.milliseconds !== piece.milliseconds)
    ) {
      this.#units = [{ ...first, piece }, ...rest];
    }
  }

  #message(parts: readonly Part[], budget: Budget): void {
    this.#unread = 0;
    for (;;) {
      const part = parts[this.#part];
      if (part === undefined) return;
      if (part.type !== 'text') {
        this.#pushPart(part);
      } else if (!this.#text(part.text, this.#part < parts.length - 1, budget)) {
        return;
      }
      this.#part += 1;
      this.#stable = this.#units.length;
    }
  }

  /** True when the text is read to its end and will not grow. */
  #text(text: string, ended: boolean, budget: Budget): boolean {
    const document = (this.#document ??= new MarkdownDocument());
    let read = document.length >= text.length;
    while (!read && !budget.spent) read = document.grow(text, SLICE);
    if (read && ended) document.finish();
    for (; this.#taken < document.frozen.length; this.#taken += 1)
      this.#pushBlock(document, document.frozen[this.#taken], this.#taken);
    this.#stable = this.#units.length;
    if (read && ended) {
      this.#document = undefined;
      this.#taken = 0;
      return true;
    }
    for (const [index, block] of document.open(!this.#place.live).entries())
      this.#pushBlock(document, block, document.frozen.length + index);
    this.#unread = text.length - document.length;
    return false;
  }

  #pushBlock(document: MarkdownDocument, block: Block | undefined, at: number): void {
    if (block === undefined) return;
    this.#push({ type: 'block', block, whole: () => wholeCode(document, at) }, block.nodes + 2, block.lines);
  }

  #pushPart(part: OtherPart): void {
    this.#push({ type: 'part', part }, 8, part.type === 'image' ? 12 : 2);
  }

  #userPart(part: Part): void {
    if (part.type !== 'text') {
      this.#pushPart(part);
      return;
    }
    for (let from = 0; from < part.text.length;) {
      const line = part.text.lastIndexOf('\n', from + PLAIN_PIECE) + 1;
      const to = part.text.length - from <= PLAIN_PIECE ? part.text.length : line > from ? line : from + PLAIN_PIECE;
      const text = part.text.slice(from, to);
      this.#push(
        { type: 'plain', text: to < part.text.length ? text.replace(/\n$/u, '') : text, continued: from > 0 },
        3,
        linesOf(text),
      );
      from = to;
    }
  }

  #push(piece: Piece, nodes: number, lines: number): void {
    const index = this.#units.length;
    const height = this.#heights[index] ?? lines * LINE + (index === 0 ? GAP : 0);
    this.#heights[index] = height;
    this.#sum += height;
    this.#units.push({ key: `${this.id}:${index}`, owner: this, index, entry: this.#entry, piece, nodes });
  }

  #truncate(length: number): void {
    for (let index = length; index < this.#units.length; index += 1) this.#sum -= this.#heights[index] ?? 0;
    // Another array: the one that was handed out stands in a drawn window.
    this.#units = this.#units.slice(0, length);
  }

  #restart(): void {
    this.#truncate(0);
    this.#heights.length = 0;
    this.#part = 0;
    this.#taken = 0;
    this.#stable = 0;
    this.#document = undefined;
    this.#unread = 0;
  }
}

/** The code of a whole block, whose pieces follow each other. */
const wholeCode = (document: MarkdownDocument, at: number): string => {
  const blocks = [...document.frozen, ...document.open(false)];
  let code = '';
  for (let index = at; index < blocks.length; index += 1) {
    const block = blocks[index];
    if (block?.type !== 'code' || (index > at && !block.continued)) break;
    code += block.text;
  }
  return code.endsWith('\n') ? code.slice(0, -1) : code;
};

const linesOfLength = (characters: number): number => Math.ceil(characters / 50);

/** Before anything of it is read: a long session is opened without reading what nobody looks at. */
const guess = (entry: Entry, place: Place): number => {
  switch (entry.kind) {
    case 'user':
    case 'agent': {
      let characters = 0;
      for (const part of entry.parts) characters += part.type === 'text' ? part.text.length : 100;
      return GAP + LINE * Math.max(1, linesOfLength(characters));
    }
    case 'thought':
      return GAP + LINE * (place.open ? 4 : 1);
    default:
      return GAP + LINE * cardLines(entry);
  }
};

const cardNodes = (entry: Entry): number => {
  switch (entry.kind) {
    case 'tool':
      return 28 + Math.min(entry.locations.length, 20) * 3 + Math.min(entry.content.length, 10) * 50;
    case 'plan':
      return 6 + entry.items.length * 5;
    default:
      return 14;
  }
};

const cardLines = (entry: Entry): number => {
  switch (entry.kind) {
    case 'tool':
      return 2 + Math.min(entry.content.length, 10) * 6;
    case 'plan':
      return 1 + entry.items.length;
    default:
      return 2;
  }
};
