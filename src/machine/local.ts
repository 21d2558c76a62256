import { constants } from 'node:fs';
import { access, readFile, realpath, stat } from 'node:fs/promises';
import type { Clock } from '../base/clock.ts';
import type { Disposable } from '../base/disposable.ts';
import { Failure, sentence } from '../base/failure.ts';
import type { Log } from '../base/log.ts';
import type { Environment, Process, SpawnOptions, Terminal, TerminalOptions } from '../router/ports.ts';
import { startChild } from './child.ts';
import { childVariables, variable, type Variables } from './environmentVariables.ts';
import { findCommand } from './findCommand.ts';
import type { Charge, Guard } from './guard.ts';
import { shellInvocation, toInvocation, type Invocation, type Machine } from './invocation.ts';
import { DEFAULT_LADDER, type Ladder } from './processGroup.ts';
import type { ProgramStart } from './programPrints.ts';
import { failedTerminal, pipeTerminal, type StartTerminal } from './terminal.ts';

export interface LocalParts {
  readonly label: string;
  /** The machine's own variables; what must not be handed on is taken out here. */
  readonly env: Variables;
  /** The variables of what is not ours, where they are more than `env`. Asked for at each start; never rejects. */
  readonly variables?: () => Promise<Variables>;
  readonly clock: Clock;
  readonly log: Log;
  /** Real terminals, where they are to be had; without it, none. */
  readonly startTerminal?: StartTerminal;
  /** Folders in which a command is never found by its name: the workspace. */
  forbiddenRoots(): readonly string[];
  readonly ladder?: Ladder;
  /** Looks at an agent's program before it is started. @throws Failure why it must not be */
  vet?(start: ProgramStart, signal: AbortSignal): Promise<void>;
  /** Told of all that is started, so that it ends also where we cannot end it. */
  readonly guard?: Pick<Guard, 'admit'>;
}

/** This machine. Disposing it ends everything that it started and has not ended. */
export const localEnvironment = (parts: LocalParts): Environment & Disposable => {
  const running = new Set<AsyncDisposable>();
  const machineFor = async ({ node }: SpawnOptions): Promise<Machine> => {
    const env = node === true ? parts.env : ((await parts.variables?.()) ?? parts.env);
    return { ...files, env, platform: process.platform };
  };
  let disposed = false;

  const own = <T extends Process | Terminal>(item: T, charge: Charge | undefined): T => {
    charge?.started(item.pid, item.exited);
    running.add(item);
    void item.exited.then(() => running.delete(item));
    if (disposed) end(item);
    return item;
  };
  const end = (item: AsyncDisposable): void => {
    Promise.resolve(item[Symbol.asyncDispose]()).catch((failure: unknown) =>
      parts.log.error(`A child was not ended: ${sentence(failure)}`),
    );
  };

  return {
    label: parts.label,
    async spawn(options: SpawnOptions, signal: AbortSignal) {
      const machine = await machineFor(options);
      const invocation = await toInvocation(options, machine, { forbidden: parts.forbiddenRoots(), relative: false });
      const { agent, command } = options;
      if (agent !== undefined && options.node !== true)
        await parts.vet?.({ agent, command, file: invocation.file }, signal);
      signal.throwIfAborted();
      const charge = parts.guard?.admit({ command: options.command });
      const child = own(
        await startChild(charged(invocation, charge), {
          cwd: options.cwd,
          clock: parts.clock,
          ladder: parts.ladder ?? DEFAULT_LADDER,
        }),
        charge,
      );
      parts.log.info(`Started ${invocation.file} (pid ${child.pid}).`);
      return child;
    },
    async terminal(options: TerminalOptions, signal: AbortSignal) {
      let invocation: Invocation;
      try {
        await folderIsThere(options.cwd);
        invocation = await terminalInvocation(options, await machineFor(options), parts.forbiddenRoots());
      } catch (failure) {
        if (failure instanceof Failure) return failedTerminal(failure);
        throw failure;
      }
      signal.throwIfAborted();
      const session = options.owner?.session;
      const charge = parts.guard?.admit({ command: invocation.file, ...(session === undefined ? {} : { session }) });
      return own(await startTerminal(charged(invocation, charge), options, parts), charge);
    },
    dispose() {
      disposed = true;
      for (const item of running) end(item);
    },
  };
};

/**
 * The absolute path of a program that we start ourselves, looked for on PATH and never inside of `forbidden`.
 * @throws Failure `missing`
 */
export const findProgram = async (name: string, env: Variables, forbidden: readonly string[]): Promise<string> => {
  const { platform } = process;
  const [path = '', extensions = ''] = [variable(env, 'PATH', platform), variable(env, 'PATHEXT', platform)];
  return await findCommand(name, { ...files, platform, path, extensions, forbidden });
};

/** Last of all, so that no agent can ask for a command that hides from us. */
const charged = (invocation: Invocation, charge: Charge | undefined): Invocation =>
  charge === undefined ? invocation : { ...invocation, env: { ...invocation.env, ...charge.variables } };

const terminalInvocation = async (
  options: TerminalOptions,
  machine: Machine,
  forbidden: readonly string[],
): Promise<Invocation> =>
  options.shell === true
    ? shellInvocation(options.command, childVariables(machine.env, options.env, machine.platform), machine.platform)
    : toInvocation(options, machine, { forbidden, relative: true });

const folderIsThere = async (folder: string): Promise<void> => {
  const found = await stat(folder).catch(() => undefined);
  if (found === undefined) throw new Failure('missing', `The folder ${folder} does not exist.`);
  if (!found.isDirectory()) throw new Failure('invalid', `${folder} is no folder.`);
};

const startTerminal = async (
  invocation: Invocation,
  options: TerminalOptions,
  { startTerminal: start, clock }: LocalParts,
): Promise<Terminal> => {
  try {
    return start === undefined ? pipeTerminal(invocation, options, clock) : await start(invocation, options);
  } catch (failure) {
    return failedTerminal(failure);
  }
};

const files: Pick<Machine, 'isFile' | 'realPath' | 'readFile'> = {
  async isFile(path) {
    try {
      await access(path, constants.X_OK);
      return (await stat(path)).isFile();
    } catch {
      return false;
    }
  },
  realPath: (path) => realpath(path).catch(() => path),
  readFile: (path) => readFile(path, 'utf8'),
};
