/**
 * Which units of a transcript are mounted, and how high what is not mounted is.
 *
 * L1 The cost of a frame depends on the pages that changed and on what is seen, never on the length of the transcript.
 * L2 Heights that were measured are kept; the others are guesses, and a guess that turns out wrong moves what is above
 *    or below the reader's anchor, never the anchor.
 */
import { entryCount, type Entry, PAGE } from '../src/model/entry.ts';
import type { Session } from '../src/model/session.ts';
import { Budget, EntryUnits, type Place, type Unit } from './units.ts';

/** A unit by its place. */
export interface Cursor {
  readonly entry: number;
  readonly unit: number;
}

export interface Window {
  readonly units: readonly Unit[];
  /** Heights of what is not mounted above and below. */
  readonly before: number;
  readonly after: number;
}

interface Page {
  source: readonly Entry[];
  readonly entries: EntryUnits[];
  sum: number;
  stale: boolean;
}

/** Beyond what is in sight nothing more is mounted once this many DOM nodes are. */
const NODES = 700;
/** Milliseconds of reading in a frame; a share of 16 that leaves the browser its own. */
const READING = 6;

export class TranscriptLayout {
  readonly #pages: Page[] = [];
  readonly #unfolded = new Set<string>();
  #live: EntryUnits | undefined;
  /** The first entry that is held. Pages before it are empty, and take no room. */
  #first = 0;
  readonly #now: () => number;
  #budget: Budget;
  #behind = false;

  constructor(now: () => number) {
    this.#now = now;
    this.#budget = new Budget(READING, now);
  }

  /** Some of what is in sight is not read yet: another frame is wanted. */
  get behind(): boolean {
    return this.#behind;
  }

  /** There is more before the first entry than is held here. */
  get partial(): boolean {
    return this.#first > 0;
  }

  /** The unit may stand before the first entry that is held: entries are named by the numbers that made them. */
  precedes(key: string): boolean {
    const first = this.#pages[this.#first / PAGE]?.entries[0];
    const made = /^e(\d+):/u.exec(key)?.[1];
    return this.partial && first !== undefined && made !== undefined && Number(made) < first.entry.seq;
  }

