import { lstat, realpath } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, relative, sep } from 'node:path';

/** Whether `path` is `root` or stands below it, compared by segments: `/work-other` is not inside `/work`. */
export const isInside = (root: string, path: string): boolean => {
  const way = relative(root, path);
  return way === '' || (way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way));
};

const missing = (failure: unknown): boolean =>
  failure instanceof Error && 'code' in failure && (failure.code === 'ENOENT' || failure.code === 'ENOTDIR');

/**
 * Where a path really leads: its links followed as far as it exists, the rest appended.
 * `undefined` when it leads through a link to nowhere: writing there would make a file at the link's target, and
 * nobody can say where that is until it is there.
 */
export const realPathOf = async (path: string): Promise<string | undefined> => {
  try {
    return await realpath(path);
  } catch (failure) {
    if (!missing(failure)) throw failure;
  }
  try {
    await lstat(path);
    return undefined;
  } catch (failure) {
    if (!missing(failure)) throw failure;
  }
  const parent = dirname(path);
  if (parent === path) return path;
  const real = await realPathOf(parent);
  return real === undefined ? undefined : join(real, basename(path));
};

/** Whether the path is inside one of the roots by its segments, and still is when every link is followed. */
export const isContained = async (roots: readonly string[], path: string): Promise<boolean> => {
  if (!roots.some((root) => isInside(root, path))) return false;
  const real = await realPathOf(path);
  if (real === undefined) return false;
  const realRoots = await Promise.all(roots.map((root) => realPathOf(root)));
  return realRoots.some((root) => root !== undefined && isInside(root, real));
};
