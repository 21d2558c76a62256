import type { Disposable } from '../../base/disposable.ts';
import { TerminalText, withoutUnseen } from '../../base/terminalText.ts';
import { LIMITS } from '../../router/limits.ts';
import type { ExitStatus } from '../../router/ports.ts';
import { OutputBuffer } from './outputBuffer.ts';
import type { Clock } from '../../base/clock.ts';
import type { SessionEvent } from '../../model/event.ts';

/** The session that a terminal is shown in. */
interface Shows {
  readonly clock: Clock;
  push(event: SessionEvent): void;
}

/**
 * A terminal as the transcript sees it: its end, at most once in each pause, since a command can write thousands of
 * times a second and nobody reads that fast. What changes for good is shown at once.
 */
export class TerminalLook {
  readonly #session: Shows;
  readonly #id: string;
  readonly #command: string;
  readonly #text = new TerminalText();
  readonly #tail = new OutputBuffer(LIMITS.terminalTail);
  #bytes = 0;
  #exit: ExitStatus | undefined;
  #released = false;
  #timer: Disposable | undefined;
  #shownAt = Number.NEGATIVE_INFINITY;

  constructor(session: Shows, id: string, command: string) {
    this.#session = session;
    this.#id = id;
    this.#command = command;
    this.#show();
  }

  /** Returns the chunk as text with colours. */
  append(chunk: string): string {
    const text = this.#text.push(chunk);
    this.#bytes += Buffer.byteLength(chunk);
    this.#tail.append(text);
    if (this.#timer === undefined) this.#showSoon();
    return text;
  }

  end(exit: ExitStatus): void {
    this.#exit = exit;
    this.#show();
  }

  release(): void {
    this.#released = true;
    this.#show();
  }

  #showSoon(): void {
    const wait = this.#shownAt + LIMITS.terminalPause - this.#session.clock.monotonic();
    if (wait <= 0) this.#show();
    else this.#timer = this.#session.clock.after(wait, () => this.#show());
  }

  #show(): void {
    this.#timer?.dispose();
    this.#timer = undefined;
    this.#shownAt = this.#session.clock.monotonic();
    this.#session.push({
      kind: 'terminal/changed',
      terminal: {
        id: this.#id,
        command: this.#command,
        tail: withoutUnseen(this.#tail.truncated ? fromItsStart(this.#tail.text()) : this.#tail.text()),
        bytes: this.#bytes,
        ...(this.#exit === undefined ? {} : { exit: this.#exit }),
        released: this.#released,
      },
    });
  }
}

/** Of a text that was cut anywhere: from its first whole line on where one begins soon, else without the rest of a torn colour. */
const fromItsStart = (tail: string): string => {
  const end = tail.indexOf('\n');
  return end !== -1 && end < tail.length / 2 ? tail.slice(end + 1) : tail.replace(/^\[?[\d;:]*m/u, '');
};
