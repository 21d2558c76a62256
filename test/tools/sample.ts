import { cp, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { root } from './suite.ts';

/** Where `npm start` keeps its workspace and its pictures. */
export const demo = join(root, 'out', 'demo');

/** Puts a fresh copy of the sample workspace at `folder`; what was there is removed. */
export async function copySample(folder: string): Promise<string> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await cp(join(root, 'test', 'tools', 'sample'), folder, { recursive: true });
  return folder;
}
