import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Every file below a folder, by its absolute path. */
export const filesBelow = async (folder: string): Promise<readonly string[]> =>
  (await readdir(folder, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));

/** Of every process of this machine that may be looked at: those that were started with the text. */
export const startedWith = async (text: string, what: 'cmdline' | 'environ'): Promise<readonly string[]> => {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/u.test(name));
  const found = await Promise.all(
    pids.map(async (pid) => [pid, await readFile(`/proc/${pid}/${what}`, 'latin1').catch(() => '')] as const),
  );
  return found.filter(([, held]) => held.includes(text)).map(([pid]) => pid);
};
