import { readdir, readFile } from 'node:fs/promises';

/** The command lines of all processes that descend from `pid` and match, as they are now. Linux only, as the suite is. */
export async function runningCommands(pid: number, pattern: RegExp): Promise<readonly string[]> {
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
    .map(([, { command }]) => command);
}
