import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { constants } from 'node:os';
import { StringDecoder } from 'node:string_decoder';
import { within, type Clock } from '../base/clock.ts';
import { toDisposable, type Disposable } from '../base/disposable.ts';
import { sentence } from '../base/failure.ts';
import type { ExitStatus, Terminal, TerminalOptions } from '../router/ports.ts';
import { spawnPiped, startFailure } from './child.ts';
import type { Invocation } from './invocation.ts';
import { endGroups, isOurs, UNATTENDED, type Group, type Patience } from './group.ts';
import { MARKER } from './processTable.ts';

/** A way to a terminal. What it throws or rejects with is why this command cannot be started in it. */
export type StartTerminal = (invocation: Invocation, options: TerminalOptions) => Terminal | Promise<Terminal>;

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

/** Of a screen: what no window has is no size, and node-pty throws at zero. */
const SIZE = { least: 1, most: 1000 } as const;
/** What a program reads to know that it may use all of them. */
export const COLOURS = { COLORTERM: 'truecolor' } as const;
/** How long what a command left behind may hold its output open after its own exit, ms. */
const DRAIN = 300;

/** A command in a real pseudo-terminal. */
export const ptyTerminal = (pty: NodePty, invocation: Invocation, options: TerminalOptions): Terminal => {
  const output = new Output();
  const child = pty.spawn(invocation.file, invocation.verbatim ? invocation.args.join(' ') : [...invocation.args], {
    name: 'xterm-256color',
    cols: clamped(options.columns),
    rows: clamped(options.rows),
    cwd: options.cwd,
    env: { ...COLOURS, ...invocation.env },
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
    resize: (columns, rows) => {
      try {
        if (running) child.resize(clamped(columns), clamped(rows));
      } catch {
        // Its side of the terminal is closed, and we have not been told yet that it ended.
      }
    },
    ...ends(child.pid, invocation, exited),
    exited,
  };
};

export const clamped = (size: number): number =>
  Number.isFinite(size) ? Math.max(SIZE.least, Math.min(SIZE.most, Math.floor(size))) : SIZE.least;

/** A command over pipes, where there is no pseudo-terminal to be had. Both of its outputs in the order in which they come. */
export const pipeTerminal = (invocation: Invocation, options: TerminalOptions, clock: Clock): Terminal => {
  const child = spawnPiped({ ...invocation, env: { ...invocation.env, TERM: 'dumb' } }, options.cwd);
  const { output, exited } = outputOf(child, invocation.file, options, clock);
  return {
    pid: child.pid,
    kind: 'pipes',
    onData: (listener) => output.listen(listener),
    write: (text) => void child.stdin.write(text),
    resize: () => undefined,
    ...ends(child.pid, invocation, exited),
    exited,
  };
};

/** What a child says on both of its outputs, and how it ends; `file`: what it is called where it cannot be started. */
export const outputOf = (
  child: ChildProcessWithoutNullStreams,
  file: string,
  options: Pick<TerminalOptions, 'cwd'>,
  clock: Clock,
): { readonly output: Output; readonly exited: Promise<ExitStatus> } => {
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
      output.push(`${sentence(startFailure(failure, file, options.cwd))}\n`);
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
  return { output, exited };
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

/**
 * Ends the whole group: asks, and insists while anybody of it is there, since a command's own children may be more
 * stubborn than it is. What a command that ended by itself left behind (a server, say) lives until the terminal is
 * disposed.
 */
export const ends = (
  pid: number | undefined,
  invocation: Invocation,
  exited: Promise<unknown>,
  patience: Patience = UNATTENDED,
): Pick<Terminal, 'kill' | typeof Symbol.asyncDispose> => {
  if (pid === undefined) return { kill: () => undefined, [Symbol.asyncDispose]: () => Promise.resolve() };
  let running = true;
  void exited.then(() => (running = false));
  const group = (): Group => ({
    pid,
    led: running,
    marker: invocation.env[MARKER] ?? '',
    command: invocation.file,
  });
  let ending: Promise<unknown> | undefined;
  const end = (): Promise<unknown> => (ending ??= endGroups([group()], patience));
  return {
    kill: () => {
      if (running) void end();
    },
    [Symbol.asyncDispose]: async () => {
      // Its number may be somebody else's by now, unless a member carries our mark.
      if (ending === undefined && !running && (group().marker === '' || !(await isOurs(group(), false)))) return;
      await end();
    },
  };
};

/** Keeps what came before the first listener, for it. */
export class Output {
  /** Undefined once somebody has listened: what comes when all have left is for nobody. */
  #early: string[] | undefined = [];
  readonly #listeners = new Set<(text: string) => void>();

  push(text: string): void {
    if (text === '') return;
    this.#early?.push(text);
    for (const listener of this.#listeners) listener(text);
  }

  listen(listener: (text: string) => void): Disposable {
    this.#listeners.add(listener);
    const early = this.#early;
    this.#early = undefined;
    if (early !== undefined && early.length > 0) listener(early.join(''));
    return toDisposable(() => this.#listeners.delete(listener));
  }
}

const signalName = (signal: number): string =>
  Object.entries(constants.signals).find(([, number]) => number === signal)?.[0] ?? `signal ${signal}`;
