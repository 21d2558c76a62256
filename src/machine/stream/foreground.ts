import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import type { StreamSignal } from '../../protocol/terminal/messages.ts';
import type { Terminal } from '../../router/ports.ts';

/**
 * Signals what is in the foreground of a terminal, as its keys would: a shell does not hear what is meant for the command
 * that it waits for. Where the system has no such thing, the key is pressed, or all of it is ended.
 */
export const signalForeground = async (terminal: Terminal, signal: StreamSignal): Promise<void> => {
  const { pid } = terminal;
  if (pid === undefined) return;
  if (process.platform === 'win32') return signal === 'INT' ? terminal.write('\u0003') : terminal.kill();
  try {
    process.kill(-(await foregroundOf(pid)), `SIG${signal}`);
  } catch {
    // It has ended, and we have not been told yet.
  }
};

/** The number of the group; the leader's own where there is no terminal. */
const foregroundOf = async (pid: number): Promise<number> => {
  const group = Number(await (process.platform === 'linux' ? inStat(pid) : askedOf(pid)));
  // To signal group 0 or 1 would be to end ourselves or everybody.
  return Number.isSafeInteger(group) && group > 1 ? group : pid;
};

/** Field 8 of `/proc/PID/stat`. The program's name stands in brackets and may hold anything: one counts from the last. */
const inStat = async (pid: number): Promise<string | undefined> => {
  const stat = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => '');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[5];
};

const askedOf = (pid: number): Promise<string> =>
  new Promise((resolve) => {
    execFile('/bin/ps', ['-o', 'tpgid=', '-p', String(pid)], (_failure, text) => resolve(text.trim()));
  });
