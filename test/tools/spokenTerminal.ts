import type { Disposable } from '../../src/base/disposable.ts';
import type { RelayWorld } from '../../src/relay/ports.ts';
import type { ExitStatus, Terminal, TerminalOptions } from '../../src/router/ports.ts';

/** A command that a test speaks for. */
export class SpokenTerminal implements Terminal {
  readonly pid = undefined;
  readonly kind = 'pty';
  readonly options: TerminalOptions;
  readonly #exit = Promise.withResolvers<ExitStatus>();
  readonly exited = this.#exit.promise;
  #listener: ((text: string) => void) | undefined;
  #early: string;
  typed = '';
  sizes: (readonly [number, number])[] = [];
  disposed = 0;

  constructor(options: TerminalOptions, early = '') {
    this.options = options;
    this.#early = early;
  }

  onData(listener: (text: string) => void): Disposable {
    this.#listener = listener;
    const early = this.#early;
    this.#early = '';
    if (early !== '') listener(early);
    return { dispose: () => (this.#listener = undefined) };
  }
  say(text: string): void {
    this.#listener?.(text);
  }
  async exit(status: ExitStatus): Promise<void> {
    this.#exit.resolve(status);
    await this.exited;
  }
  write(text: string): void {
    this.typed += text;
  }
  resize(columns: number, rows: number): void {
    this.sizes.push([columns, rows]);
  }
  kill(): void {}
  async [Symbol.asyncDispose](): Promise<void> {
    this.disposed += 1;
  }
}

/** Where a relay starts its terminals: those that were are listed. */
export const spokenTerminals = (started: SpokenTerminal[], early = ''): NonNullable<RelayWorld['terminals']> => ({
  shell: 'posix',
  terminal: (options) => {
    const terminal = new SpokenTerminal(options, early);
    started.push(terminal);
    return Promise.resolve(terminal);
  },
});
