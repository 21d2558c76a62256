import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../tools/run.ts';
import { root, tool } from '../tools/suite.ts';

export const scratch = join(root, 'out', 'bench');

/** Packages an extension that only a test installs. */
export async function packageFolder(folder: string, name: string): Promise<string> {
  await mkdir(scratch, { recursive: true });
  const path = join(scratch, `${name}.vsix`);
  const args = ['package', '--no-dependencies', '--allow-missing-repository', '--skip-license', '-o', path];
  const { code, output } = await run(process.execPath, [tool('@vscode/vsce/vsce'), ...args], { cwd: folder });
  if (code !== 0) throw new Error(`${folder} could not be packaged:\n${output}`);
  return path;
}
