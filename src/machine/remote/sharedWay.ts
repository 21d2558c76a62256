import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FarMachine } from '../../router/farMachine.ts';

/**
 * What reads and writes files goes through the agent's own connection while there is one: signing in anew for each file takes
 * longer than all else. It ends with the agent. Only ssh can, and not on Windows.
 */
export class SharedWay {
  readonly #able: boolean;
  #socket: string | undefined;

  constructor({ kind }: FarMachine) {
    this.#able = kind === 'ssh' && process.platform !== 'win32';
  }

  /** Arguments of the connection that others may use; `end` when it has ended. */
  async open(): Promise<{ readonly options: readonly string[]; end(): void }> {
    if (!this.#able) return { options: [], end: () => undefined };
    // A name of its own each time: what one that was killed has left behind would stand in the way.
    const folder = await mkdtemp(join(tmpdir(), 'wheel-'));
    const socket = join(folder, 's');
    this.#socket = socket;
    const end = (): void => {
      if (this.#socket === socket) this.#socket = undefined;
      rm(folder, { recursive: true, force: true }).catch(() => undefined);
    };
    return { options: optionsOf('yes', socket), end };
  }

  /** Arguments of a connection that may go through that one; where it cannot, ssh makes its own. */
  get options(): readonly string[] {
    return this.#socket === undefined ? [] : optionsOf('no', this.#socket);
  }
}

const optionsOf = (master: string, socket: string): readonly string[] => [
  ...['-o', `ControlMaster=${master}`],
  ...['-o', `ControlPath=${socket.replaceAll('%', '%%')}`],
];
