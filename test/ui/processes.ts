import { readdir, readFile } from 'node:fs/promises';
import { until } from '../tools/until.ts';

export interface RunningProcess {
  readonly pid: number;
  readonly command: string;
}

/** All processes that descend from `pid` and match, as they are now. Linux only, as the suite is. */
export async function runningProcesses(pid: number, pattern: RegExp): Promise<readonly RunningProcess[]> {
  const processes = new Map<number, { readonly parent: number; readonly command: string }>();
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const stat = await readFile(`/proc/${name}/stat`, 'utf8');
      // The name of the program stands in brackets and may hold anything, so one counts from the last bracket.
      const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
      const command = (await readFile(`/proc/${name}/cmdline`, 'utf8')).replaceAll('\0', ' ').trim();
      processes.set(Number(name), { parent, command });
    } catch {
      // Ended while we were looking.
    }
  }
  const descends = (child: number): boolean => {
    const parent = processes.get(child)?.parent ?? 0;
    return parent === pid || (parent > 1 && descends(parent));
  };
  return [...processes]
    .filter(([child, { command }]) => pattern.test(command) && descends(child))
    .map(([child, { command }]) => ({ pid: child, command }));
}

/** Their command lines alone. */
export async function runningCommands(pid: number, pattern: RegExp): Promise<readonly string[]> {
  return (await runningProcesses(pid, pattern)).map(({ command }) => command);
}

/** The process that runs the extensions of the one window that is open; that of a window before it may still be ending. */
export async function extensionHost(server: number): Promise<number> {
  return until('one extension host', async () => {
    const [host, ...others] = await runningProcesses(server, /--type=extensionHost/);
    return others.length === 0 && host?.pid;
  });
}

/** Whether a process is there that has not ended; one that only waits to be looked after has. */
export async function isAlive(pid: number): Promise<boolean> {
  const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  return command !== '';
}
