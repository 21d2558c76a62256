import { userInfo } from 'node:os';
import { basename, delimiter, isAbsolute } from 'node:path';
import type { Clock } from '../base/clock.ts';
import { Failure, sentence } from '../base/failure.ts';
import type { Log } from '../base/log.ts';
import { isDenied, type Variables } from './environmentVariables.ts';
import { runTool } from './tool.ts';

export interface ShellEnvironmentParts {
  /** What the editor gives us. */
  readonly env: Variables;
  readonly clock: Clock;
  readonly log: Log;
  readonly platform: NodeJS.Platform;
}

/** A shell that needs longer is gone on without: whoever starts an agent waits for it. */
const LIMIT = 3000;
const MOST_BYTES = 1024 * 1024;

/** What a shell sets for itself, and what means nothing outside of it. */
const OF_THE_SHELL = new Set(['_', 'SHLVL', 'PWD', 'OLDPWD', 'SHELL', 'TERM', 'PS1', 'PS2', 'COLUMNS', 'LINES', 'TTY']);

/**
 * The variables of a person's programs: the editor's own, and what only the login shell knows, such as the folders of
 * a version manager on PATH. The shell is asked at most once, when something is first started; what it has beyond the
 * editor's is told in the log by name, never with its value.
 */
export class ShellEnvironment {
  readonly #parts: ShellEnvironmentParts;
  #asked: Promise<Variables> | undefined;

  constructor(parts: ShellEnvironmentParts) {
    this.#parts = parts;
  }

  /** Never rejects: without an answer of the shell the editor's own variables are what there is. */
  variables(): Promise<Variables> {
    return (this.#asked ??= this.#ask());
  }

  async #ask(): Promise<Variables> {
    const { env, log, platform } = this.#parts;
    // Windows has no login shell, and an editor that was started from a terminal has that terminal's variables.
    if (platform === 'win32' || env['VSCODE_CLI'] === '1') return env;
    try {
      const shell = await this.#read();
      const { variables, folders, names } = together(env, shell);
      if (folders.length > 0) log.info(`From your login shell, PATH also has: ${folders.join(', ')}`);
      if (names.length > 0) log.info(`From your login shell, these variables are set too: ${names.join(', ')}`);
      return variables;
    } catch (failure) {
      log.warn(`Agents are started without what your login shell sets: ${sentence(failure)}`);
      return env;
    }
  }

  async #read(): Promise<Variables> {
    const { env, clock } = this.#parts;
    const shell = env['SHELL'] ?? userInfo().shell ?? '';
    if (!isAbsolute(shell)) throw new Failure('missing', 'no login shell is known.');
    const mark = clock.id().replaceAll(/\W/gu, '');
    const abort = new AbortController();
    const timer = clock.after(LIMIT, () =>
      abort.abort(new Failure('timeout', `${shell} did not tell its variables within ${LIMIT / 1000} s.`)),
    );
    const chunks: Buffer[] = [];
    let size = 0;
    try {
      const run = { file: shell, args: shellArguments(shell, mark), cwd: env['HOME'] ?? '/', env, over: ASKING };
      await runTool(
        run,
        (bytes) => {
          chunks.push(bytes);
          return (size += bytes.length) < MOST_BYTES;
        },
        abort.signal,
      );
    } finally {
      timer.dispose();
    }
    const [, told] = Buffer.concat(chunks).toString('utf8').split(mark);
    if (told === undefined) throw new Failure('failed', `${shell} did not tell its variables.`);
    return readVariables(told);
  }
}

/** The first is how editors tell the person's start-up files who asks; the second makes a Node of what runs us. */
const ASKING = { VSCODE_RESOLVING_ENVIRONMENT: '1', ELECTRON_RUN_AS_NODE: '1', ELECTRON_NO_ATTACH_CONSOLE: '1' };

/** A start-up file may print what it likes: what is ours stands between two marks. */
const shellArguments = (shell: string, mark: string): readonly string[] => {
  const script = `process.stdout.write('${mark}' + JSON.stringify(process.env) + '${mark}')`;
  const name = basename(shell);
  if (/^(?:pwsh|powershell)(?:-preview)?$/u.test(name))
    return ['-Login', '-Command', `& '${process.execPath.replaceAll("'", "''")}' -e "${script.replaceAll('"', '`"')}"`];
  if (name === 'nu') return ['-i', '-l', '-c', `^'${process.execPath}' -e "${script}"`];
  if (name === 'xonsh') return ['-i', '-l', '-c', `![${quoted(process.execPath)} -e "${script}"]`];
  const command = `${quoted(process.execPath)} -e ${quoted(script)}`;
  // csh takes no login switch beside others.
  return /^t?csh$/u.test(name) ? ['-ic', `${command}`] : ['-i', '-l', '-c', command];
};

const quoted = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`;

const readVariables = (text: string): Variables => {
  const value: unknown = JSON.parse(text);
  if (typeof value !== 'object' || value === null) throw new Failure('failed', 'the shell told no variables.');
  const variables: Record<string, string> = {};
  for (const [name, each] of Object.entries(value)) if (typeof each === 'string') variables[name] = each;
  return variables;
};

/** The editor's own win: they are what the person sees in its terminals and tasks. */
const together = (
  env: Variables,
  shell: Variables,
): { readonly variables: Variables; readonly folders: readonly string[]; readonly names: readonly string[] } => {
  const known = new Set((env['PATH'] ?? '').split(delimiter));
  const folders = (shell['PATH'] ?? '').split(delimiter).filter((folder) => isAbsolute(folder) && !known.has(folder));
  const names = Object.keys(shell).filter(
    (name) => env[name] === undefined && name !== 'PATH' && !OF_THE_SHELL.has(name) && !isDenied(name),
  );
  const more = Object.fromEntries(names.map((name) => [name, shell[name]]));
  const path = [env['PATH'], ...folders].filter((part) => part !== undefined && part !== '').join(delimiter);
  return { variables: { ...env, ...more, PATH: path }, folders, names };
};
