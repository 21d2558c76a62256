// What the output of a terminal that lives elsewhere costs on its way to the screen, against a bare WebSocket.
//   node test/bench/stream.ts
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { bundled, bundledFile } from './bundle.ts';
import { cpuTimer } from './cpu.ts';
import { compare } from './measure.ts';
import { reached, report, type Row } from './row.ts';
import type * as streamPath from './streamPath.ts';

const FRAMES = 1024;
/** Of a piece of output: what a pseudo-terminal gives at once. */
const BYTES = 16 * 1024;
const ALL = FRAMES * BYTES;

export async function streamRows(): Promise<readonly Row[]> {
  const path = (await bundled('streamPath')) as typeof streamPath;
  const source = spawn(process.execPath, [await bundledFile('streamSource'), String(FRAMES), String(BYTES)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    const [line] = (await once(createInterface(source.stdout), 'line')) as [string];
    const [ours, bare] = [
      await path.openStream(`http://127.0.0.1:${line}/`),
      await path.openBare(`ws://127.0.0.1:${line}/`),
    ];
    // Megabytes in a second of the processor.
    const speed = (way: typeof ours) => async (): Promise<number> => {
      const spent = cpuTimer();
      await way.flood(ALL);
      return ALL / 1000 / spent();
    };
    const comparison = await compare(speed(ours), speed(bare), { blocks: 21, warmUp: 3 });
    await Promise.all([ours.close(), bare.close()]);
    return [reached('stream throughput', 'MB/s', comparison, 0.9)];
  } finally {
    source.kill();
  }
}

if (import.meta.main) report(await streamRows());
