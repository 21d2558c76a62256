/**
 * A line that a person types, where no terminal is there that would show it: printed as it is typed, and given when it is
 * finished. Source of the keys: what a terminal of a window sends.
 */

export interface Typed {
  /** To be shown. */
  readonly echo: string;
  /** Finished, each without its end. */
  readonly lines: readonly string[];
  /** Ctrl+C: what was typed is forgotten. Ctrl+D: nothing was typed. */
  readonly key?: 'interrupt' | 'end';
}

const KEPT = 200;
const BELL = '\u0007';
const [UP, DOWN] = ['\u001B[A', '\u001B[B'];
/** Of a terminal's keys, one at a time: a sequence, or a character. */
const KEY = /\u001B(?:\[[0-9;?]*[ -/]*[@-~]|O.|.)?|\r\n|[\s\S]/gu;

export class TypedLine {
  #text = '';
  readonly #past: string[] = [];
  #at = 0;

  /** What a shell has said before it: printed again with the line. */
  prompt = '';

  take(data: string): Typed {
    let echo = '';
    const lines: string[] = [];
    for (const [key] of data.matchAll(KEY)) {
      if (key === '\u0003' || (key === '\u0004' && this.#text === '')) {
        this.#set('');
        return key === '\u0003' ? { echo: `${echo}^C\n`, lines, key: 'interrupt' } : { echo, lines, key: 'end' };
      }
      if (key === '\r' || key === '\n' || key === '\r\n') {
        echo += '\n';
        lines.push(this.#finish());
      } else echo += this.#press(key);
    }
    return { echo, lines };
  }

  /** What stands there unfinished, with its prompt: shown again after something else was. */
  get shown(): string {
    return this.prompt + this.#text;
  }

  #finish(): string {
    const line = this.#text;
    if (line.trim() !== '' && this.#past.at(-1) !== line) this.#past.push(line);
    if (this.#past.length > KEPT) this.#past.shift();
    this.#set('');
    return line;
  }

  #set(text: string): void {
    this.#text = text;
    this.#at = this.#past.length;
  }

  #press(key: string): string {
    if (key === '\u007F' || key === '\b') return this.#change([...graphemes(this.#text)].slice(0, -1).join(''));
    if (key === '\u0015') return this.#change('');
    if (key === '\u0017') return this.#change(this.#text.replace(/\S*\s*$/u, ''));
    if (key === UP || key === DOWN) return this.#recall(key === UP ? -1 : 1);
    if (key === '\t') return this.#append('    ');
    // Any other key moves about in what is shown, and there is nothing here to be moved about in.
    return key < ' ' ? BELL : this.#append(key);
  }

  #append(text: string): string {
    this.#text += text;
    return text;
  }

  #change(text: string): string {
    if (this.#text === '') return BELL;
    this.#text = text;
    return this.#again();
  }

  #recall(by: number): string {
    const at = this.#at + by;
    if (at < 0 || at > this.#past.length) return BELL;
    this.#at = at;
    this.#text = this.#past[at] ?? '';
    return this.#again();
  }

  #again(): string {
    return `\r\u001B[K${this.shown}`;
  }
}

const graphemes = function* (text: string): Iterable<string> {
  for (const { segment } of new Intl.Segmenter().segment(text)) yield segment;
};
