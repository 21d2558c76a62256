// Terminals of agents: what output costs to keep (P12), and how fast it comes through (P11, the part on this machine).
//   node test/bench/terminal.ts
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { NodePty } from '../../src/machine/terminal.ts';
import { root } from '../tools/suite.ts';
import { bundled } from './bundle.ts';
import { compare, median } from './measure.ts';
import { compared, context, counted, reached, report, type Row } from './row.ts';
import type * as path from './terminalPath.ts';

const BYTES = 8 * 1024 * 1024;
const LINE = '\u001b[32m12:00:00\u001b[0m compiling a file with a name and some eighty characters of a log line';
const COMMAND = ['sh', ['-c', 'yes "$0" | head -c "$1"', LINE, String(BYTES)]] as const;

/** Characters that a terminal may be behind before its command waits, and where it goes on: those of VS Code. */
const HIGH = 100_000;
const LOW = 5000;

interface Pausable {
  pause(): void;
  resume(): void;
}
interface Headless {
  Terminal: new (options: object) => { write(text: string, done: () => void): void; dispose(): void };
}

/** Both are those of the VS Code that the tests run in: no packages of ours. */
const editorModules = (): { readonly pty: NodePty; readonly headless: Headless } => {
  const load: (name: string) => unknown = createRequire(
    join(root, '.tools/vscode/node_modules/code-server/lib/vscode/package.json'),
  );
  return { pty: load('node-pty') as NodePty, headless: load('@xterm/headless') as Headless };
};

/** A command in a terminal without a window, as VS Code runs its own: seconds until all is drawn. */
const drawn = ({ pty, headless }: ReturnType<typeof editorModules>): Promise<number> =>
  new Promise((resolve) => {
    const screen = new headless.Terminal({ cols: 120, rows: 30, scrollback: 1000 });
    const started = performance.now();
    const child = pty.spawn(COMMAND[0], [...COMMAND[1]], {
      name: 'xterm-256color',
      cols: 120,
      rows: 30,
      cwd: '/',
      env: { PATH: process.env['PATH'] ?? '' },
    });
    const flow = child as unknown as Pausable;
    let behind = 0;
    let paused = false;
    let ended = false;
    const settle = (): void => {
      if (!ended || behind > 0) return;
      screen.dispose();
      resolve((performance.now() - started) / 1000);
    };
    child.onData((text) => {
      behind += text.length;
      if (behind > HIGH && !paused) {
        paused = true;
        flow.pause();
      }
      screen.write(text, () => {
        behind -= text.length;
        if (behind < LOW && paused) {
          paused = false;
          flow.resume();
        }
        settle();
      });
    });
    child.onExit(() => {
      ended = true;
      settle();
    });
  });

/** By how many megabytes this process was larger than before while something ran, at the most. */
const growth = async (run: () => Promise<unknown>): Promise<number> => {
  const before = process.memoryUsage().rss;
  let most = before;
  const watching = setInterval(() => (most = Math.max(most, process.memoryUsage().rss)), 20);
  await run();
  clearInterval(watching);
  return Math.round((most - before) / 1e6);
};

export async function terminalRows(): Promise<readonly Row[]> {
  const { openPath, keepCost, bufferCost } = (await bundled('terminalPath')) as typeof path;
  const modules = editorModules();
  const ours = openPath(modules.pty);
  try {
    // First of all: later the process has grown by other work, and the flood would hide in that.
    const grown = await growth(() => ours.run('sh', ['-c', 'yes "$0" | head -c 1000000000', LINE]));
    const chunk = `${LINE}\r\n`.repeat(45);
    const kept = await compare(
      () => keepCost(10e6, chunk, 20),
      () => keepCost(10e3, chunk, 20),
      { blocks: 15, warmUp: 1 },
    );
    const alone = await compare(
      () => bufferCost(10e6, chunk, 50),
      () => bufferCost(10e3, chunk, 50),
      { blocks: 15, warmUp: 1 },
    );
    const megabytes = BYTES / 1e6;
    const speed = await compare(
      async () => megabytes / (await ours.run(...COMMAND)),
      async () => megabytes / (await drawn(modules)),
      { blocks: 15, warmUp: 1 },
    );
    const interrupts: number[] = [];
    for (let count = 0; count < 9; count += 1) interrupts.push(await ours.interrupt('yes', [LINE]));
    return [
      compared('terminal kept slope', 'ms/MB', kept, 1.2),
      // Copying and nothing else, for which the larger one fits into no cache of the processor: seen beside the whole way.
      context(compared('terminal buffer slope', 'ms/MB', alone, 1.2)),
      reached('terminal throughput', 'MB/s', speed, 0.9),
      counted('terminal memory in a gigabyte', grown, 'MB', 200),
      counted('terminal interrupt', Math.round(median(interrupts)), 'ms', 100, interrupts),
    ];
  } finally {
    await ours.close();
  }
}

if (import.meta.main) report(await terminalRows());
