import { spawn } from 'node:child_process';

export interface Ran {
  readonly code: number;
  /** Standard output and standard error as they came. */
  readonly output: string;
  readonly ms: number;
}

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Called with each piece of output as it comes. */
  readonly onOutput?: (text: string) => void;
}

/** Runs a program to its end, without standard input. A program that cannot be started ends with 127. */
export function run(program: string, args: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const start = performance.now();
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      cwd: options.cwd,
      env: options.env ?? process.env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    const take = (text: string): void => {
      output += text;
      options.onOutput?.(text);
    };
    child.stdout.setEncoding('utf8').on('data', take);
    child.stderr.setEncoding('utf8').on('data', take);
    const done = (code: number): void => resolve({ code, output, ms: performance.now() - start });
    child.once('error', (error) => {
      take(`${program} could not be started: ${error.message}\n`);
      done(127);
    });
    child.once('close', (code, signal) => done(code ?? (signal === null ? 1 : 128)));
  });
}
