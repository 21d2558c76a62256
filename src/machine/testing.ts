import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Disposable } from '../base/disposable.ts';
import type { Group } from './group.ts';
import { systemProcesses } from './processIdentity.ts';
import { MARKER } from './processTable.ts';

export interface TestGroup extends Disposable {
  readonly group: Group;
  /** Settles when the leader is gone. */
  readonly exited: Promise<unknown>;
}

/** A real group whose leader is a shell that runs the line and says `up` when it has. Disposing ends all of it. */
export const startGroup = async (line: string, marker = 'test.none'): Promise<TestGroup> => {
  const child = spawn('/bin/sh', ['-c', line], {
    detached: true,
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { PATH: process.env['PATH'], [MARKER]: marker },
  });
  const exited = once(child, 'exit');
  await Promise.race([once(child.stdout, 'data'), exited]);
  child.stdout.destroy();
  const { pid = 0 } = child;
  const start = (await systemProcesses.find(pid))?.started;
  return {
    group: { pid, led: true, marker, command: 'sh', ...(start === undefined ? {} : { start }) },
    exited,
    dispose() {
      try {
        process.kill(-pid, 'SIGKILL');
      } catch {
        // It is gone, as most tests want it to be.
      }
    },
  };
};