  get start(): Cursor {
    return { entry: this.#first, unit: 0 };
  }

  get count(): number {
    const last = this.#pages.at(-1);
    return last === undefined ? 0 : (this.#pages.length - 1) * PAGE + last.entries.length;
  }

  get height(): number {
    let sum = 0;
    for (const page of this.#pages) sum += sumOf(page);
    return sum;
  }

  unfold(id: string, open: boolean): void {
    if (open) this.#unfolded.add(id);
    else this.#unfolded.delete(id);
    for (const page of this.#pages) if (page.entries.some((entry) => entry.id === id)) page.source = [];
  }

  /** Takes the session as it stands now, once in a frame. */
  sync(session: Pick<Session, 'entries' | 'turn' | 'older'>): void {
    this.#budget = new Budget(READING, this.#now);
    this.#behind = false;
    const { entries } = session;
    this.#first = (session.older?.pages ?? 0) * PAGE;
    const count = entryCount(entries);
    const liveIndex = session.turn.state === 'running' ? count - 1 : -1;
    this.#pages.length = Math.min(this.#pages.length, entries.length);
    const previous = this.#live;
    this.#live = undefined;
    for (const [number, source] of entries.entries()) {
      const page = (this.#pages[number] ??= { source: [], entries: [], sum: 0, stale: true });
      const holdsLive = Math.floor(liveIndex / PAGE) === number;
      const held = previous !== undefined && page === previous.home;
      // The last of a page looks at the first of the next one.
      const edge = number === entries.length - 2;
      if (page.source !== source || holdsLive || held || edge)
        this.#syncPage(page, source, number, entries[number + 1]?.[0], liveIndex);
    }
  }

  #syncPage(page: Page, source: readonly Entry[], number: number, after: Entry | undefined, liveIndex: number): void {
    page.source = source;
    page.stale = true;
    page.entries.length = Math.min(page.entries.length, source.length);
    for (const [index, entry] of source.entries()) {
      const live = number * PAGE + index === liveIndex;
      const place: Place = { live, nextAt: (source[index + 1] ?? after)?.at, open: this.#unfolded.has(entry.id) };
      let units = page.entries[index];
      if (units?.id === entry.id) units.set(entry, place);
      else page.entries[index] = units = new EntryUnits(entry, place, page);
      if (live) this.#live = units;
    }
  }

  get end(): Cursor {
    const entry = this.count - 1;
    return { entry, unit: Number.MAX_SAFE_INTEGER };
  }

  /** The unit at a distance from the top, and how far from the top it begins. */
  at(y: number): { readonly cursor: Cursor; readonly top: number } {
    let top = 0;
    for (const [number, page] of this.#pages.entries()) {
      const sum = sumOf(page);
      if (top + sum <= y && number < this.#pages.length - 1) {
        top += sum;
        continue;
      }
      for (const [index, entry] of page.entries.entries()) {
        if (top + entry.height <= y && index < page.entries.length - 1) {
          top += entry.height;
          continue;
        }
        const units = this.#unitsOf(entry);
        let unit = 0;
        while (unit < units.length - 1 && top + entry.heightOf(unit) <= y) top += entry.heightOf(unit++);
        return { cursor: { entry: number * PAGE + index, unit }, top };
      }
    }
    return { cursor: { entry: 0, unit: 0 }, top: 0 };
  }

  find(key: string): Cursor | undefined {
    const colon = key.lastIndexOf(':');
    const id = key.slice(0, colon);
    for (const [number, page] of this.#pages.entries()) {
      const index = page.entries.findIndex((entry) => entry.id === id);
      if (index >= 0) return { entry: number * PAGE + index, unit: Number(key.slice(colon + 1)) };
    }
    return undefined;
  }

  /**
   * The units to mount: all that cover `above` pixels before the cursor and `below` from it on, and as many more on
   * both sides, up to `more` pixels, as the number of nodes allows.
   */
  around(cursor: Cursor, above: number, below: number, more: number): Window {
    if (this.count === 0) return { units: [], before: 0, after: 0 };
    const ahead: Unit[] = [];
    const behind: Unit[] = [];
    let nodes = 0;
    let covered = 0;
    for (const unit of this.#forward(cursor)) {
      if (covered >= below && (covered >= below + more || nodes > NODES)) break;
      ahead.push(unit);
      nodes += unit.nodes;
      covered += unit.owner.heightOf(unit.index);
    }
    covered = 0;
    for (const unit of this.#backward(cursor)) {
      if (covered >= above && (covered >= above + more || nodes > NODES)) break;
      behind.push(unit);
      nodes += unit.nodes;
      covered += unit.owner.heightOf(unit.index);
    }
    return this.#window([...behind.reverse(), ...ahead]);
  }

  #window(units: readonly Unit[]): Window {
    const [first] = units;
    if (first === undefined) return { units, before: 0, after: this.height };
    let before = 0;
    for (const page of this.#pages) {
      if (page !== first.owner.home) {
        before += sumOf(page);
        continue;
      }
      for (const entry of page.entries) {
        if (entry === first.owner) break;
        before += entry.height;
      }
      break;
    }
    for (let index = 0; index < first.index; index += 1) before += first.owner.heightOf(index);
    let mounted = 0;
    for (const unit of units) mounted += unit.owner.heightOf(unit.index);
    return { units, before, after: Math.max(0, this.height - before - mounted) };
  }

  *#forward(from: Cursor): Generator<Unit> {
    for (let index = from.entry; index < this.count; index += 1) {
      const units = this.#unitsAt(index);
      const start = index === from.entry ? Math.min(from.unit, units.length - 1) : 0;
      for (let unit = Math.max(0, start); unit < units.length; unit += 1) {
        const found = units[unit];
        if (found !== undefined) yield found;
      }
    }
  }

  *#backward(from: Cursor): Generator<Unit> {
    for (let index = from.entry; index >= this.#first; index -= 1) {
      const units = this.#unitsAt(index);
      const start = index === from.entry ? Math.min(from.unit, units.length - 1) : units.length;
      for (let unit = start - 1; unit >= 0; unit -= 1) {
        const found = units[unit];
        if (found !== undefined) yield found;
      }
    }
  }

  #unitsAt(index: number): readonly Unit[] {
    const entry = this.#pages[Math.floor(index / PAGE)]?.entries[index % PAGE];
    return entry === undefined ? [] : this.#unitsOf(entry);
  }

  #unitsOf(entry: EntryUnits): readonly Unit[] {
    const units = entry.units(this.#budget);
    if (entry.unread) this.#behind = true;
    return units;
  }
}

const sumOf = (page: Page): number => {
  if (page.stale) {
    page.sum = 0;
    for (const entry of page.entries) page.sum += entry.height;
    page.stale = false;
  }
  return page.sum;
};
