import type { WireLine } from '../base/rpcFrame.ts';

/** A longer line is skipped: no update of an agent is that long, and parsing one would hold everything else up. */
const MAX_LINE_BYTES = 8 * 1024 * 1024;

const NEWLINE = 0x0a;
const RETURN = 0x0d;
/** A buffer that grew above this for one long line is given back after it. */
const KEPT_CAPACITY = 256 * 1024;

/**
 * Cuts a stream of bytes into lines of UTF-8 text. Cost is in proportion to the bytes, however they are cut: the
 * unfinished line lies in one buffer that grows by doubling, and whole lines are decoded a chunk at a time.
 */
export class LineSplitter {
  #cap: number;
  #held = Buffer.alloc(0);
  #length = 0;
  /** Bytes of the line that is being skipped; zero when none is. */
  #skipped = 0;

  constructor(cap = MAX_LINE_BYTES) {
    this.#cap = cap;
  }

  /** Longer or shorter lines from now on. */
  set cap(bytes: number) {
    this.#cap = bytes;
  }

  /** Every line that is complete now. */
  push(bytes: Uint8Array): WireLine[] {
    const chunk = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const lines: WireLine[] = [];
    let from = 0;
    if (this.#length > 0 || this.#skipped > 0) {
      const end = chunk.indexOf(NEWLINE);
      this.#hold(end < 0 ? chunk : chunk.subarray(0, end));
      if (end < 0) return lines;
      lines.push(this.#release());
      from = end + 1;
    }
    const last = chunk.lastIndexOf(NEWLINE);
    if (last >= from) {
      this.#cut(chunk.subarray(from, last), lines);
      from = last + 1;
    }
    this.#hold(chunk.subarray(from));
    return lines;
  }

  /** What the stream ended with, when it did not end with a newline. */
  end(): WireLine[] {
    return this.#length > 0 || this.#skipped > 0 ? [this.#release()] : [];
  }

  /** Lines that lie whole in one chunk; `block` is without the last newline. */
  #cut(block: Buffer, lines: WireLine[]): void {
    if (block.length <= this.#cap) {
      for (const line of block.toString('utf8').split('\n')) lines.push(withoutReturn(line));
      return;
    }
    for (let from = 0; from <= block.length;) {
      const newline = block.indexOf(NEWLINE, from);
      const end = newline < 0 ? block.length : newline;
      const tooLong = end - from > this.#cap;
      lines.push(tooLong ? { skippedBytes: end - from } : withoutReturn(block.toString('utf8', from, end)));
      from = end + 1;
    }
  }

  #hold(bytes: Buffer): void {
    if (bytes.length === 0) return;
    const length = this.#length + bytes.length;
    if (this.#skipped > 0 || length > this.#cap) {
      this.#skipped += length;
      this.#forget();
      return;
    }
    if (length > this.#held.length) {
      const grown = Buffer.allocUnsafe(Math.min(this.#cap, Math.max(length, 2 * this.#held.length, 4096)));
      this.#held.copy(grown, 0, 0, this.#length);
      this.#held = grown;
    }
    bytes.copy(this.#held, this.#length);
    this.#length = length;
  }

  #release(): WireLine {
    const skippedBytes = this.#skipped;
    this.#skipped = 0;
    if (skippedBytes > 0) return { skippedBytes };
    const end = this.#held[this.#length - 1] === RETURN ? this.#length - 1 : this.#length;
    const line = this.#held.toString('utf8', 0, end);
    this.#forget();
    return line;
  }

  #forget(): void {
    this.#length = 0;
    if (this.#held.length > KEPT_CAPACITY) this.#held = Buffer.alloc(0);
  }
}

const withoutReturn = (line: string): string =>
  line.charCodeAt(line.length - 1) === RETURN ? line.slice(0, -1) : line;
