import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Stamp } from '../router/outOfBand.ts';
import { protectedBy } from '../router/protectedFiles.ts';

/** Of one look at all roots: more are not protected by being many. */
const MOST_FILES = 2000;
const MOST_DEPTH = 4;

/** By the time of the change of the file itself: that of its content is whatever the writer says. */
export const stampOf = async (path: string): Promise<Stamp> => {
  try {
    const about = await lstat(path, { bigint: true });
    if (about.isDirectory()) return { kind: 'folder' };
    return { kind: 'file', text: `${about.ctimeNs}:${about.size}:${about.ino}`, at: Number(about.ctimeMs) };
  } catch {
    return { kind: 'gone' };
  }
};

/** The protected files near the top of each root, with what they look like now. */
export const protectedStamps = async (roots: readonly string[]): Promise<ReadonlyMap<string, string>> => {
  const found = new Map<string, string>();
  for (const root of roots) await look(root, [], found);
  return found;
};

const look = async (root: string, names: readonly string[], found: Map<string, string>): Promise<void> => {
  const entries = await readdir(join(root, ...names), { withFileTypes: true }).catch(() => []);
  for (const entry of entries) {
    const below = [...names, entry.name];
    if (found.size >= MOST_FILES || protectedBy(below) === undefined) continue;
    if (entry.isDirectory()) {
      if (below.length < MOST_DEPTH && !isStore(below)) await look(root, below, found);
      continue;
    }
    const path = join(root, ...below);
    const stamp = await stampOf(path);
    if (stamp.kind === 'file') found.set(path, stamp.text);
  }
};

/** Of a repository only what it obeys: its objects are many, and say nothing by themselves. */
const isStore = ([first, second]: readonly string[]): boolean =>
  first?.toLowerCase() === '.git' && second !== undefined && second.toLowerCase() !== 'hooks';
