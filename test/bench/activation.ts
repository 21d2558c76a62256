import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { make } from '../fakes/noop-extension/make.mjs';
import { run } from '../tools/run.ts';
import { root } from '../tools/suite.ts';
import { bytesOf, builtBytes } from './bytes.ts';
import { compare } from './measure.ts';
import { compared, counted, type Row } from './row.ts';

const once = fileURLToPath(new URL('activateOnce.ts', import.meta.url));
const BLOCKS = 15;

async function activateOnce<T>(bundle: string, ...args: string[]): Promise<T> {
  const { code, output } = await run(process.execPath, [once, bundle, ...args], { cwd: root });
  if (code !== 0) throw new Error(`${bundle} could not be activated:\n${output}`);
  return JSON.parse(output) as T;
}

export type Left = Record<'timers' | 'sockets' | 'children', number>;

/** What the bundle still holds when its `activate` is done. */
export const countLeft = (bundle: string): Promise<Left> => activateOnce<Left>(bundle, '--count');

const milliseconds = async (bundle: string): Promise<number> =>
  (await activateOnce<{ milliseconds: number }>(bundle)).milliseconds;

/** Loading and activating the production build, against a bundle of as many bytes that does nothing. */
export async function activationRows(): Promise<readonly Row[]> {
  const ours = join(root, 'dist', 'extension.js');
  const noop = join(root, 'out', 'bench', 'noop');
  make(noop, bytesOf(await builtBytes(), 'host start'));
  const comparison = await compare(
    () => milliseconds(ours),
    () => milliseconds(join(noop, 'extension.js')),
    { blocks: BLOCKS },
  );
  const left = await countLeft(ours);
  return [
    compared('activation', 'ms', comparison, 1.5),
    counted('activation timers', left.timers, 'timers', 0),
    counted('activation sockets', left.sockets, 'sockets', 0),
    counted('activation children', left.children, 'processes', 0),
  ];
}
