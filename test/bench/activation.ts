import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { make } from '../fakes/noop-extension/make.mjs';
import { run } from '../tools/run.ts';
import { root } from '../tools/suite.ts';
import { until } from '../tools/until.ts';
import { openWorkbench } from '../ui/workbench.ts';
import { builtBytes, bytesOf } from './bytes.ts';
import { compare, type Comparison, interval, median } from './measure.ts';
import { compared, context, counted, type Row } from './row.ts';
import { packageFolder, scratch } from './vsix.ts';

const once = fileURLToPath(new URL('activateOnce.ts', import.meta.url));
const noop = join(scratch, 'noop');
const ours = join(root, 'dist', 'extension.js');
/** Pairs that count; one of both is the first in each second one. */
const WINDOWS = 20;

export type Left = Record<'timers' | 'sockets' | 'children', number>;

async function activateOnce<T>(bundle: string, ...args: string[]): Promise<T> {
  const { code, output } = await run(process.execPath, [once, bundle, ...args], { cwd: root });
  if (code !== 0) throw new Error(`${bundle} could not be activated:\n${output}`);
  return JSON.parse(output) as T;
}

/** What the bundle still holds when its `activate` is done. */
export const countLeft = (bundle: string): Promise<Left> => activateOnce<Left>(bundle, '--count');

const milliseconds = async (bundle: string): Promise<number> =>
  (await activateOnce<{ milliseconds: number }>(bundle)).milliseconds;

interface Times {
  readonly ours: number;
  readonly anchor: number;
}

/** Both are loaded and activated by VS Code, in the same extension host, with a new host for each pair. */
async function inVSCode(vsix: string): Promise<Comparison> {
  const folder = await mkdtemp(join(tmpdir(), 'wheelhouse-activation-'));
  const file = join(folder, 'times');
  await writeFile(file, '');
  const probe = await packageFolder(join(root, 'test', 'fakes', 'activation-extension'), 'activation');
  const workbench = await openWorkbench({
    vsix,
    extensions: [await packageFolder(noop, 'noop'), probe],
    env: { WHEELHOUSE_ACTIVATION: file },
  });
  const timesOf = async (window: number): Promise<Times> => {
    if (window > 0) await workbench.reload();
    const lines = async (): Promise<readonly string[]> => (await readFile(file, 'utf8')).split('\n').slice(0, -1);
    return JSON.parse(await until('the times of a window', async () => (await lines())[window])) as Times;
  };
  try {
    const all: Times[] = [];
    for (let window = 0; window <= WINDOWS; window += 1) all.push(await timesOf(window));
    return comparison(all.slice(1));
  } finally {
    await workbench.close();
    await rm(folder, { recursive: true, force: true });
  }
}

function comparison(times: readonly Times[]): Comparison {
  const ratios = times.map(({ ours: time, anchor }) => time / anchor);
  const [low, high] = interval(ratios);
  return {
    ours: median(times.map(({ ours: time }) => time)),
    anchor: median(times.map(({ anchor }) => anchor)),
    ratio: median(ratios),
    low,
    high,
    ratios,
  };
}

/** Loading and activating the production build, against a bundle of as many bytes that does nothing. */
export async function activationRows(vsix: string): Promise<readonly Row[]> {
  make(noop, bytesOf(await builtBytes(), 'host start'));
  const bare = await compare(
    () => milliseconds(ours),
    () => milliseconds(join(noop, 'extension.js')),
    { blocks: 15 },
  );
  const left = await countLeft(ours);
  return [
    compared('activation', 'ms', await inVSCode(vsix), 1.5),
    // Without VS Code's own part, which is most of it: for whoever wants to see what our part costs.
    context(compared('activation bare', 'ms', bare, 1)),
    counted('activation timers', left.timers, 'timers', 0),
    counted('activation sockets', left.sockets, 'sockets', 0),
    counted('activation children', left.children, 'processes', 0),
  ];
}
