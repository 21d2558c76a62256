import type { ExitStatus } from '../../src/router/ports.ts';
import type { Screens } from '../../src/vscode/hosts/terminals.ts';
import type { Drawn } from '../../src/vscode/terminalScreen.ts';

export interface DrawnTerminal extends Drawn {
  readonly name: string;
  readonly owner?: { readonly session: string; readonly terminal: string };
  /** What was said, and how much of it nobody had any more. */
  readonly text: string;
  readonly missed: number;
  readonly exit: ExitStatus | undefined;
}

const KEPT = 1024 * 1024;

/** Stands for the terminals of a VS Code: each keeps what it is given. */
export class DrawnTerminals implements Screens {
  readonly all: DrawnTerminal[] = [];
  readonly #heard: (terminal: DrawnTerminal) => void;

  constructor(heard: (terminal: DrawnTerminal) => void = () => undefined) {
    this.#heard = heard;
  }

  readonly show: Screens['show'] = ({ name, owner }, terminal) => {
    let [text, missed] = ['', 0];
    let exit: ExitStatus | undefined;
    const drawn: DrawnTerminal = {
      ...terminal,
      name,
      ...(owner === undefined ? {} : { owner }),
      get text() {
        return text;
      },
      get missed() {
        return missed;
      },
      get exit() {
        return exit;
      },
    };
    this.all.push(drawn);
    void terminal.exited.then((status) => (exit = status));
    return {
      take: (more) => {
        text += more;
        // As a terminal has it: the end, cut now and then.
        if (text.length > 2 * KEPT) text = text.slice(-KEPT);
        this.#heard(drawn);
      },
      miss: (units) => (missed += units),
    };
  };

  readonly reveal: Screens['reveal'] = ({ terminal }) => this.all.some(({ owner }) => owner?.terminal === terminal);
}
