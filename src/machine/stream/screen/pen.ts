/** Of a weight and its like: the parameter that ends it, and what it ends. */
const ENDS: Readonly<Record<number, readonly string[]>> = {
  22: ['1', '2'],
  23: ['3'],
  24: ['4'],
  25: ['5'],
  27: ['7'],
  28: ['8'],
  29: ['9'],
  39: ['foreground'],
  49: ['background'],
  55: ['53'],
  59: ['underline'],
};
const LONG: Readonly<Record<number, string>> = { 38: 'foreground', 48: 'background', 58: 'underline' };
/** Words of a colour in the long form, by its kind: of a table, or red, green and blue. */
const WORDS: Readonly<Record<string, number>> = { 5: 3, 2: 5 };

/** Colours and weights as SGR sets them, and the shortest SGR that sets them anew. */
export class Pen {
  readonly #set: Map<string, string>;
  #sgr: string | undefined;

  constructor(set: ReadonlyMap<string, string> = new Map()) {
    this.#set = new Map(set);
  }

  /** The parameters; empty: none is set. */
  get sgr(): string {
    return (this.#sgr ??= [...this.#set.values()].join(';'));
  }

  /** What a place gets that is cleared. */
  get paper(): string {
    return this.#set.get('background') ?? '';
  }

  copy(): Pen {
    return new Pen(this.#set);
  }

  clear(): void {
    this.#set.clear();
    this.#sgr = undefined;
  }

  apply(parameters: string): void {
    this.#sgr = undefined;
    const all = parameters.split(';');
    for (let at = 0; at < all.length; at += 1) {
      const word = all[at] ?? '';
      const number = Number(word.split(':', 1)[0]);
      const slot = LONG[number];
      if (slot === undefined) this.#one(number, word);
      else if (word.includes(':')) this.#set.set(slot, word);
      else {
        const count = WORDS[all[at + 1] ?? ''];
        // Of no kind that anybody knows: what follows would be taken for weights.
        if (count === undefined || at + count > all.length) return;
        this.#set.set(slot, all.slice(at, at + count).join(';'));
        at += count - 1;
      }
    }
  }

  #one(number: number, word: string): void {
    if (number === 0) return this.#set.clear();
    for (const ended of ENDS[number] ?? []) this.#set.delete(ended);
    if (word === '4:0') this.#set.delete('4');
    else if (number === 4 || number === 21) this.#set.set('4', word);
    else if ((number >= 1 && number <= 9 && number !== 6) || number === 53) this.#set.set(String(number), word);
    else if ((number >= 30 && number < 38) || (number >= 90 && number < 98)) this.#set.set('foreground', word);
    else if ((number >= 40 && number < 48) || (number >= 100 && number < 108)) this.#set.set('background', word);
  }
}
