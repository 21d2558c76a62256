import { Failure, sentence } from './failure.ts';

/** Characters that may wait for a reader that is slow. Above it, requests are refused; at the double, the line is given up. */
const MAX_WAITING = 16 * 1024 * 1024;

export interface LineWriterWatch {
  /** The other side is there and does not read; what it should have heard cannot be kept any longer. */
  overflow(failure: Failure): void;
  /** A write failed: the other side is gone, or has closed its ear. */
  broken(failure: Failure): void;
}

/** Writes lines in batches: what gathers while the other side is busy goes out as one. */
export class LineWriter {
  readonly #writer: WritableStreamDefaultWriter<readonly string[]>;
  readonly #watch: LineWriterWatch;
  #waiting: string[] = [];
  #characters = 0;
  #pumping = false;
  #closed = false;
  #broken: Failure | undefined;

  constructor(writable: WritableStream<readonly string[]>, watch: LineWriterWatch) {
    this.#writer = writable.getWriter();
    // The failure is reported by the pump; the writer's own promise must not become an unhandled rejection.
    this.#writer.closed.catch(() => undefined);
    this.#watch = watch;
  }

  /** Why nothing more should be asked of the other side, or undefined. */
  refusal(): Failure | undefined {
    return this.#broken ?? (this.#characters > MAX_WAITING ? unread() : undefined);
  }

  write(line: string): void {
    if (this.#closed || this.#broken !== undefined) return;
    this.#waiting.push(line);
    this.#characters += line.length;
    if (this.#characters > 2 * MAX_WAITING) {
      const failure = unread();
      this.#break(failure);
      this.#watch.overflow(failure);
    } else if (!this.#pumping) {
      void this.#pump();
    }
  }

  /** What was written before still goes out. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    if (!this.#pumping) this.#writer.close().catch(() => undefined);
  }

  async #pump(): Promise<void> {
    this.#pumping = true;
    try {
      while (this.#waiting.length > 0) {
        await this.#writer.ready;
        const batch = this.#waiting;
        const characters = this.#characters;
        this.#waiting = [];
        await this.#writer.write(batch);
        this.#characters -= characters;
      }
      if (this.#closed) await this.#writer.close();
    } catch (cause) {
      const before = this.#broken;
      this.#break(cause);
      if (before === undefined && this.#broken !== undefined) this.#watch.broken(this.#broken);
    } finally {
      this.#pumping = false;
    }
  }

  /** What the other side still says is read to its end: its last words may explain this. */
  #break(cause: unknown): void {
    if (this.#broken !== undefined) return;
    this.#broken = cause instanceof Failure ? cause : new Failure('closed', `Writing failed: ${sentence(cause)}`);
    this.#waiting = [];
    this.#writer.abort(this.#broken).catch(() => undefined);
  }
}

const unread = (): Failure =>
  new Failure('busy', 'The other side does not read what it is sent.', 'Wait a moment, or restart it.');
