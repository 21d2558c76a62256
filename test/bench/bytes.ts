import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Packaged } from '../tools/package.ts';
import { root } from '../tools/suite.ts';
import { counted, type Row } from './row.ts';

/** A line of the report that the production build writes. */
export interface Built {
  readonly name: string;
  readonly bytes: number;
}

export const builtBytes = async (): Promise<readonly Built[]> =>
  JSON.parse(await readFile(join(root, 'out', 'bytes.json'), 'utf8')) as readonly Built[];

/** @throws Error when the build tells of no such part, so that a part which was renamed is not taken for a small one */
export const bytesOf = (built: readonly Built[], part: string): number => {
  const found = built.find(({ name }) => name.startsWith(part));
  if (found === undefined) throw new Error(`The build does not say how many bytes "${part}" has.`);
  return found.bytes;
};

export async function byteRows(vsix: Packaged): Promise<readonly Row[]> {
  const built = await builtBytes();
  return [
    counted('bytes host start', bytesOf(built, 'host start'), 'bytes', 120_000),
    counted('bytes host all', bytesOf(built, 'all host code'), 'bytes', 450_000),
    counted('bytes webview first gz', bytesOf(built, 'webview first chunk, gzipped'), 'bytes', 60_000),
    counted('bytes vsix', vsix.bytes, 'bytes', 600_000),
  ];
}
