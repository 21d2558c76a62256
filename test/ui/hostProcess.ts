import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { until } from '../tools/until.ts';
import { isAlive } from './processes.ts';
import type { Workbench } from './workbench.ts';

/** The state folder of the background host of a workbench: where the extension keeps what all windows share. */
const stateOf = (workbench: Workbench): string =>
  join(workbench.userDataDir, 'User', 'globalStorage', 'wheelhouse.wheelhouse');

/** The process id of the background host that a workbench has; waits until there is one, another than `but`. */
export const hostPid = (workbench: Workbench, but?: number): Promise<number> => pidIn(stateOf(workbench), but);

export const pidIn = (state: string, but?: number): Promise<number> =>
  until('a background host', async () => {
    const text = await readFile(join(state, 'host', 'host.json'), 'utf8').catch(() => '{}');
    const { pid } = JSON.parse(text === '' ? '{}' : text) as { readonly pid?: number };
    return pid !== undefined && pid !== but && (await isAlive(pid)) && pid;
  });

/** Ends the background host as the system would, and waits until it is gone: it is meant to outlive what a test closes. */
export const endHost = async (pid: number): Promise<void> => {
  if (await isAlive(pid)) process.kill(pid, 'SIGTERM');
  await until('the end of the background host', async () => !(await isAlive(pid)));
};
