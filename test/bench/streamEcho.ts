// Keys and interrupts through the terminals of a host: what a person feels who types on another machine.
//   node test/bench/streamEcho.ts
import { mkdir, mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import type { NodePty } from '../../src/machine/terminal.ts';
import { type StreamCaller, StreamHost } from '../faults/streamCaller.ts';
import { root } from '../tools/suite.ts';
import { bundledHost } from './bundle.ts';
import { compare, median } from './measure.ts';
import { compared, counted, report, type Row, rounded } from './row.ts';

const KEYS = 200;
const FLOOD = ['a line of a flood that somebody looks at all the time, as long as lines usually are'];
/** What has come before somebody has had enough, bytes. */
const ENOUGH = 1e6;
/** Milliseconds of a frame. */
const FRAME = 1000 / 60;

const EDITOR = join(root, '.tools/vscode/node_modules/code-server/lib/vscode');

/** A host as it is shipped, with the pseudo-terminals that the bare terminal has as well. */
const openHost = async () => {
  const folder = await mkdtemp(join(tmpdir(), 'wheelhouse-bench-'));
  const program = await bundledHost();
  const beside = join(dirname(program), '../node_modules/@lydell');
  await mkdir(beside, { recursive: true });
  await symlink(join(EDITOR, 'node_modules/node-pty'), join(beside, 'node-pty')).catch(() => undefined);
  const host = spawn(process.execPath, [program, 'serve', '--state', join(folder, 'state'), '--root', folder], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const [line] = (await once(createInterface(host.stdout), 'line')) as [string];
  const ready = JSON.parse(line) as { readonly terminal: string; readonly tokenFile: string };
  return {
    streams: new StreamHost(ready.terminal, (await readFile(ready.tokenFile, 'utf8')).trim()),
    async close(): Promise<void> {
      const ended = once(host, 'exit');
      host.kill('SIGTERM');
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
};

/** Until the next piece of output. */
const heard = ({ socket }: StreamCaller): Promise<void> =>
  new Promise((resolve) => {
    const listener = (_data: Buffer, isBinary: boolean): void => {
      if (!isBinary) return;
      socket.off('message', listener);
      resolve();
    };
    socket.on('message', listener);
  });

/** Milliseconds from a key to its echo, of each of many. */
const typed = async (caller: StreamCaller): Promise<readonly number[]> => {
  const times: number[] = [];
  for (let count = 0; count < KEYS; count += 1) {
    const echo = heard(caller);
    const pressed = performance.now();
    caller.type('x');
    await echo;
    times.push(performance.now() - pressed);
    if (count % 50 === 49) {
      const lines = heard(caller);
      caller.type('\r');
      await lines;
    }
  }
  return times;
};

/** Characters that a terminal of VS Code may be behind before its command waits, and where it goes on. */
const HIGH = 100_000;
const LOW = 5000;

interface Modules {
  readonly pty: NodePty;
  readonly headless: { readonly Terminal: new (options: object) => Screen };
}
interface Screen {
  write(text: string, done: () => void): void;
  dispose(): void;
}
interface Pausable {
  pause(): void;
  resume(): void;
}

/** A terminal without anybody between, as VS Code has its own: until the command has ended and all is drawn. */
const interruptBare = async ({ pty, headless }: Modules): Promise<number> => {
  const screen = new headless.Terminal({ cols: 80, rows: 24, scrollback: 1000 });
  const env = { PATH: process.env['PATH'] ?? '' };
  const child = pty.spawn('yes', FLOOD, { name: 'xterm-256color', cols: 80, rows: 24, cwd: '/', env });
  const flow = child as unknown as Pausable;
  const enough = Promise.withResolvers<void>();
  const over = Promise.withResolvers<void>();
  let [behind, seen, paused, ended] = [0, 0, false, false];
  child.onData((text) => {
    behind += text.length;
    if (behind > HIGH && !paused) {
      paused = true;
      flow.pause();
    }
    screen.write(text, () => {
      behind -= text.length;
      if ((seen += text.length) > ENOUGH) enough.resolve();
      if (behind < LOW && paused) {
        paused = false;
        flow.resume();
      }
      if (ended && behind === 0) over.resolve();
    });
  });
  child.onExit(() => {
    ended = true;
    if (behind === 0) over.resolve();
  });
  await enough.promise;
  const pressed = performance.now();
  child.write('\u0003');
  await over.promise;
  screen.dispose();
  return performance.now() - pressed;
};

/** Until the window knows that it has ended: what it draws of the rest is bounded, and not the stream's. */
const interrupt = async (streams: StreamHost): Promise<number> => {
  const caller = await streams.resume(await streams.start({ command: 'yes', args: FLOOD }));
  const closed = once(caller.socket, 'close');
  caller.keeps = false;
  const enough = Promise.withResolvers<void>();
  const over = Promise.withResolvers<void>();
  let seen = 0;
  caller.socket.on('message', (data: Buffer, isBinary: boolean) => {
    if (isBinary && (seen += data.length) > ENOUGH) enough.resolve();
    if (!isBinary && data.includes('"exit"')) over.resolve();
  });
  await enough.promise;
  const pressed = performance.now();
  caller.type('\u0003');
  await over.promise;
  const milliseconds = performance.now() - pressed;
  await closed;
  return milliseconds;
};

export async function streamEchoRows(): Promise<readonly Row[]> {
  const load: (name: string) => unknown = createRequire(join(EDITOR, 'package.json'));
  const modules = { pty: load('node-pty'), headless: load('@xterm/headless') } as Modules;
  const host = await openHost();
  try {
    const { streams } = host;
    const cat = await streams.resume(await streams.start({ command: 'cat', args: [] }));
    await typed(cat);
    const alone = median(await typed(cat));
    const flood = await streams.resume(await streams.start({ command: 'yes', args: FLOOD }));
    flood.keeps = false;
    await heard(flood);
    const flooded = median(await typed(cat));
    flood.type('\u0003');
    await once(flood.socket, 'close');
    const stopping = await compare(
      () => interrupt(streams),
      () => interruptBare(modules),
      { blocks: 15, warmUp: 1 },
    );
    return [
      counted('stream echo in a flood', rounded(flooded), 'ms', rounded(alone + FRAME), { alone: rounded(alone) }),
      compared('stream interrupt', 'ms', stopping, 2),
    ];
  } finally {
    await host.close();
  }
}

if (import.meta.main) report(await streamEchoRows());
