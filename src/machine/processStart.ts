import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { win32 } from 'node:path';
import { systemRoot } from './invocation.ts';

/**
 * When a process started, as opaque text that only equality is asked of: a process id alone is given to somebody else
 * one day, the two together never. Undefined where there is no such process, or where it has ended and only waits to
 * be collected by its parent. It never rejects.
 *
 * Linux says it for the price of reading a file; macOS and Windows have to be asked by a program (about 5 and 400 ms).
 */
export const processStart = async (pid: number): Promise<string | undefined> => {
  if (!Number.isSafeInteger(pid) || pid <= 0) return undefined;
  if (process.platform === 'linux') return startOnLinux(pid);
  const { file, args } = process.platform === 'win32' ? startQuery(pid, systemRoot(process.env)) : PS(pid);
  const answer = await output(file, args);
  return answer === '' ? undefined : answer;
};

/**
 * Whether the process that had this start may still be running. True as well where the system does not answer: it is
 * asked before something is taken away from that process.
 */
export const mayStillRun = async (pid: number, start: string): Promise<boolean> => {
  const found = await processStart(pid);
  return found === undefined ? process.platform !== 'linux' && processExists(pid) : found === start;
};

/** Whether anybody has this process id. A negative one is a group's. */
export const processExists = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (failure) {
    // Somebody is there whom we may not signal, and only "no such process" says that nobody is.
    return failure instanceof Error && 'code' in failure && failure.code === 'EPERM';
  }
};

const startOnLinux = async (pid: number): Promise<string | undefined> => {
  try {
    const ticks = startTicks(await readFile(`/proc/${pid}/stat`, 'utf8'));
    // Ticks count from the start of the machine: after the next one, the same pair may be anybody.
    return ticks === undefined ? undefined : `${await bootId()}:${ticks}`;
  } catch {
    return undefined;
  }
};

/**
 * The start of a living process in clock ticks since boot, from its line in `/proc/PID/stat` (field 22). Undefined for
 * a zombie. The program's name stands in brackets and may hold anything, so one counts from the last bracket.
 */
export const startTicks = (stat: string): string | undefined => {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19];
};

let boot: Promise<string> | undefined;
const bootId = (): Promise<string> =>
  (boot ??= readFile('/proc/sys/kernel/random/boot_id', 'utf8').then(
    (text) => text.trim(),
    () => '',
  ));

const PS = (pid: number) => ({ file: '/bin/ps', args: ['-o', 'lstart=', '-p', String(pid)] });

/** The question to Windows. Its answer is one number (100 ns since 1601), or nothing. */
export const startQuery = (pid: number, root: string): { readonly file: string; readonly args: readonly string[] } => ({
  file: win32.join(root, 'System32', 'WindowsPowerShell', 'v1.0', 'powershell.exe'),
  args: [
    '-NoLogo',
    '-NoProfile',
    '-NonInteractive',
    '-Command',
    `(Get-Process -Id ${pid} -ErrorAction SilentlyContinue).StartTime.ToFileTimeUtc()`,
  ],
});

const output = (file: string, args: readonly string[]): Promise<string> =>
  new Promise((resolve) => {
    // A locale of its own: the same moment has to be the same text for everybody who asks.
    const env = { ...process.env, LC_ALL: 'C', TZ: 'UTC' };
    execFile(file, args, { env, timeout: 10_000, windowsHide: true }, (failure, stdout) =>
      resolve(failure === null ? stdout.trim() : ''),
    );
  });
