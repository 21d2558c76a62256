import type { Disposable } from '../../base/disposable.ts';
import { styledText } from '../../base/terminalText.ts';
import { LIMITS } from '../../router/limits.ts';
import type { ExitStatus } from '../../router/ports.ts';
import { OutputBuffer } from './outputBuffer.ts';
import type { AcpSession } from './session.ts';

/**
 * A terminal as the transcript sees it: its end, at most once in each pause, since a command can write thousands of
 * times a second and nobody reads that fast. What changes for good is shown at once.
 */
export class TerminalLook {
  readonly #session: AcpSession;
  readonly #id: string;
  readonly #command: string;
  readonly #tail = new OutputBuffer(LIMITS.terminalTail);
  #exit: ExitStatus | undefined;
  #released = false;
  #timer: Disposable | undefined;
  #shownAt = Number.NEGATIVE_INFINITY;

  constructor(session: AcpSession, id: string, command: string) {
    this.#session = session;
    this.#id = id;
    this.#command = command;
    this.#show();
  }

  append(text: string): void {
    this.#tail.append(text);
    if (this.#timer !== undefined) return;
    const wait = this.#shownAt + LIMITS.terminalPause - this.#session.clock.monotonic();
    if (wait <= 0) this.#show();
    else this.#timer = this.#session.clock.after(wait, () => this.#show());
  }

  end(exit: ExitStatus): void {
    this.#exit = exit;
    this.#show();
  }

  release(): void {
    this.#released = true;
    this.#show();
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
        tail: styledText(this.#tail.text()),
        bytes: this.#tail.total,
        ...(this.#exit === undefined ? {} : { exit: this.#exit }),
        released: this.#released,
      },
    });
  }
}
