// P13: finding files against the ripgrep that VS Code ships, which is what finds them, in the same run on the same tree.

import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Failure } from '../../src/base/failure.ts';
import { DiskWorkspace } from '../../src/machine/diskWorkspace.ts';
import { ripgrepUnder } from '../../src/machine/findRipgrep.ts';
import { WorkspaceQueries } from '../../src/machine/queries.ts';
import { DEFAULT_RULES } from '../../src/machine/ripgrep.ts';
import { root as repository } from '../tools/suite.ts';
import { compare, median } from './measure.ts';
import { compared, counted, report, type Row } from './row.ts';

const appRoot = join(repository, '.tools/vscode/node_modules/code-server/lib/vscode');
const folders = 200;
const filesInEach = 100;
/** Each is one measurement of the first result and of a cancel. */
const times = 15;

/** Some 20,000 files in folders as deep as those of a project, with something to ignore among them. */
async function makeTree(): Promise<string> {
  const root = await realpath(await mkdtemp(join(tmpdir(), 'wheelhouse-bench-files-')));
  await writeFile(join(root, '.gitignore'), 'out/\n*.log\n');
  for (let at = 0; at < folders; at += 1) {
    const folder = join(root, `package${at % 20}`, `part${at}`, 'src');
    await mkdir(folder, { recursive: true });
    const names = Array.from({ length: filesInEach }, (_, file) => `file${file}.${file % 25 === 0 ? 'log' : 'ts'}`);
    await Promise.all(names.map((name) => writeFile(join(folder, name), `export const ${name.slice(0, 4)} = 1;\n`)));
  }
  return root;
}

/** How many files it names. */
const bare = (file: string, cwd: string): Promise<number> =>
  new Promise((resolve, reject) => {
    const child = spawn(file, ['--files', '--null', '--hidden', '--no-require-git'], {
      cwd,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    let count = 0;
    child.stdout.on('data', (bytes: Buffer) => {
      for (let at = bytes.indexOf(0); at >= 0; at = bytes.indexOf(0, at + 1)) count += 1;
    });
    child.on('error', reject);
    child.on('close', () => resolve(count));
  });

/** Of three times the least: it is on the clock, since the work is done by two processes, and so the others' is in it. */
const timed = async (work: () => Promise<unknown>): Promise<number> => {
  let least = Number.POSITIVE_INFINITY;
  for (let time = 0; time < 3; time += 1) {
    const start = performance.now();
    await work();
    least = Math.min(least, performance.now() - start);
  }
  return least;
};

export async function fileRows(): Promise<readonly Row[]> {
  const ripgrep = await ripgrepUnder(appRoot);
  if (ripgrep === undefined) throw new Error(`there is no ripgrep under ${appRoot}`);
  const root = await makeTree();
  try {
    const workspace = new DiskWorkspace(() => [root]);
    const queries = new WorkspaceQueries({
      roots: () => [root],
      place: (path, signal) => workspace.place(path, signal),
      readText: (place, range, signal) => workspace.readText(place, range, signal),
      rules: () => DEFAULT_RULES,
      ripgrep: () => Promise.resolve(ripgrep),
      git: () => Promise.resolve(undefined),
      env: process.env,
    });
    const { signal } = new AbortController();
    const query = { most: 1_000_000 };
    let found = 0;
    const ours = (): Promise<number> =>
      timed(() => {
        found = 0;
        return queries.findFiles(query, (files) => (found += files.length), signal);
      });
    let anchored = 0;
    const anchor = async (): Promise<number> => await timed(async () => (anchored = await bare(ripgrep, root)));
    const comparison = await compare(ours, anchor, { blocks: 21, warmUp: 3 });
    if (found !== anchored) throw new Error(`${found} files were found, and ripgrep names ${anchored}`);
    const firsts: number[] = [];
    const cancels: number[] = [];
    for (let time = 0; time < times; time += 1) {
      const start = performance.now();
      const stop = new AbortController();
      let stoppedAt = 0;
      await queries
        .findFiles(
          query,
          () => {
            firsts.push(performance.now() - start);
            stoppedAt = performance.now();
            stop.abort(new Failure('cancelled', 'Enough.'));
          },
          stop.signal,
        )
        .catch(() => undefined);
      cancels.push(performance.now() - stoppedAt);
    }
    return [
      compared('files find', 'ms', comparison, 1.15),
      counted('files first result', Math.round(median(firsts)), 'ms', 50, { firsts }),
      counted('files cancel', Math.round(Math.max(...cancels)), 'ms', 50, { cancels }),
    ];
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

if (import.meta.main) report(await fileRows());
