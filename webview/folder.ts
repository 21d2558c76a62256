import type { Setup } from '../src/protocol/view/messages.ts';

type Folder = NonNullable<Setup['folders']>[number];

/** The folder of the window that a path is in, the innermost where they are nested. */
export const folderOf = (folders: readonly Folder[], path: string): Folder | undefined =>
  folders.filter((folder) => isIn(folder.path, path)).toSorted((a, b) => b.path.length - a.path.length)[0];

const isIn = (folder: string, path: string): boolean => {
  if (!path.startsWith(folder)) return false;
  // The root of a drive ends with the mark that parts other folders from what is in them.
  return path.length === folder.length || /[\\/]$/u.test(folder) || /^[\\/]/u.test(path.slice(folder.length));
};
