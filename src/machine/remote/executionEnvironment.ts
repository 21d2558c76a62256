import { Failure } from '../../base/failure.ts';
import type { Environment, TerminalOptions } from '../../router/ports.ts';
import { failedTerminal } from '../terminal.ts';
import type { ExecutionHost } from './executionHost.ts';
import { folderThere, isPosixShell, lineFor } from './executionLines.ts';
import { executionTerminal } from './executionTerminal.ts';

/** Characters of what a host calls a command. */
const LONGEST = 200;

export interface ExecutionPlace {
  readonly host: ExecutionHost;
  /** Where commands run there; absent: where the host does. */
  readonly folder?: string;
  /** The folder of this machine that is that one there, for whose command it is. */
  folderOf(options: TerminalOptions): string;
}

/** A host as a place for commands. It carries no agents: the protocol has no way to speak with a program as it runs. */
export const executionEnvironment = ({ host, folder, folderOf }: ExecutionPlace): Environment => ({
  label: host.name,
  get shell() {
    return isPosixShell(host.hello?.capabilities) ? 'posix' : 'windows';
  },
  async spawn() {
    throw new Failure(
      'unsupported',
      `${host.name} runs commands, and carries no agents.`,
      'Start the agent on this machine and have its commands run there, or reach the other machine by ssh.',
    );
  },
  async terminal(options, signal) {
    try {
      const line = lineFor(options, host.hello?.capabilities);
      const there = folder === undefined ? {} : { folder };
      const workdir = folderThere(options.cwd, folderOf(options), { name: host.name, ...there });
      const where = workdir === undefined ? {} : { workdir };
      const description = options.name.slice(0, LONGEST);
      return await executionTerminal(host, { line, description, ...where }, signal);
    } catch (failure) {
      signal.throwIfAborted();
      // As a command that cannot be started on this machine: what went wrong stands where its output would.
      return failedTerminal(failure);
    }
  },
});
