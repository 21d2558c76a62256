import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { systemRoot } from './invocation.ts';
import { groupIn } from './processTable.ts';

export interface GroupMemory {
  /** Resident, summed over the processes: what they share is counted for each. */
  readonly bytes: number;
  readonly processes: number;
}

/**
 * What the processes of a group take; on Windows, which has no groups, what its first process takes. Undefined where
 * there is none, or nobody can tell.
 */
export const groupMemory = async (leader: number): Promise<GroupMemory | undefined> => {
  if (process.platform === 'linux') return await fromProc(leader);
  const { file, args, parse } = memoryQuery(process.platform, leader, systemRoot(process.env));
  return await new Promise((resolve) => {
    execFile(
      file,
      [...args],
      { timeout: 5000, windowsHide: true, env: { ...process.env, LC_ALL: 'C' } },
      (failure, out) => resolve(failure === null ? parse(out) : undefined),
    );
  });
};

/** How to ask where there is no `/proc`, and how the answer is read. */
export const memoryQuery = (
  platform: NodeJS.Platform,
  leader: number,
  windowsRoot: string,
): {
  readonly file: string;
  readonly args: readonly string[];
  readonly parse: (output: string) => GroupMemory | undefined;
} =>
  platform === 'win32'
    ? {
        file: `${windowsRoot}\\System32\\tasklist.exe`,
        args: ['/FI', `PID eq ${leader}`, '/FO', 'CSV', '/NH'],
        parse: (output) => sum([...tasklistKilobytes(output, leader)]),
      }
    : {
        file: '/bin/ps',
        args: ['-axo', 'pgid=,rss='],
        parse: (output) => sum(psKilobytes(output, leader)),
      };

/** Rows of `pgid rss`, the second in KiB. */
const psKilobytes = (output: string, leader: number): readonly number[] =>
  output.split('\n').flatMap((line) => {
    const [, group, size] = /^\s*(\d+)\s+(\d+)\s*$/u.exec(line) ?? [];
    return Number(group) === leader ? [Number(size)] : [];
  });

/** `"node.exe","42","Console","1","45.678 K"`: what separates thousands, and the unit, are the language's own. */
const tasklistKilobytes = (output: string, leader: number): readonly number[] =>
  output.split('\n').flatMap((line) => {
    const cells = [...line.matchAll(/"([^"]*)"/gu)].map(([, cell = '']) => cell);
    const digits = cells.at(-1)?.replace(/\D/gu, '') ?? '';
    return cells.length >= 5 && cells[1] === String(leader) && digits !== '' ? [Number(digits)] : [];
  });

const fromProc = async (leader: number): Promise<GroupMemory | undefined> => {
  const names = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/u.test(name));
  const sizes = await Promise.all(
    names.map(async (name) => {
      try {
        if (groupIn(await readFile(`/proc/${name}/stat`, 'latin1')) !== leader) return [];
        const [, size] = /^VmRSS:\s*(\d+) kB$/mu.exec(await readFile(`/proc/${name}/status`, 'latin1')) ?? [];
        // A zombie has none.
        return size === undefined ? [] : [Number(size)];
      } catch {
        // Ended while we were looking.
        return [];
      }
    }),
  );
  return sum(sizes.flat());
};

const sum = (kilobytes: readonly number[]): GroupMemory | undefined =>
  kilobytes.length === 0
    ? undefined
    : { bytes: kilobytes.reduce((all, one) => all + one, 0) * 1024, processes: kilobytes.length };
