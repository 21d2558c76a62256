import * as vscode from 'vscode';
import type { Clock } from '../base/clock.ts';
import { Disposables } from '../base/disposable.ts';
import { overheard } from '../router/overheard.ts';
import type { Environment, TerminalOptions } from '../router/ports.ts';
import { typedLine } from '../router/typedLine.ts';
import { plainLine } from './plainText.ts';
import { ScreenPace } from './screenFeed.ts';
import { type Drawn, TerminalScreen } from './terminalScreen.ts';

/** Terminals that ended and still stand in the panel; older ones are closed, since an agent runs hundreds of commands. */
const KEPT = 8;
const NAME_LENGTH = 60;

/** Whose a terminal is: what is shown already is found again by that. */
interface Owner {
  readonly session: string;
  readonly terminal: string;
}

interface Shown {
  readonly window: vscode.Terminal;
  readonly screen: TerminalScreen;
}

/**
 * Shows every command of an agent as a terminal of the window, without ever taking the focus or opening the panel, but
 * for one in which the person works.
 *
 * The command is a child of ours in a pseudo-terminal of node-pty, and VS Code's terminal only draws it. A terminal that
 * VS Code runs itself cannot be read reliably: `onDidWriteTerminalData` is no stable API, and shell integration gives
 * the output of an interactive shell only, where a person has not switched it off, through a command line that would
 * have to be quoted for whichever shell that is (S29), with VS Code's own variables in its environment (S30), and
 * without the signal that ended the command.
 */
export class AgentTerminals implements vscode.Disposable {
  readonly #owned = new Disposables();
  readonly #shown = new Map<string, Shown>();
  readonly #ended: string[] = [];
  readonly #pace: ScreenPace;
  #count = 0;

  constructor(clock: Clock) {
    this.#pace = this.#owned.add(new ScreenPace(clock));
    this.#owned.add(
      vscode.window.onDidCloseTerminal((closed) => {
        for (const [key, { window, screen }] of this.#shown) {
          if (window !== closed) continue;
          // VS Code itself says so only to a screen that it has opened, and one is closed before.
          if (closed.exitStatus?.reason === vscode.TerminalExitReason.User) screen.kill();
          else screen.close();
          this.#forget(key);
        }
      }),
    );
  }

  /** The same environment, whose terminals are seen. */
  around(environment: Environment): Environment {
    return {
      label: environment.label,
      spawn: (options, signal) => environment.spawn(options, signal),
      terminal: async (options, signal) => {
        const terminal = await environment.terminal(options, signal);
        const screen = this.show({ ...options, name: typedLine(options) }, terminal);
        return overheard(terminal, (text) => screen.take(text));
      },
    };
  }

  /** Brings one to sight, the focus left where it is. @returns false when it is not there (any more). */
  reveal(owner: Owner): boolean {
    const shown = this.#shown.get(keyOf(owner));
    shown?.window.show(true);
    return shown !== undefined;
  }

  dispose(): void {
    this.#owned.dispose();
    for (const key of this.#shown.keys()) this.#close(key);
  }

  /** `outlives`: the command goes on without the window, unless a person closes it. */
  show(
    options: Pick<TerminalOptions, 'name' | 'front'> & { readonly owner?: Owner },
    terminal: Drawn,
    outlives?: boolean,
  ): TerminalScreen {
    const key = options.owner === undefined ? `#${(this.#count += 1)}` : keyOf(options.owner);
    const screen = new TerminalScreen(terminal, this.#pace, outlives);
    const window = vscode.window.createTerminal({
      name: plainLine(options.name, NAME_LENGTH),
      pty: screen,
      location: vscode.TerminalLocation.Panel,
      isTransient: true,
    });
    this.#shown.set(key, { window, screen });
    if (options.front === true) window.show(false);
    void terminal.exited.then(() => this.#keepLast(key));
    return screen;
  }

  /** For one that VS Code itself makes, and whoever asked for this follows. */
  screen(terminal: Drawn): TerminalScreen {
    return new TerminalScreen(terminal, this.#pace);
  }

  #keepLast(key: string): void {
    this.#ended.push(key);
    while (this.#ended.length > KEPT) {
      const oldest = this.#ended.shift();
      if (oldest !== undefined) this.#close(oldest);
    }
  }

  #close(key: string): void {
    this.#shown.get(key)?.window.dispose();
    this.#forget(key);
  }

  #forget(key: string): void {
    this.#shown.get(key)?.screen.dispose();
    this.#shown.delete(key);
  }
}

const keyOf = (owner: Owner): string => `${owner.session} ${owner.terminal}`;
