import { sentence } from '../base/failure.ts';
import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import { loadNodePty } from './nodePty.ts';
import { pipeTerminal, ptyTerminal, type StartTerminal } from './terminal.ts';

export interface TerminalWaysParts {
  /** The file beside which a node-pty may be installed. Absolute. */
  readonly program: string;
  /** The system's own, asked for where there is no node-pty. */
  script(): Promise<StartTerminal | undefined>;
  readonly clock: Clock;
  readonly log: Log;
}

/** Terminals without a native module of our own: the best way that this machine has. */
export class TerminalWays {
  readonly #parts: TerminalWaysParts;
  #nodePty: string | undefined;
  #found: Promise<readonly StartTerminal[]> | undefined;

  constructor(parts: TerminalWaysParts) {
    this.#parts = parts;
  }

  /** The folder of an editor's node-pty. Absolute. */
  useNodePty(path: string): void {
    // Of an editor that was updated the folder has another name, and the old one is gone.
    if (path !== this.#nodePty) this.#found = undefined;
    this.#nodePty = path;
  }

  readonly start: StartTerminal = async (invocation, options) => {
    const { clock, log } = this.#parts;
    for (const start of await (this.#found ??= this.#find())) {
      try {
        return await start(invocation, options);
      } catch (failure) {
        log.warn(`A terminal was not started: ${sentence(failure)}`);
      }
    }
    return pipeTerminal(invocation, options, clock);
  };

  /** In this order, and `script` only where nothing else is to be had. */
  async #find(): Promise<readonly StartTerminal[]> {
    const { program, log } = this.#parts;
    const places = [...(this.#nodePty === undefined ? [] : [this.#nodePty]), '@lydell/node-pty'];
    const loaded = places.flatMap((place): StartTerminal[] => {
      try {
        const pty = loadNodePty(place, program);
        return [(invocation, options) => ptyTerminal(pty, invocation, options)];
      } catch (failure) {
        log.debug(`${place} did not load: ${sentence(failure)}`);
        return [];
      }
    });
    const script = loaded.length > 0 ? undefined : await this.#parts.script();
    if (loaded.length === 0 && script === undefined)
      log.warn('No pseudo-terminals are to be had on this machine: terminals run over pipes.');
    return script === undefined ? loaded : [script];
  }
}
