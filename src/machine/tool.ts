import { spawn } from 'node:child_process';
import { Failure } from '../base/failure.ts';
import { startFailure } from './child.ts';
import { childVariables, type Variables } from './environmentVariables.ts';
import { signalGroup } from './processGroup.ts';
import { StderrTail } from './stderrTail.ts';

/** A program that answers one question and ends. */
export interface ToolRun {
  /** Absolute. */
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** The machine's own variables; what must not be handed on is taken out here. */
  readonly env: Variables;
  /** Over `env`; null removes. */
  readonly over?: Readonly<Record<string, string | null>>;
  readonly input?: string | Uint8Array;
}

export interface ToolEnd {
  /** Null where a signal ended it. */
  readonly code: number | null;
  readonly stderr: string;
  /** `output` wanted no more, and the program was ended. */
  readonly cut: boolean;
}

/**
 * Runs it without a shell. `output` is given what it writes as it comes, and says with `false` that it is enough. An
 * abort rejects at once, and the program and all it started are killed: nothing of a question that nobody asks any more
 * goes on. Rejects with a `Failure` of code `failed` where it cannot be started.
 */
export const runTool = (run: ToolRun, output: (bytes: Buffer) => boolean, signal: AbortSignal): Promise<ToolEnd> =>
  new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const child = spawn(run.file, run.args, {
      cwd: run.cwd,
      env: childVariables(run.env, run.over, process.platform),
      stdio: 'pipe',
      detached: process.platform !== 'win32',
      windowsHide: true,
    });
    const stderr = new StderrTail();
    let cut = false;
    const kill = (): void => {
      if (child.pid !== undefined) signalGroup(child.pid, 'SIGKILL');
      child.stdout.destroy();
    };
    const abort = (): void => {
      cut = true;
      kill();
      reject(signal.reason instanceof Error ? signal.reason : new Failure('cancelled', 'The query was cancelled.'));
    };
    signal.addEventListener('abort', abort, { once: true });
    child.stdin.on('error', () => undefined);
    child.stdin.end(run.input ?? '');
    child.stderr.on('data', (bytes: Buffer) => stderr.push(bytes));
    child.stdout.on('data', (bytes: Buffer) => {
      if (cut) return;
      try {
        if (output(bytes)) return;
      } catch (failure) {
        reject(failure);
      }
      cut = true;
      kill();
    });
    child.on('error', (failure) => reject(startFailure(failure, run.file, run.cwd)));
    child.on('close', (code) => {
      signal.removeEventListener('abort', abort);
      resolve({ code, stderr: stderr.text(), cut });
    });
  });
