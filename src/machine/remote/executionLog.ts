/**
 * The output of a process, read in pages of lines by somebody who wants each character once. Source: the remote execution
 * protocol, §4, `log`.
 *
 * O1 The last line may be unfinished, so it is read again, and the one before it along with it: an empty page and a page
 *    that says so look the same, and two lines are never empty.
 * O2 A host keeps the last of what a process wrote, so that lines move forward while it writes. One that counts what it
 *    dropped is followed exactly. With any other the place is found again by what was read last; where that is not there
 *    any more, it is said that something is missing.
 */

/** Characters that known hosts keep of a process; what wrote less than this has lost nothing. */
export const KEPT = 200_000;
/** Lines. */
const PAGE = 2000;
/** Characters by which a place is found again. */
const RECENT = 1000;
/** What known hosts say instead of nothing. */
const NOTHING = '(no output)';

export interface LogPage {
  /** Lines from the offset on that was asked for. */
  readonly output: string;
  /** Characters of the beginning that the host does not have any more. */
  readonly dropped?: number;
}

export interface LogRead {
  readonly text: string;
  /** Something that was written is not in `text`: how many characters, where that is known. */
  readonly missing?: number | 'some';
  /** There may be more right now. */
  readonly more: boolean;
}

export class ExecutionLog {
  /** Of the line from which is read on, among those that the host has. */
  #offset = 0;
  /** What was taken from there on. */
  #known = '';
  #recent = '';
  /** How many characters were taken. */
  #taken = 0;
  #dropped = 0;
  /** All that the host had when all of it was read. */
  #whole: string | undefined;
  #wantsWhole = false;

  /** What is asked next. */
  get asks(): { readonly offset: number; readonly limit?: number } {
    return this.#wantsWhole || (this.#whole !== undefined && this.#dropped === 0)
      ? { offset: 0 }
      : { offset: this.#offset, limit: PAGE };
  }

  /** `page` is the answer to what {@link asks} said. */
  take({ output, dropped = 0 }: LogPage): LogRead {
    const text = output === NOTHING && !this.#known.startsWith(NOTHING) ? '' : output;
    if (this.asks.limit === undefined) return this.#takeWhole(text, dropped);
    const mayHaveLost = dropped === 0 && this.#taken + text.length - this.#known.length >= KEPT;
    if (!text.startsWith(this.#known) || dropped !== this.#dropped || mayHaveLost) {
      this.#wantsWhole = true;
      return { text: '', more: true };
    }
    const fresh = text.slice(this.#known.length);
    const lines = text.split('\n');
    this.#advance(fresh, this.#offset, lines);
    return { text: fresh, more: lines.length >= PAGE };
  }

  #takeWhole(text: string, dropped: number): LogRead {
    const before = this.#whole;
    this.#wantsWhole = false;
    this.#whole = dropped > 0 ? undefined : text;
    this.#dropped = dropped;
    if (dropped === 0 && before === text) return { text: '', more: false };
    const from = dropped > 0 ? this.#taken - dropped : this.#found(text);
    const fresh = text.slice(Math.max(0, from));
    const lost = dropped > 0 ? -from : 'some';
    if (dropped > 0) this.#taken = dropped + text.length - fresh.length;
    this.#advance(fresh, 0, text.split('\n'));
    // Below what it keeps it has dropped nothing: it was only a page that did not fit to the last.
    if (dropped === 0 && text.length < KEPT) this.#whole = undefined;
    return { text: fresh, more: false, ...(from < 0 ? { missing: lost } : {}) };
  }

  /** Where what was read ends; below zero: nowhere. */
  #found(text: string): number {
    if (this.#taken <= text.length && text.slice(0, this.#taken).endsWith(this.#recent)) return this.#taken;
    const at = text.indexOf(this.#recent);
    return at < 0 ? -1 : at + this.#recent.length;
  }

  #advance(fresh: string, first: number, lines: readonly string[]): void {
    this.#taken += fresh.length;
    this.#recent = (this.#recent + fresh).slice(-RECENT);
    this.#offset = first + Math.max(0, lines.length - 2);
    this.#known = lines.slice(-2).join('\n');
  }
}
