import type { Logged } from '../model/event.ts';
import { encodeLogged } from '../router/journalLine.ts';
import type { Blobs } from './blobs.ts';

/** Lines that wait for the next write, and the blobs that lines have named since the last fold but one. */
export class PendingLines {
  /** When the first of them began to wait, by the clock that does not jump. */
  since = 0;
  /** UTF-16 units, the large texts that wait beside them included. */
  length = 0;
  readonly #blobs: Blobs;
  #lines: string[] = [];
  #named = new Set<string>();
  #namedBefore: ReadonlySet<string> = new Set();

  constructor(blobs: Blobs) {
    this.#blobs = blobs;
  }

  get count(): number {
    return this.#lines.length;
  }

  /** A line that is written after a fold may have been made before it, so the names of both times count. */
  names(blob: string): boolean {
    return this.#named.has(blob) || this.#namedBefore.has(blob);
  }

  /** Keeps a text apart for a line that is added next; nobody else has it. */
  keep(text: string): string {
    const name = this.#blobs.keep(text);
    this.#named.add(name);
    this.length += text.length;
    return name;
  }

  add(logged: readonly Logged[], now: number): void {
    if (this.#lines.length === 0) this.since = now;
    const keep = (text: string): string => {
      const name = this.#blobs.add(text);
      this.#named.add(name);
      this.length += text.length;
      return name;
    };
    for (const item of logged) {
      const line = encodeLogged(item, keep);
      this.#lines.push(line);
      this.length += line.length + 1;
    }
  }

  take(): string {
    const text = this.#lines.map((line) => `${line}\n`).join('');
    this.#lines = [];
    this.length = 0;
    return text;
  }

  /** A fold covers what came before. */
  turn(): void {
    this.#namedBefore = this.#named;
    this.#named = new Set();
  }
}
