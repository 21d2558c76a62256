import { StringDecoder } from 'node:string_decoder';
import { within, type Clock } from '../base/clock.ts';
import { toDisposable, type Disposable } from '../base/disposable.ts';
import { sentence } from '../base/failure.ts';
import type { ExitStatus, Terminal, TerminalOptions } from '../router/ports.ts';
import { spawnPiped, startFailure } from './child.ts';
import type { Invocation } from './invocation.ts';
import { signalGroup } from './processGroup.ts';

/** As much of node-pty as is used: the copy that the editor has. */
export interface NodePty {
  spawn(
    file: string,
    args: string[] | string,
    options: { name: string; cols: number; rows: number; cwd: string; env: Record<string, string> },
  ): NodePtyProcess;
}
interface NodePtyProcess {
  readonly pid: number;
  onData(listener: (text: string) => void): Disposable;
  onExit(listener: (exit: { exitCode: number; signal?: number | undefined }) => void): Disposable;
  write(text: string): void;
  resize(columns: number, rows: number): void;
  kill(signal?: string): void;
}

/** How long a command may take to leave after it was asked, ms. */
const INSIST_AFTER = 2000;
/** How long what a command left behind may hold its output open after its own exit, ms. */
const DRAIN = 300;

/** A command in a real pseudo-terminal. */
export const ptyTerminal = (pty: NodePty, invocation: Invocation, options: TerminalOptions, clock: Clock): Terminal => {
  const output = new Output();
  const child = pty.spawn(invocation.file, invocation.verbatim ? invocation.args.join(' ') : [...invocation.args], {
    name: 'xterm-256color',
    cols: options.columns,
    rows: options.rows,
    cwd: options.cwd,
    env: { ...invocation.env },
  });
  child.onData((text) => output.push(text));
  const exited = new Promise<ExitStatus>((resolve) => {
    child.onExit(({ exitCode, signal }) => {
      resolve(
        signal === undefined || signal === 0
          ? { code: exitCode, signal: null }
          : { code: null, signal: signalName(signal) },
      );
    });
  });
  let running = true;
  void exited.then(() => (running = false));
  return {
    pid: child.pid,
    kind: 'pty',
    onData: (listener) => output.listen(listener),
    write: (text) => running && child.write(text),
    resize: (columns, rows) => running && child.resize(columns, rows),
    ...ends(child.pid, exited, clock),
    exited,
  };
};

/** A command over pipes, where there is no pseudo-terminal to be had. Both of its outputs in the order in which they come. */
export const pipeTerminal = (invocation: Invocation, options: TerminalOptions, clock: Clock): Terminal => {
  const child = spawnPiped({ ...invocation, env: { ...invocation.env, TERM: 'dumb' } }, options.cwd);
  const output = new Output();
  child.stdin.on('error', () => undefined);
  for (const stream of [child.stdout, child.stderr]) {
    const decoder = new StringDecoder('utf8');
    stream.on('data', (bytes: Buffer) => output.push(decoder.write(bytes)));
    stream.on('end', () => output.push(decoder.end()));
  }
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const exited = new Promise<ExitStatus>((resolve) => {
    child.once('error', (failure) => {
      if (child.pid !== undefined) return;
      output.push(`${sentence(startFailure(failure, invocation.file, options.cwd))}\n`);
      resolve({ code: 127, signal: null });
    });
    child.once('exit', (code, signal) => {
      // Not 'close' for ever: a daemon that the command left may hold the pipes as long as it lives.
      void within(clock, DRAIN, closed).then(() => {
        child.stdout.destroy();
        child.stderr.destroy();
        resolve({ code, signal });
      });
    });
  });
  return {
    pid: child.pid,
    kind: 'pipes',
    onData: (listener) => output.listen(listener),
    write: (text) => void child.stdin.write(text),
    resize: () => undefined,
    ...ends(child.pid, exited, clock),
    exited,
  };
};

/** A command that could not even be tried: a terminal that says why, so that the transcript shows it. */
export const failedTerminal = (why: unknown): Terminal => {
  const output = new Output();
  output.push(`${sentence(why)}\n`);
  return {
    pid: undefined,
    kind: 'pipes',
    onData: (listener) => output.listen(listener),
    write: () => undefined,
    resize: () => undefined,
    kill: () => undefined,
    exited: Promise.resolve({ code: 127, signal: null }),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
};

/** Asks the whole group, then insists. */
const ends = (
  pid: number | undefined,
  exited: Promise<unknown>,
  clock: Clock,
): Pick<Terminal, 'kill' | typeof Symbol.asyncDispose> => {
  let ending: Promise<void> | undefined;
  const end = async (): Promise<void> => {
    if (pid === undefined) return;
    signalGroup(pid, 'SIGTERM');
    if (!(await within(clock, INSIST_AFTER, exited))) signalGroup(pid, 'SIGKILL');
  };
  let running = true;
  void exited.then(() => (running = false));
  const kill = (): Promise<void> => (running ? (ending ??= end()) : Promise.resolve());
  return {
    kill: () => void kill(),
    [Symbol.asyncDispose]: async () => {
      const asked = kill();
      if (!(await within(clock, 500, exited)) && pid !== undefined) signalGroup(pid, 'SIGKILL');
      await asked;
    },
  };
};

/** Keeps what came before the first listener, for it. */
class Output {
  #early: string[] = [];
  readonly #listeners = new Set<(text: string) => void>();

  push(text: string): void {
    if (text === '') return;
    if (this.#listeners.size === 0) this.#early.push(text);
    for (const listener of this.#listeners) listener(text);
  }

  listen(listener: (text: string) => void): Disposable {
    this.#listeners.add(listener);
    const early = this.#early;
    this.#early = [];
    if (early.length > 0) listener(early.join(''));
    return toDisposable(() => this.#listeners.delete(listener));
  }
}

const SIGNALS: Readonly<Record<number, string>> = {
  1: 'SIGHUP',
  2: 'SIGINT',
  3: 'SIGQUIT',
  6: 'SIGABRT',
  9: 'SIGKILL',
  11: 'SIGSEGV',
  13: 'SIGPIPE',
  15: 'SIGTERM',
};

const signalName = (signal: number): string => SIGNALS[signal] ?? `signal ${signal}`;
