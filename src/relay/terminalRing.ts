import type { RelayFrame } from './ports.ts';

/** What a terminal's clients can be given again: whichever of the two is reached first, UTF-16 units of the second. */
const MOST_FRAMES = 1000;
const MOST_UNITS = 1024 * 1024;

/** The end of what a terminal said, as it was sent. */
export class TerminalRing {
  readonly #frames: RelayFrame[] = [];
  #units = 0;

  get frames(): readonly RelayFrame[] {
    return this.#frames;
  }

  push(frame: RelayFrame): void {
    this.#frames.push(frame);
    this.#units += frame.text.length;
    while (this.#frames.length > MOST_FRAMES || (this.#units > MOST_UNITS && this.#frames.length > 1))
      this.#units -= this.#frames.shift()?.text.length ?? 0;
  }
}
