import { spawn, type ChildProcess } from 'node:child_process';
import { Socket } from 'node:net';
import { parse } from 'node:path';
import type { Disposable } from '../base/disposable.ts';
import { sentence } from '../base/failure.ts';
import type { Log } from '../base/log.ts';
import { childVariables, type Variables } from './environmentVariables.ts';
import type { Group } from './group.ts';
import { runNode } from './runNode.ts';

export interface WatchdogParts {
  /** The program that watches, see watchdogMain.ts. Absolute. */
  readonly script: string;
  readonly env: Variables;
  readonly log: Log;
}

/**
 * A program of ours that outlives us by the time that it takes to end what we started. It knows that we are gone by the
 * end of the pipe between us, which the system closes however we die. It lives while there is something to end, does
 * not keep us alive, and is replaced with the next child when somebody ends it.
 */
export class Watchdog implements Disposable {
  readonly #parts: WatchdogParts;
  #child: ChildProcess | undefined;
  #disposed = false;

  constructor(parts: WatchdogParts) {
    this.#parts = parts;
  }

  /** Says which groups live now. What stands in the pipe is heard also when we die right after it. */
  tell(groups: readonly Group[]): void {
    if (this.#disposed || (groups.length === 0 && this.#child === undefined)) return;
    this.#child ??= this.#start();
    this.#child?.stdin?.write(`${JSON.stringify(groups)}\n`);
    if (groups.length === 0) this.#release();
  }

  /** Lets it do its work: it ends what it was told of last, and leaves. */
  dispose(): void {
    this.#disposed = true;
    this.#release();
  }

  #release(): void {
    this.#child?.stdin?.end();
    this.#child = undefined;
  }

  #start(): ChildProcess | undefined {
    const { script, env, log } = this.#parts;
    const { file, args, env: variables } = runNode(script, [], childVariables(env, undefined, process.platform));
    let child: ChildProcess;
    try {
      child = spawn(file, args, {
        env: variables,
        // Neither the workspace nor our own folder: Windows does not let go of a folder in which somebody works.
        cwd: parse(file).root,
        stdio: ['pipe', 'ignore', 'ignore'],
        // Not in our group: what is sent to all of it must not reach the one that cleans up.
        detached: true,
        windowsHide: true,
      });
    } catch (failure) {
      log.warn(`What is started now would survive a crash: the watchdog did not start: ${sentence(failure)}`);
      return undefined;
    }
    const forget = (): void => {
      if (this.#child === child) this.#child = undefined;
    };
    child.once('exit', forget);
    child.once('error', (failure) => {
      log.warn(`What is started now would survive a crash: the watchdog did not start: ${sentence(failure)}`);
      forget();
    });
    child.stdin?.on('error', forget);
    child.unref();
    if (child.stdin instanceof Socket) child.stdin.unref();
    return child;
  }
}
