// What it costs to come back to a gateway with many sessions on one socket, against a bare WebSocket that sends and parses
// the same frames.
//   node test/bench/gateway.ts
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { bundled, bundledFile } from './bundle.ts';
import { cpuTimer } from './cpu.ts';
import type * as gatewayPath from './gatewayPath.ts';
import { compare } from './measure.ts';
import { compared, report, type Row } from './row.ts';

const SESSIONS = 100;
/** Of each session after a reconnect: what a run says in some seconds. */
const EVENTS = 60;

export async function gatewayRows(): Promise<readonly Row[]> {
  const path = (await bundled('gatewayPath')) as typeof gatewayPath;
  const source = spawn(process.execPath, [await bundledFile('gatewaySource'), String(SESSIONS), String(EVENTS)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    const [port] = (await once(createInterface(source.stdout), 'line')) as [string];
    const size = { url: `ws://127.0.0.1:${port}/`, sessions: SESSIONS, events: EVENTS };
    const [ours, bare] = [await path.openOurs(size), path.openBare(size)];
    // Milliseconds of the processor.
    const cost = (way: typeof bare) => async (): Promise<number> => {
      const spent = cpuTimer();
      await way.comeBack();
      return spent();
    };
    const comparison = await compare(cost(ours), cost(bare), { blocks: 21, warmUp: 3 });
    await Promise.all([ours.close(), bare.close()]);
    return [compared('gateway reconnect, 100 sessions', 'ms', comparison, 2)];
  } finally {
    source.kill();
  }
}

if (import.meta.main) report(await gatewayRows());
