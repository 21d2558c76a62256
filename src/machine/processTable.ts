import { readdirSync, readFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { parseLinuxStat } from './processIdentity.ts';

/** The variable that everything we start carries and hands on, with an id that is no secret. */
export const MARKER = 'WHEELHOUSE_OWNER';

export interface MarkedProcess {
  readonly pid: number;
  /** The number of its process group. */
  readonly group: number;
  readonly marker: string;
  /** The command line, at most 200 characters. */
  readonly command: string;
}

/**
 * All living processes of this person whose marker begins with `prefix`, found in `/proc`: also those that left their
 * group and their parent. Only Linux shows the environment of another process; elsewhere the list is empty.
 */
export const markedProcesses = async (prefix: string): Promise<readonly MarkedProcess[]> => {
  if (process.platform !== 'linux') return [];
  const names = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/u.test(name));
  const found = await Promise.all(names.map((name) => readMarked(Number(name), prefix)));
  return found.filter((one) => one !== undefined);
};

/**
 * The numbers of all groups in which somebody lives. A zombie does not, and where nobody collects them they stay for
 * ever. Linux only.
 */
export const livingGroups = (): ReadonlySet<number> => {
  const groups = new Set<number>();
  // Synchronous: nothing of it waits for a disk, and some hundred trips to the thread pool take far longer.
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/u.test(name)) continue;
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'latin1');
      if (!parseLinuxStat(stat).over) groups.add(groupIn(stat));
    } catch {
      // Ended while we were looking.
    }
  }
  return groups;
};

/** Field 5 of `/proc/PID/stat`. The program's name stands in brackets and may hold anything: one counts from the last. */
export const groupIn = (stat: string): number => Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[2]);

const readMarked = async (pid: number, prefix: string): Promise<MarkedProcess | undefined> => {
  try {
    // Of a zombie it is empty, and of somebody else's it cannot be read.
    const marker = markerIn(await readFile(`/proc/${pid}/environ`, 'utf8'));
    if (marker === undefined || !marker.startsWith(prefix)) return undefined;
    const [stat, words] = await Promise.all([
      readFile(`/proc/${pid}/stat`, 'latin1'),
      readFile(`/proc/${pid}/cmdline`, 'utf8'),
    ]);
    return { pid, group: groupIn(stat), marker, command: words.replaceAll('\0', ' ').trim().slice(0, 200) };
  } catch {
    return undefined;
  }
};

const markerIn = (environ: string): string | undefined =>
  environ
    .split('\0')
    .find((entry) => entry.startsWith(`${MARKER}=`))
    ?.slice(MARKER.length + 1);
