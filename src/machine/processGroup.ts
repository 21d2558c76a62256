import { spawn, type ChildProcess } from 'node:child_process';
import { within, type Clock } from '../base/clock.ts';
import { systemRoot } from './invocation.ts';
import { treeKill } from './windowsCommand.ts';

/** How long each step of ending a child may take before the next one, ms. */
export interface Ladder {
  /** After its input was closed. */
  readonly close: number;
  /** After it was asked (SIGTERM to the group). */
  readonly ask: number;
}

/** Agents that are asked leave within half a second; those that do not are made to. Together under the two seconds of an orderly end. */
export const DEFAULT_LADDER: Ladder = { close: 600, ask: 800 };

/**
 * Signals the whole group of a child that was started as its leader: several agents are wrappers, and a signal to the
 * wrapper alone leaves the agent behind. Windows knows no groups and no asking: the tree is ended.
 */
export const signalGroup = (pid: number, signal: 'SIGINT' | 'SIGTERM' | 'SIGKILL'): void => {
  if (process.platform === 'win32') {
    const { file, args } = treeKill(pid, systemRoot(process.env));
    spawn(file, args, { stdio: 'ignore', windowsHide: true }).on('error', () => undefined);
    return;
  }
  try {
    process.kill(-pid, signal);
  } catch {
    // Nobody is left in the group.
  }
};

/** For what a leader that is gone has left in its group. Windows may have given its number to somebody else. */
export const signalOrphans = (pid: number | undefined): void => {
  if (pid !== undefined && process.platform !== 'win32') signalGroup(pid, 'SIGKILL');
};

/** Ends a child and all that it started: closes its input, then asks, then insists. */
export const endGroup = async (
  child: ChildProcess,
  gone: Promise<unknown>,
  clock: Clock,
  ladder: Ladder,
): Promise<void> => {
  const { pid } = child;
  if (pid === undefined) return;
  child.stdin?.end();
  if (!(await within(clock, ladder.close, gone))) {
    signalGroup(pid, 'SIGTERM');
    if (await within(clock, ladder.ask, gone)) return;
    signalGroup(pid, 'SIGKILL');
    // What the system itself holds cannot be waited for.
    await within(clock, ladder.ask, gone);
  }
};
