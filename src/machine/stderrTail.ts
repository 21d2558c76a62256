import { StringDecoder } from 'node:string_decoder';
import { plainText } from '../base/terminalText.ts';

const LIMIT = 8 * 1024;

/** The end of what a program said beside its protocol: text for a person, so without escape sequences. */
export class StderrTail {
  readonly #decoder = new StringDecoder('utf8');
  #text = '';

  push(bytes: Buffer): void {
    this.#text += this.#decoder.write(bytes);
    // Cut with slack, so that many small writes do not copy the tail each time.
    if (this.#text.length > 4 * LIMIT) this.#text = this.#text.slice(-2 * LIMIT);
  }

  text(): string {
    // Where it was cut, half of a character may stand.
    return plainText(this.#text)
      .trimEnd()
      .slice(-LIMIT)
      .replace(/^[\uDC00-\uDFFF]/u, '');
  }
}
