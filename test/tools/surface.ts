import { type Duplex, linkedPair } from '../../src/base/duplex.ts';
import type { FromSurface, ToSurface } from '../../src/protocol/view/messages.ts';

/** A surface's end of a door: what came waits in `inbox` until the test takes it. */
export class TestSurface {
  readonly core: Duplex<unknown, ToSurface>;
  inbox: ToSurface[] = [];
  readonly #writer: WritableStreamDefaultWriter<readonly unknown[]>;
  readonly ended: Promise<void>;

  constructor() {
    const [core, page] = linkedPair<unknown, ToSurface>();
    this.core = core;
    this.#writer = page.writable.getWriter();
    this.ended = this.#read(page.readable);
  }

  say(...messages: readonly (FromSurface | { readonly nonsense: unknown })[]): void {
    this.#writer.write(messages).catch(() => undefined);
  }

  /** Takes what came so far. */
  take(): readonly ToSurface[] {
    const taken = this.inbox;
    this.inbox = [];
    return taken;
  }

  async close(): Promise<void> {
    await this.#writer.close();
  }

  async #read(readable: ReadableStream<readonly ToSurface[]>): Promise<void> {
    for await (const batch of readable) this.inbox.push(...batch);
  }
}

/** Until every message that is under way has arrived: in one process, streams move in microtasks alone. */
export const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
