// Exchanges a folder for a link, and a file for a link, as fast as it can: `node linkSwapper.ts ROOT OUTSIDE`.
// Says `ready` once it does, and how often it did when its input ends.
import { linkSync, mkdirSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const [root = '', outside = ''] = process.argv.slice(2);
const at = (name: string): string => join(root, name);

mkdirSync(at('kept'));
writeFileSync(at('kept/leaf'), 'inside');
symlinkSync(join(outside, 'secret'), at('kept/link'));

/** The folder itself, a link to the outside in its place, and the folder again. */
const swapFolder = (): void => {
  renameSync(at('folder'), at('aside'));
  renameSync(at('link'), at('folder'));
  renameSync(at('folder'), at('link'));
  renameSync(at('aside'), at('folder'));
};

/** Who finds no folder for a moment may make one: then it all begins again. */
const begin = (): void => {
  for (const name of ['folder', 'aside', 'link']) rmSync(at(name), { recursive: true, force: true, maxRetries: 100 });
  mkdirSync(at('folder'), { recursive: true });
  symlinkSync(outside, at('link'));
};

/** A name that is at every moment either a file or a link. */
const swapLeaf = (): void => {
  symlinkSync(join(outside, 'secret'), at('kept/next'));
  renameSync(at('kept/next'), at('kept/leaf'));
  writeFileSync(at('kept/own'), 'inside');
  linkSync(at('kept/own'), at('kept/next'));
  renameSync(at('kept/next'), at('kept/leaf'));
  unlinkSync(at('kept/own'));
};

let swaps = 0;
let ended = false;
const turn = (): void => {
  for (let count = 0; count < 200; count += 1) {
    swapLeaf();
    try {
      swapFolder();
      swaps += 1;
    } catch {
      begin();
    }
  }
  if (!ended) setImmediate(turn);
  else process.stdout.write(`${swaps}\n`, () => process.exit(0));
};

begin();
process.stdin.on('end', () => (ended = true)).resume();
process.stdout.write('ready\n');
turn();
