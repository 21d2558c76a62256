import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Stage } from './stage.ts';

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

/** Where a text stands that is to stand nowhere: files of VS Code and of the workspace, argument lists, VS Code's log. */
export const tracesOf = async ({ workbench, folder }: Stage, text: string): Promise<readonly string[]> => {
  const found = (await startedWith(text, 'cmdline')).map((pid) => `the arguments of process ${pid}`);
  if (workbench.server.log().includes(text)) found.push('the log of VS Code’s server');
  for (const path of [...(await filesBelow(workbench.server.profile)), ...(await filesBelow(folder))])
    if ((await readFile(path, 'latin1').catch(() => '')).includes(text)) found.push(path);
  return found;
};
