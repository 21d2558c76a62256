import { copyFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { builtinsForCommonJs } from '../../esbuild.mjs';

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
    plugins: [builtinsForCommonJs],
  });
  return outfile;
};

export const bundled = async (name: string): Promise<unknown> => import(pathToFileURL(await bundledFile(name)).href);

/** The background host as it is shipped: its program, beside those that it starts and with its manifest above them. */
export const bundledHost = async (): Promise<string> => {
  const folder = join(root, 'out/bench/host');
  await build({
    entryPoints: {
      host: join(root, 'src/host.ts'),
      demoAgent: join(root, 'src/demo/main.ts'),
      watchdog: join(root, 'src/machine/watchdogMain.ts'),
    },
    outdir: join(folder, 'dist'),
    bundle: true,
    splitting: true,
    minify: true,
    platform: 'node',
    format: 'esm',
    plugins: [builtinsForCommonJs],
    logLevel: 'error',
  });
  await copyFile(join(root, 'package.json'), join(folder, 'package.json'));
  return join(folder, 'dist/host.js');
};
