import type { Duplex } from '../../src/base/duplex.ts';
import type { ToSurface } from '../../src/protocol/view/messages.ts';

interface Read {
  readonly done: boolean;
  readonly value?: readonly unknown[];
}

/**
 * The wire between a door and its surface, with the four methods that a door uses. Real web streams would take most of
 * the time of a simulation, and none of their behaviour is under test here.
 */
export class Pipe {
  /** What the door wrote and the surface has not taken. */
  inbox: ToSurface[] = [];
  /** The surface takes nothing: a write waits. */
  stalled = false;
  /** The core has closed its side. */
  ended = false;
  #said: (readonly unknown[])[] = [];
  #reader: ((read: Read) => void) | undefined;
  #writer: (() => void) | undefined;
  #gone = false;
  readonly #onWritten: (message: ToSurface) => void;

  constructor(onWritten: (message: ToSurface) => void) {
    this.#onWritten = onWritten;
  }

  /** The core's end. */
  readonly core: Duplex<unknown, ToSurface> = {
    readable: { getReader: () => ({ read: () => this.#read(), cancel: () => this.#end() }) },
    writable: {
      getWriter: () => ({
        closed: new Promise<void>(() => undefined),
        write: (batch: readonly ToSurface[]) => this.#write(batch),
        close: () => this.#end(),
      }),
    },
  } as unknown as Duplex<unknown, ToSurface>;

  say(message: unknown): void {
    if (this.#reader === undefined) this.#said.push([message]);
    else {
      const reader = this.#reader;
      this.#reader = undefined;
      reader({ done: false, value: [message] });
    }
  }

  resume(): void {
    this.stalled = false;
    this.#writer?.();
    this.#writer = undefined;
  }

  /** The surface goes away. */
  close(): void {
    this.#gone = true;
    this.#reader?.({ done: true });
    this.resume();
  }

  #read(): Promise<Read> {
    const value = this.#said.shift();
    if (value !== undefined) return Promise.resolve({ done: false, value });
    if (this.#gone) return Promise.resolve({ done: true });
    return new Promise((resolve) => {
      this.#reader = resolve;
    });
  }

  async #write(batch: readonly ToSurface[]): Promise<void> {
    if (this.#gone) throw new Error('The surface is gone.');
    for (const message of batch) this.#onWritten(message);
    this.inbox.push(...batch);
    if (this.stalled)
      await new Promise<void>((resolve) => {
        this.#writer = resolve;
      });
  }

  #end(): Promise<void> {
    this.ended = true;
    this.#gone = true;
    this.#reader?.({ done: true });
    return Promise.resolve();
  }
}
