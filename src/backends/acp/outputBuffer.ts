/**
 * The end of a stream of text: at most `limit` bytes of UTF-8, cut at its start on a character boundary (protocol §3).
 *
 * A ring of bytes that grows up to the limit: taking a chunk costs its own length, whatever the limit is.
 */
export class OutputBuffer {
  readonly #limit: number;
  #ring = Buffer.alloc(0);
  #start = 0;
  #length = 0;
  #truncated = false;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Whether something was ever cut; that does not change again. */
  get truncated(): boolean {
    return this.#truncated;
  }

  append(text: string): void {
    // No unit of UTF-16 is less than a byte: what stands before the last ones is cut anyway, and all that came earlier,
    // also where the first character that is left does not fit.
    if (text.length > this.#limit) {
      this.#truncated = true;
      this.#length = 0;
    }
    const bytes = Buffer.from(text.length > this.#limit ? wholeFrom(text, text.length - this.#limit) : text, 'utf8');
    if (this.#length + bytes.length > this.#limit) this.#truncated = true;
    const kept = bytes.subarray(Math.max(0, bytes.length - this.#limit));
    this.#grow(this.#length + kept.length);
    const capacity = this.#ring.length;
    const drop = Math.max(0, this.#length + kept.length - capacity);
    this.#start = capacity === 0 ? 0 : (this.#start + drop) % capacity;
    this.#length -= drop;
    const at = capacity === 0 ? 0 : (this.#start + this.#length) % capacity;
    const head = kept.subarray(0, capacity - at);
    head.copy(this.#ring, at);
    kept.copy(this.#ring, 0, head.length);
    this.#length += kept.length;
  }

  text(): string {
    const first = this.#ring.subarray(this.#start, this.#start + this.#length);
    const bytes = Buffer.concat([first, this.#ring.subarray(0, this.#length - first.length)]);
    let from = 0;
    // Continuation bytes at the start belong to a character whose head was cut.
    while (this.truncated && from < bytes.length && ((bytes[from] ?? 0) & 0xc0) === 0x80) from += 1;
    return bytes.toString('utf8', from);
  }

  #grow(needed: number): void {
    const capacity = Math.min(this.#limit, needed);
    if (capacity <= this.#ring.length) return;
    const grown = Buffer.alloc(Math.min(this.#limit, Math.max(capacity, 2 * this.#ring.length)));
    const first = this.#ring.subarray(this.#start, this.#start + this.#length);
    first.copy(grown);
    this.#ring.copy(grown, first.length, 0, this.#length - first.length);
    this.#ring = grown;
    this.#start = 0;
  }
}

const wholeFrom = (text: string, at: number): string => {
  const code = text.charCodeAt(at);
  return text.slice(code >= 0xdc00 && code < 0xe000 ? at + 1 : at);
};
