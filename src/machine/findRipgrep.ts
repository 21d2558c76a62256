import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { join } from 'node:path';

/** Where the editors keep it: unpacked beside the archive on a desktop, in plain folders on a server. */
const PLACES = ['node_modules.asar.unpacked', 'node_modules'];

/** The ripgrep that a VS Code installed at `appRoot` ships; undefined where it ships none. */
export const ripgrepUnder = async (appRoot: string): Promise<string | undefined> => {
  const name = process.platform === 'win32' ? 'rg.exe' : 'rg';
  const machine = `${process.platform}-${process.arch}`;
  for (const place of PLACES)
    for (const folder of [
      ['ripgrep', 'bin'],
      ['ripgrep-universal', 'bin', machine],
    ]) {
      const path = join(appRoot, place, '@vscode', ...folder, name);
      const found = await access(path, constants.X_OK).then(
        () => true,
        () => false,
      );
      if (found) return path;
    }
  return undefined;
};
