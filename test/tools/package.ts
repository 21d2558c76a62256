import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from './run.ts';
import { root, tool } from './suite.ts';
import { zipNames } from './zip.ts';

const bound = 600_000;
const listFile = 'test/tools/vsix-files.txt';

/** Raised when something of the package is not as agreed; the message says what to do. */
export class PackageError extends Error {}

async function must(what: string, script: string, ...args: string[]): Promise<void> {
  const { code, output } = await run(process.execPath, [script, ...args], { cwd: root });
  if (code !== 0) throw new PackageError(`${what} failed:\n${output.trimEnd()}`);
}

// The names of shared chunks carry a hash of their content, which changes with every line of code.
const withoutHash = (name: string): string => name.replace(/-[A-Z0-9]{8}(?=\.)/, '-HASH');

/** What differs between the two lists, as lines that begin with "+" or "-". */
export function differences(agreed: readonly string[], found: readonly string[]): readonly string[] {
  const added = found.filter((name) => !agreed.includes(name)).map((name) => `+ ${name}`);
  const missing = agreed.filter((name) => !found.includes(name)).map((name) => `- ${name}`);
  return [...added, ...missing];
}

/** The names in a vsix as the list has them: chunk hashes replaced, sorted, each once. */
export const listed = (zip: Buffer): readonly string[] => [...new Set(zipNames(zip).map(withoutHash))].toSorted();

interface Manifest {
  readonly version: string;
  readonly repository?: unknown;
}

export interface Packaged {
  readonly path: string;
  readonly bytes: number;
}

/**
 * Builds for production and packages out/wheelhouse-VERSION.vsix, then holds it to its size and its list of files.
 * @throws PackageError
 */
export async function packageExtension({ update = false } = {}): Promise<Packaged> {
  const { version, repository } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as Manifest;
  const path = join(root, 'out', `wheelhouse-${version}.vsix`);
  await mkdir(join(root, 'out'), { recursive: true });
  await rm(path, { force: true });
  await must('The production build', 'esbuild.mjs', '--production');
  // Without an address to point to, the pictures of the README stay relative.
  const unpublished = repository === undefined ? ['--allow-missing-repository', '--no-rewrite-relative-links'] : [];
  await must('vsce', tool('@vscode/vsce/vsce'), 'package', '--no-dependencies', ...unpublished, '-o', path);
  const zip = await readFile(path);
  const found = listed(zip);
  if (update) await writeFile(join(root, listFile), `${found.join('\n')}\n`);
  const agreed = (await readFile(join(root, listFile), 'utf8').catch(() => ''))
    .split('\n')
    .filter((line) => line !== '');
  const different = differences(agreed, found);
  if (different.length > 0) {
    throw new PackageError(
      `The files of the package differ from ${listFile}; if they should, run \`npm run package -- --update\`:\n${different.join('\n')}`,
    );
  }
  if (zip.length > bound) throw new PackageError(`The package has ${zip.length} bytes, more than the ${bound} agreed.`);
  return { path, bytes: zip.length };
}

export async function packageCommand(args: readonly string[]): Promise<number> {
  const { path, bytes } = await packageExtension({ update: args.includes('--update') });
  console.log(`${path}\n${bytes} of ${bound} bytes`);
  return 0;
}
