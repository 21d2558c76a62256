import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const root = resolve(import.meta.dirname, '../..');

/** A module of this folder as it would be shipped: what is measured is the bundled code, not the tree of its sources. */
export const bundledFile = async (name: string): Promise<string> => {
  const outfile = join(root, 'out/bench', `${name}.mjs`);
  await build({
    entryPoints: [join(import.meta.dirname, `${name}.ts`)],
    outfile,
    bundle: true,
    minify: true,
    keepNames: false,
    platform: 'node',
    format: 'esm',
    logLevel: 'error',
  });
  return outfile;
};

export const bundled = async (name: string): Promise<unknown> => import(pathToFileURL(await bundledFile(name)).href);
