/** The end of what a command said. */

/** UTF-16 units. */
const KEPT_OUTPUT = 200_000;

export interface Page {
  /** The lines with their ends between them. */
  readonly text: string;
  /** The first line that is still to be read; one that is not whole yet is read again. */
  readonly next: number;
}

export class KeptOutput {
  readonly #most: number;
  /** At most twice of what is kept: cutting at each piece would cost its whole length each time. */
  #text = '';
  #droppedChars = 0;

  constructor(most = KEPT_OUTPUT) {
    this.#most = most;
  }

  append(text: string): void {
    this.#text += text;
    if (this.#text.length > 2 * this.#most) this.#drop();
  }

  get text(): string {
    this.#drop();
    return this.#text;
  }

  /** UTF-16 units that are not there any more. */
  get droppedChars(): number {
    this.#drop();
    return this.#droppedChars;
  }

  /** Lines of what is kept, from `offset` on. `ended`: nothing more comes, so that the last line is whole as it is. */
  page(offset: number, limit: number, ended: boolean): Page {
    const lines = this.text.split('\n');
    const from = Math.min(offset, lines.length);
    const to = Math.min(from + limit, lines.length);
    const isOpen = to === lines.length && (!ended || lines.at(-1) === '');
    return { text: lines.slice(from, to).join('\n'), next: isOpen ? lines.length - 1 : to };
  }

  #drop(): void {
    let cut = this.#text.length - this.#most;
    if (cut <= 0) return;
    // Half of a pair is a broken letter.
    const code = this.#text.charCodeAt(cut);
    if (code >= 0xdc00 && code < 0xe000) cut += 1;
    this.#droppedChars += cut;
    this.#text = this.#text.slice(cut);
  }
}
