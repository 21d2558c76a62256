import * as vscode from 'vscode';
import { Disposables } from '../base/disposable.ts';
import type { ExitStatus, Terminal } from '../router/ports.ts';

/** What is kept for a window that has not opened yet, in UTF-16 units. */
const HELD = 1024 * 1024;
const ETX = '\u0003';

/**
 * One running command on a screen of VS Code: its output, what the person types, its size.
 * It stays after the command's end, with the exit code; closing it ends the command.
 */
export class TerminalScreen implements vscode.Pseudoterminal {
  readonly #owned = new Disposables();
  readonly #terminal: Terminal;
  readonly #written = this.#owned.add(new vscode.EventEmitter<string>());
  readonly #closed = this.#owned.add(new vscode.EventEmitter<void>());
  readonly onDidWrite = this.#written.event;
  readonly onDidClose = this.#closed.event;
  /** The terminal for its agent, which hears everything from the start although this screen listens as well. */
  readonly seen: Terminal;
  #held = '';
  #open = false;
  #ended = false;
  #listener: ((text: string) => void) | undefined;
  #unheard = '';

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
    this.#owned.add(terminal.onData((text) => this.#take(text)));
    this.seen = {
      pid: terminal.pid,
      kind: terminal.kind,
      onData: (listener) => this.#listen(listener),
      write: (text) => terminal.write(text),
      resize: (columns, rows) => terminal.resize(columns, rows),
      kill: () => terminal.kill(),
      exited: terminal.exited,
      [Symbol.asyncDispose]: () => terminal[Symbol.asyncDispose](),
    };
    void terminal.exited.then((status) => this.#end(status));
  }

  open(dimensions: vscode.TerminalDimensions | undefined): void {
    this.#open = true;
    if (this.#terminal.kind === 'pipes' && !this.#ended)
      this.#written.fire(
        dim(vscode.l10n.t('No real terminal is to be had here: programs that need one behave differently.')),
      );
    if (dimensions !== undefined) this.setDimensions(dimensions);
    this.#written.fire(this.#held);
    this.#held = '';
  }

  close(): void {
    if (!this.#ended) this.#terminal.kill();
  }

  handleInput(data: string): void {
    if (this.#ended) this.#closed.fire();
    // Without a terminal nobody turns Ctrl+C into a signal.
    else if (this.#terminal.kind === 'pipes' && data === ETX) this.#terminal.kill();
    else this.#terminal.write(data);
  }

  setDimensions({ columns, rows }: vscode.TerminalDimensions): void {
    if (!this.#ended) this.#terminal.resize(columns, rows);
  }

  dispose(): void {
    this.#owned.dispose();
  }

  #listen(listener: (text: string) => void): vscode.Disposable {
    this.#listener = listener;
    if (this.#unheard !== '') listener(this.#unheard);
    this.#unheard = '';
    return { dispose: () => (this.#listener = undefined) };
  }

  #take(text: string): void {
    if (this.#listener === undefined) this.#unheard += text;
    else this.#listener(text);
    // A screen ends a line with both; a pipe has the line feed alone.
    this.#print(this.#terminal.kind === 'pipes' ? text.replace(/\r?\n/gu, '\r\n') : text);
  }

  #end({ code, signal }: ExitStatus): void {
    this.#ended = true;
    const how =
      signal === null ? vscode.l10n.t('exited with code {0}', code ?? 0) : vscode.l10n.t('ended by {0}', signal);
    this.#print(`\r\n${dim(`[${vscode.l10n.t('{0}; any key closes this terminal', how)}]`)}`);
  }

  #print(text: string): void {
    if (this.#owned.ended) return;
    if (this.#open) this.#written.fire(text);
    else this.#held = (this.#held + text).slice(-HELD);
  }
}

const dim = (text: string): string => `\u001B[2m${text}\u001B[0m\r\n`;
