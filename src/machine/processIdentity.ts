import { execFile } from 'node:child_process';
import { readFile, readlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import { systemRoot } from './invocation.ts';

/** Who a process is, beyond its number, which the system gives to another one later. */
export interface ProcessIdentity {
  readonly pid: number;
  /** When it started, in the system's own words, which are only compared; undefined where the system does not say. */
  readonly started: string | undefined;
}

/** The processes that can be seen from here: those of another machine or container have numbers of their own. */
export interface ProcessTable {
  readonly place: () => Promise<string>;
  /** Undefined: there is no such process. */
  readonly find: (pid: number) => Promise<ProcessIdentity | undefined>;
}

/**
 * The 3rd and the 22nd field of `/proc/<pid>/stat`; the second is the name, which may hold blanks and brackets.
 * One that has ended and waits for its parent to hear of it is over.
 */
export const parseLinuxStat = (stat: string): { readonly started: string | undefined; readonly over: boolean } => {
  const fields = stat
    .slice(stat.lastIndexOf(')') + 1)
    .trim()
    .split(' ');
  const started = fields[19];
  return {
    started: started !== undefined && /^\d+$/u.test(started) ? started : undefined,
    over: fields[0] === 'Z' || fields[0] === 'X',
  };
};

/** How to ask for the start of a process where there is no `/proc`, and how the answer is read. */
export interface StartQuery {
  readonly file: string;
  readonly args: readonly string[];
  readonly parse: (output: string) => string | undefined;
}

export const startQuery = (platform: NodeJS.Platform, pid: number, windowsRoot: string): StartQuery => {
  if (platform !== 'win32') {
    return {
      file: '/bin/ps',
      args: ['-o', 'lstart=', '-p', String(pid)],
      parse: (output) => {
        const line = output.trim().replace(/\s+/gu, ' ');
        return /\d{2}:\d{2}:\d{2} \d{4}$/u.test(line) ? line : undefined;
      },
    };
  }
  const script = `(Get-Process -Id ${pid} -ErrorAction Stop).StartTime.ToFileTimeUtc()`;
  return {
    file: `${windowsRoot}\\System32\\WindowsPowerShell\\v1.0\\powershell.exe`,
    args: ['-NoLogo', '-NoProfile', '-NonInteractive', '-Command', script],
    parse: (output) => (/^\d+$/u.test(output.trim()) ? output.trim() : undefined),
  };
};

/** This machine's. */
export const systemProcesses: ProcessTable = {
  async place() {
    if (process.platform !== 'linux') return hostname();
    const namespace = await readlink('/proc/self/ns/pid').catch(() => '');
    return `${hostname()} ${namespace}`;
  },
  async find(pid) {
    if (!isThere(pid)) return undefined;
    return process.platform === 'linux' ? findOnLinux(pid) : { pid, started: await askedStart(pid) };
  },
};

const isThere = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (failure) {
    // Somebody else's process may not be signalled, and is there.
    return failure instanceof Error && 'code' in failure && failure.code === 'EPERM';
  }
};

/** With the id of the boot, since the system counts from its own start. */
const findOnLinux = async (pid: number): Promise<ProcessIdentity | undefined> => {
  try {
    const { started, over } = parseLinuxStat(await readFile(`/proc/${pid}/stat`, 'latin1'));
    if (over) return undefined;
    const boot = await readFile('/proc/sys/kernel/random/boot_id', 'latin1');
    return { pid, started: started && `${boot.trim()} ${started}` };
  } catch {
    return { pid, started: undefined };
  }
};

const askedStart = (pid: number): Promise<string | undefined> =>
  new Promise((resolve) => {
    const { file, args, parse } = startQuery(process.platform, pid, systemRoot(process.env));
    const env = { ...process.env, LC_ALL: 'C', TZ: 'UTC' };
    execFile(file, [...args], { env, timeout: 10_000, windowsHide: true }, (failure, output) =>
      resolve(failure === null ? parse(output) : undefined),
    );
  });
