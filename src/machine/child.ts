import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { within, type Clock } from '../base/clock.ts';
import { Failure, sentence } from '../base/failure.ts';
import type { ExitStatus, Process } from '../router/ports.ts';
import type { Invocation } from './invocation.ts';
import { readLines, writeLines } from './lineStreams.ts';
import { endGroup, signalOrphans, type Ladder } from './processGroup.ts';
import { StderrTail } from './stderrTail.ts';

/** How long the pipe of a child that is gone may stay open: something that it left behind may hold it for ever. */
const DRAIN = 300;

/** A program that runs with pipes, as the leader of its own group. */
export interface PipedChild {
  readonly pipes: ChildProcessWithoutNullStreams;
  readonly exited: Promise<ExitStatus>;
  /** It has exited, and all that it said is here. */
  readonly drained: Promise<void>;
  /** The end of what it said beside. */
  stderrTail(): string;
  /** Ends it with all that it started; asked twice, it is the same end. */
  end(): Promise<void>;
}

/**
 * Starts a program without a shell, as the leader of its own group, and speaks lines with it.
 * Fails with code `failed` when it cannot be started.
 */
export const startChild = async (
  invocation: Invocation,
  options: { readonly cwd: string; readonly clock: Clock; readonly ladder: Ladder },
): Promise<Process> => {
  const { pipes, exited, stderrTail, end } = await startPiped(invocation, options);
  const lines = { readable: readLines(pipes.stdout), writable: writeLines(pipes.stdin) };
  return { pid: pipes.pid, lines, exited, stderrTail, [Symbol.asyncDispose]: end };
};

/** The same with bytes. Fails with code `failed`. */
export const startPiped = async (
  invocation: Invocation,
  options: { readonly cwd: string; readonly clock: Clock; readonly ladder: Ladder },
): Promise<PipedChild> => {
  const child = spawnPiped(invocation, options.cwd);
  // A program that ends while we write is told by its exit; the pipe's own error says nothing more.
  child.stdin.on('error', () => undefined);
  const stderr = new StderrTail();
  child.stderr.on('data', (bytes: Buffer) => stderr.push(bytes));
  const exited = exitOf(child);
  const over = new Promise<void>((resolve) => child.once('close', () => resolve()));
  await started(child, invocation.file, options.cwd);
  const drained = exited.then(async () => {
    // What the leader left in its group has lost its parent: nobody else would end it.
    signalOrphans(child.pid);
    await within(options.clock, DRAIN, over);
    child.stdout.destroy();
    child.stderr.destroy();
  });
  let ending: Promise<void> | undefined;
  return {
    pipes: child,
    exited,
    drained,
    stderrTail: () => stderr.text(),
    end: () => (ending ??= endGroup(child, exited, options.clock, options.ladder)),
  };
};

/** A child with pipes, in a group of its own so that it can be ended with all that it started. Fails with code `failed`. */
export const spawnPiped = (invocation: Invocation, cwd: string): ChildProcessWithoutNullStreams => {
  try {
    return spawn(invocation.file, invocation.args, {
      cwd,
      env: invocation.env,
      stdio: 'pipe',
      detached: process.platform !== 'win32',
      windowsHide: true,
      windowsVerbatimArguments: invocation.verbatim,
    });
  } catch (failure) {
    throw startFailure(failure, invocation.file, cwd);
  }
};

const started = (child: ChildProcessWithoutNullStreams, file: string, cwd: string): Promise<void> =>
  new Promise((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', (failure) => reject(startFailure(failure, file, cwd)));
  });

/** In words: the operating system says ENOENT for a folder that is missing as well. */
export const startFailure = (failure: unknown, file: string, cwd: string): Failure =>
  new Failure(
    'failed',
    failure instanceof Error && 'code' in failure && failure.code === 'ENOENT'
      ? `${file} could not be started in ${cwd}: one of the two does not exist.`
      : `${file} could not be started: ${sentence(failure)}.`,
    'Check the command of the agent in the settings.',
    { cause: failure },
  );

const exitOf = (child: ChildProcessWithoutNullStreams): Promise<ExitStatus> =>
  new Promise((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal }));
    child.once('error', () => {
      if (child.pid === undefined) resolve({ code: 127, signal: null });
    });
  });
