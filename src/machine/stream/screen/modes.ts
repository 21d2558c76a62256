/** What a program has switched on in a terminal, beside what is drawn. */

/** On where nothing was said. */
const USUAL: ReadonlySet<number> = new Set([7, 25]);
/** Of DEC's, those that a terminal has to be told of again: keys, wrapping, cursor, mouse, focus, pastes. */
const KNOWN: ReadonlySet<number> = new Set([1, 6, 7, 9, 25, 45, 66, 1000, 1002, 1003, 1004, 1005, 1006, 1015, 2004]);

/** Of these one holds at a time, and whichever is switched off, none does: what the mouse tells, and how. */
const ONE_OF: readonly (readonly number[])[] = [
  [9, 1000, 1002, 1003],
  [1005, 1006, 1015],
];

export class Modes {
  readonly #other = new Set<number>();
  /** New characters push the others on. */
  inserts = false;
  /** A line feed begins a line. */
  returns = false;
  /** Of the cursor, as DECSCUSR has it; empty: the terminal's own. */
  shape = '';

  has(mode: number): boolean {
    return USUAL.has(mode) !== this.#other.has(mode);
  }

  set(mode: number, on: boolean): void {
    if (!KNOWN.has(mode)) return;
    for (const other of ONE_OF.find((group) => group.includes(mode)) ?? []) this.#other.delete(other);
    if (USUAL.has(mode) === on) this.#other.delete(mode);
    else this.#other.add(mode);
  }

  reset(): void {
    this.#other.clear();
    this.inserts = false;
    this.returns = false;
    this.shape = '';
  }

  /** What DECSTR takes back: all but the mouse. */
  resetSoftly(): void {
    for (const mode of KNOWN) if (!ONE_OF.some((group) => group.includes(mode))) this.#other.delete(mode);
    this.inserts = false;
    this.shape = '';
  }

  /** The sequences that switch on what is on; `but`: these are for somebody else. */
  sequences(but: ReadonlySet<number>): string {
    const own = [...this.#other].filter((mode) => !but.has(mode));
    return [
      ...own.map((mode) => `\u001b[?${mode}${USUAL.has(mode) ? 'l' : 'h'}`),
      this.inserts ? '\u001b[4h' : '',
      this.returns ? '\u001b[20h' : '',
      this.shape === '' ? '' : `\u001b[${this.shape} q`,
    ].join('');
  }
}
