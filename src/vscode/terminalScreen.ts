import * as vscode from 'vscode';
import { Disposables } from '../base/disposable.ts';
import type { ExitStatus, Terminal } from '../router/ports.ts';
import { ScreenFeed, type ScreenPace } from './screenFeed.ts';

/** What a screen needs of a terminal. */
export type Drawn = Pick<Terminal, 'kind' | 'write' | 'resize' | 'kill' | 'interrupt' | 'exited'>;

const ETX = '\u0003';
const ESC = '\u001B';

/**
 * Out of the other screen, and nothing that a program switched on stays: colours, a hidden cursor, the mouse. Leaving
 * the other screen puts the cursor where it was last kept, on this one too; so it is kept first, each screen by itself.
 */
const RESTORE = '\u001B7\u001B[?1049l\u001B[!p\u001B[?1000;1002;1003;1004;1006;2004l';

/**
 * One running command on a screen of VS Code: its output, what the person types, its size.
 * It stays after the command's end, with the exit code; closing it ends the command, unless that outlives the window.
 */
export class TerminalScreen implements vscode.Pseudoterminal {
  readonly #owned = new Disposables();
  readonly #terminal: Drawn;
  readonly #outlives: boolean;
  readonly #written = this.#owned.add(new vscode.EventEmitter<string>());
  readonly #closed = this.#owned.add(new vscode.EventEmitter<void>());
  readonly #renamed = this.#owned.add(new vscode.EventEmitter<string>());
  readonly onDidWrite = this.#written.event;
  readonly onDidClose = this.#closed.event;
  readonly onDidChangeName = this.#renamed.event;
  readonly #feed: ScreenFeed;
  #ended = false;

  constructor(terminal: Drawn, pace: ScreenPace, outlives = false) {
    this.#terminal = terminal;
    this.#outlives = outlives;
    this.#feed = this.#owned.add(
      new ScreenFeed({
        pace,
        write: (text) => this.#written.fire(text),
        leftOut,
      }),
    );
    void terminal.exited.then((status) => this.#end(status));
  }

  open(dimensions: vscode.TerminalDimensions | undefined): void {
    if (this.#terminal.kind === 'pipes' && !this.#ended)
      this.#written.fire(
        dim(vscode.l10n.t('No real terminal is to be had here: programs that need one behave differently.')),
      );
    if (dimensions !== undefined) this.setDimensions(dimensions);
    this.#feed.open();
  }

  close(): void {
    if (!this.#outlives) this.kill();
  }

  handleInput(data: string): void {
    // A key, and not what VS Code itself answers to a question that the program asked before it ended.
    if (this.#ended) {
      if (!data.startsWith(ESC)) this.#closed.fire();
      // Without a terminal nobody turns Ctrl+C into a signal.
    } else if (this.#terminal.kind === 'pipes' && data === ETX) {
      if (this.#terminal.interrupt === undefined) this.#terminal.kill();
      else this.#terminal.interrupt();
    } else this.#terminal.write(data);
  }

  setDimensions({ columns, rows }: vscode.TerminalDimensions): void {
    if (!this.#ended) this.#terminal.resize(columns, rows);
  }

  dispose(): void {
    this.#owned.dispose();
  }

  /** What the command wrote. */
  take(text: string): void {
    // A screen ends a line with both; a pipe has the line feed alone.
    this.#feed.push(this.#terminal.kind === 'pipes' ? text.replace(/\r?\n/gu, '\r\n') : text);
  }

  /** What it wrote and nobody has any more, UTF-16 units. */
  miss(units: number): void {
    this.#feed.say(leftOut(units));
  }

  /** What it is called from now on. */
  rename(name: string): void {
    this.#renamed.fire(name);
  }

  /** A person closed it. */
  kill(): void {
    if (!this.#ended) this.#terminal.kill();
  }

  #end({ code, signal }: ExitStatus): void {
    this.#ended = true;
    const how =
      signal !== null
        ? vscode.l10n.t('ended by {0}', signal)
        : code === null
          ? vscode.l10n.t('ended')
          : vscode.l10n.t('exited with code {0}', code);
    this.#feed.say(`${RESTORE}\r\n${dim(`[${vscode.l10n.t('{0}; any key closes this terminal', how)}]`)}`);
  }
}

const leftOut = (units: number): string =>
  `\r\n${dim(`[${vscode.l10n.t('{0} characters are left out here', units.toLocaleString())}]`)}`;

const dim = (text: string): string => `\u001B[0;2m${text}\u001B[0m\r\n`;
