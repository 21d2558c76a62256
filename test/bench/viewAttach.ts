// A window that attaches a session of 10,000 events of a background host until all of it stands in the window's store,
// against the same bytes sent in one piece over a bare local socket and parsed: the work of both processes each time.
//   node test/bench/viewAttach.ts
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import type { SessionKey } from '../../src/model/session.ts';
import { bundled, bundledFile } from './bundle.ts';
import { cpuTimer } from './cpu.ts';
import { end, firstLine, type HostProcess, startHost, workedBy } from './hostProcess.ts';
import type * as hostWindow from './hostWindow.ts';
import type * as keep from './keep.ts';
import { compare, type Side } from './measure.ts';
import { newSession, usual } from './past.ts';
import { compared, context, report, type Row } from './row.ts';

const EVENTS = 10_000;
/** Of one measurement: what a processor did is not known well for a few milliseconds. */
const TIMES = 16;
const BOUND = 3;
const key = 'session' as SessionKey;

interface Work {
  readonly pid: number;
  run(): Promise<unknown>;
}

export async function viewAttachRows(): Promise<readonly Row[]> {
  const { leave } = (await bundled('keep')) as typeof keep;
  const { openWindow } = (await bundled('hostWindow')) as typeof hostWindow;
  await using host = await startHost((journal) => leave(journal, newSession(key, '/w'), usual(EVENTS)));
  let lines: string[] = [];
  const listening = await openWindow(host.address, (line) => lines.push(line));
  // It is awake in the host from here on.
  const events = await listening.attach(key);
  lines = [];
  await listening.attach(key);
  const heard = lines.filter((line) => /^\{"type":"(?:snapshot|page|events)"/u.test(line));
  await listening.close();

  const window = await openWindow(host.address);
  const bare = await openBare(host, heard);
  const ours: Work = {
    pid: host.pid,
    run: async () => {
      const found = await window.attach(key);
      if (found !== events) throw new Error(`${found} of ${events} events arrived.`);
    },
  };
  const blocks = { blocks: 21, warmUp: 3 };
  try {
    const work = await compare(spentOn(ours), spentOn(bare), blocks);
    const clock = await compare(passed(ours), passed(bare), blocks);
    return [
      compared('view attach of 10,000 events', 'ms', work, BOUND),
      context(compared('view attach of 10,000 events on the clock', 'ms', clock, BOUND)),
    ];
  } finally {
    await window.close();
    await bare.close();
  }
}

/** Milliseconds that both processes worked for one. */
const spentOn =
  ({ pid, run }: Work): Side =>
  async () => {
    await run();
    const before = await workedBy(pid);
    const own = cpuTimer();
    for (let time = 0; time < TIMES; time += 1) await run();
    return (own() + (await workedBy(pid)) - before) / TIMES;
  };

const passed =
  ({ run }: Work): Side =>
  async () => {
    const start = performance.now();
    for (let time = 0; time < TIMES; time += 1) await run();
    return (performance.now() - start) / TIMES;
  };

const openBare = async (
  { root }: HostProcess,
  lines: readonly string[],
): Promise<Work & { close(): Promise<void> }> => {
  const [path, file] = [join(root, 'bare.sock'), join(root, 'bytes')];
  const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''));
  await writeFile(file, bytes);
  const program = await bundledFile('bareSocket');
  const child = spawn(process.execPath, [program, path, file], { stdio: ['ignore', 'pipe', 'inherit'] });
  await firstLine(child);
  const socket = connect(path);
  await once(socket, 'connect');
  return {
    pid: child.pid ?? 0,
    run: () =>
      new Promise<void>((resolve) => {
        const chunks: Buffer[] = [];
        let missing = bytes.length;
        const take = (chunk: Buffer): void => {
          chunks.push(chunk);
          missing -= chunk.length;
          if (missing > 0) return;
          socket.off('data', take);
          let messages = 0;
          for (const line of Buffer.concat(chunks).toString().split('\n'))
            if (line !== '' && typeof JSON.parse(line) === 'object') messages += 1;
          if (messages !== lines.length) throw new Error('Not every message was parsed.');
          resolve();
        };
        socket.on('data', take);
        socket.write('\n');
      }),
    close: async () => {
      socket.destroy();
      await end(child);
    },
  };
};

if (import.meta.main) report(await viewAttachRows());
