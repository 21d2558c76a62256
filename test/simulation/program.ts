import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';
import { root } from '../tools/suite.ts';
import { type Mutant, mutatedText } from '../tools/mutants/mutant.ts';

/** The worker of a sweep as one file: what runs for hours is read once, and may be built with a guard that is broken. */
export interface Program extends AsyncDisposable {
  readonly path: string;
}

/** @throws Error when the text of the mutant does not stand in its file exactly once */
export const buildProgram = async (mutant?: Mutant): Promise<Program> => {
  const folder = await mkdtemp(join(tmpdir(), 'wheelhouse-simulation-'));
  const path = join(folder, 'worker.mjs');
  const mutated = mutant && { path: resolve(root, mutant.file), text: await mutatedText(mutant) };
  await build({
    entryPoints: [join(root, 'test', 'simulation', 'worker.ts')],
    outfile: path,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node22',
    logLevel: 'warning',
    plugins: [
      {
        name: 'mutant',
        setup: ({ onLoad }) => {
          // In the words of Go, which knows no flags behind it.
          onLoad({ filter: /\.ts$/ }, ({ path: loaded }) =>
            loaded === mutated?.path ? { contents: mutated.text, loader: 'ts' } : undefined,
          );
        },
      },
    ],
  });
  return { path, [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) };
};
