import { resolve, win32 } from 'node:path';
import { Failure } from '../base/failure.ts';
import type { SpawnOptions } from '../router/ports.ts';
import { childVariables, variable, type Variables } from './environmentVariables.ts';
import { findCommand, type CommandLookup } from './findCommand.ts';
import { runNode } from './runNode.ts';
import { commandLine, npmShimScript } from './windowsCommand.ts';

/** What is handed to the operating system: a file and its arguments, no shell between. */
export interface Invocation {
  readonly file: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Windows: the arguments are already quoted as the program wants them. */
  readonly verbatim: boolean;
}

/** What the machine is asked while a command is looked for. */
export interface Machine extends Pick<CommandLookup, 'platform' | 'isFile' | 'realPath'> {
  readonly env: Variables;
  readFile(path: string): Promise<string>;
}

/**
 * From a command to what is spawned. `forbidden` are the folders in which no name is ever found; a relative path
 * counts from `options.cwd` where `relative` allows one, and is refused otherwise.
 */
export const toInvocation = async (
  options: SpawnOptions,
  machine: Machine,
  rules: { readonly forbidden: readonly string[]; readonly relative: boolean },
): Promise<Invocation> => {
  refuseNul(options);
  const env = childVariables(machine.env, options.env, machine.platform);
  if (options.node === true) return runNode(options.command, options.args, env);
  const command =
    rules.relative && /[\\/]/u.test(options.command) ? resolve(options.cwd, options.command) : options.command;
  const file = await findCommand(command, {
    ...machine,
    forbidden: rules.forbidden,
    path: variable(env, 'PATH', machine.platform) ?? '',
    extensions: variable(env, 'PATHEXT', machine.platform) ?? '',
  });
  if (machine.platform !== 'win32' || !/\.(?:cmd|bat)$/iu.test(file)) {
    return { file, args: options.args, env, verbatim: false };
  }
  const folder = win32.dirname(file);
  const script = npmShimScript(await machine.readFile(file), folder);
  if (script !== undefined && (await machine.isFile(script)))
    return runShim(script, folder, options.args, env, machine);
  return { file: commandShell(env), args: commandLine(file, options.args), env, verbatim: true };
};

/** A whole line for the shell of the machine: what an agent means that sends a command without arguments. */
export const shellInvocation = (
  line: string,
  env: Readonly<Record<string, string>>,
  platform: NodeJS.Platform,
): Invocation =>
  platform === 'win32'
    ? { file: commandShell(env), args: ['/d', '/s', '/c', `"${line}"`], env, verbatim: true }
    : { file: '/bin/sh', args: ['-c', line], env, verbatim: false };

/** npm's own shim runs the node beside it, where there is one; so do we. */
const runShim = async (
  script: string,
  folder: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  machine: Machine,
): Promise<Invocation> => {
  const node = win32.join(folder, 'node.exe');
  if (!(await machine.isFile(node))) return runNode(script, args, env);
  return { file: node, args: [script, ...args], env, verbatim: false };
};

const commandShell = (env: Variables): string => win32.join(systemRoot(env), 'System32', 'cmd.exe');

export const systemRoot = (env: Variables): string => {
  const root = variable(env, 'SystemRoot', 'win32');
  return root !== undefined && win32.isAbsolute(root) ? root : 'C:\\Windows';
};

const refuseNul = (options: SpawnOptions): void => {
  if ([options.command, options.cwd, ...options.args].some((text) => text.includes('\0'))) {
    throw new Failure('invalid', 'A command, its folder and its arguments cannot hold a NUL character.');
  }
};
