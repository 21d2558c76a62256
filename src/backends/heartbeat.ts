import type { Clock } from '../base/clock.ts';
import type { Disposable } from '../base/disposable.ts';

/** Milliseconds. */
const PING = 20_000;
const PONG = 10_000;

/** Asks the other end of a connection again and again whether it lives: one that does not answer in time is gone. */
export class Heartbeat implements Disposable {
  readonly #clock: Clock;
  readonly #ping: () => void;
  readonly #gone: () => void;
  #next: Disposable | undefined;
  #unanswered: Disposable | undefined;

  constructor(parts: { readonly clock: Clock; readonly ping: () => void; readonly gone: () => void }) {
    this.#clock = parts.clock;
    this.#ping = parts.ping;
    this.#gone = parts.gone;
    this.#wait();
  }

  answered(): void {
    this.#unanswered?.dispose();
    this.#unanswered = undefined;
  }

  dispose(): void {
    this.#next?.dispose();
    this.answered();
  }

  #wait(): void {
    this.#next = this.#clock.after(PING, () => {
      this.#ping();
      this.#unanswered ??= this.#clock.after(PONG, this.#gone);
      this.#wait();
    });
  }
}
