import { posix, win32 } from 'node:path';
import { Failure } from '../base/failure.ts';

export interface CommandLookup {
  readonly platform: NodeJS.Platform;
  /** The variable PATH, as it is. */
  readonly path: string;
  /** The variable PATHEXT; only Windows has it. */
  readonly extensions: string;
  /** Folders in which nothing is ever found: what lies in a workspace was written by whoever wrote the workspace. */
  readonly forbidden: readonly string[];
  /** Whether the file is there and may be run. */
  isFile(path: string): Promise<boolean>;
  /** Without symbolic links; the path itself where it does not exist. */
  realPath(path: string): Promise<string>;
}

/**
 * The absolute path of a command. An absolute one is somebody's explicit choice and only has to exist; a name is
 * looked for on PATH, in folders that are absolute and outside of `forbidden`, never in the current one.
 * Fails with code `missing` or `invalid`.
 */
export const findCommand = async (command: string, lookup: CommandLookup): Promise<string> => {
  const path = lookup.platform === 'win32' ? win32 : posix;
  const endings = extensionsFor(command, lookup);
  if (path.isAbsolute(command)) {
    const found = await firstFile(command, endings, lookup);
    if (found !== undefined) return found;
    throw missing(`There is no program at ${command}.`);
  }
  if (command === '' || command.includes('/') || (lookup.platform === 'win32' && /[\\:]/u.test(command))) {
    throw new Failure(
      'invalid',
      `"${command}" is neither an absolute path nor the name of a program.`,
      'Give the absolute path, or a name that is on PATH.',
    );
  }
  for (const folder of lookup.path.split(path.delimiter)) {
    if (!path.isAbsolute(folder) || (await isForbidden(folder, lookup))) continue;
    const found = await firstFile(path.join(folder, command), endings, lookup);
    // The folder may be clean and what it links to may not.
    if (found !== undefined && !(await isForbidden(found, lookup))) return found;
  }
  throw missing(`${command} is not on PATH, or only inside the workspace, where nothing is started from by its name.`);
};

const missing = (message: string): Failure =>
  new Failure('missing', message, 'Install it, or write its absolute path into the setting.');

const firstFile = async (
  path: string,
  endings: readonly string[],
  lookup: CommandLookup,
): Promise<string | undefined> => {
  for (const ending of endings) {
    if (await lookup.isFile(path + ending)) return path + ending;
  }
  return undefined;
};

const extensionsFor = (command: string, lookup: CommandLookup): readonly string[] => {
  if (lookup.platform !== 'win32') return [''];
  const known = (lookup.extensions || '.COM;.EXE;.BAT;.CMD').split(';').filter((ending) => ending.startsWith('.'));
  // npm puts a POSIX script without an extension beside its shim: it cannot be run, so a bare name is never tried.
  return known.some((ending) => command.toLowerCase().endsWith(ending.toLowerCase())) ? [''] : known;
};

const isForbidden = async (target: string, lookup: CommandLookup): Promise<boolean> => {
  const real = await lookup.realPath(target);
  for (const root of lookup.forbidden) {
    if (isInside(target, root, lookup.platform) || isInside(real, await lookup.realPath(root), lookup.platform))
      return true;
  }
  return false;
};

/** Whether a path is the folder or lies in it. */
export const isInside = (target: string, folder: string, platform: NodeJS.Platform): boolean => {
  const path = platform === 'win32' ? win32 : posix;
  const fold = (text: string): string =>
    platform === 'linux' ? path.normalize(text) : path.normalize(text).toLowerCase();
  const relative = path.relative(fold(folder), fold(target));
  return relative === '' || (relative !== '..' && !relative.startsWith(`..${path.sep}`) && !path.isAbsolute(relative));
};
