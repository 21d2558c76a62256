// What sixteen sessions that stream at once do to everything else in the process, against the same time without them.
//   node test/bench/eventLoop.ts
import { join, resolve } from 'node:path';
import { run } from '../tools/run.ts';
import { bundledFile } from './bundle.ts';
import type { CrowdOptions, Delays } from './crowd.ts';
import { interval, median } from './measure.ts';
import { report, type Row, rounded } from './row.ts';

const BOUND = 20;
const root = resolve(import.meta.dirname, '../..');

export async function eventLoopRows(): Promise<readonly Row[]> {
  const options: CrowdOptions = {
    agent: join(root, 'test/fakes/agent.ts'),
    sessions: 16,
    chunks: 20_000,
    blocks: 15,
  };
  // In a process of its own: what this one still has to do is no part of it.
  const program = await bundledFile('crowd');
  const { output } = await run(process.execPath, [program, JSON.stringify(options)], { cwd: root });
  const line = output.split('\n').find((text) => text.startsWith('['));
  if (line === undefined) throw new Error(`The event loop could not be measured:\n${output}`);
  const delays = JSON.parse(line) as readonly Delays[];
  const later = delays.map(({ streaming, idle }) => streaming - idle);
  const [low, high] = interval(later);
  return [
    {
      name: 'event loop, 16 sessions streaming',
      value: rounded(median(later)),
      unit: 'ms later (p99.9)',
      anchor: rounded(median(delays.map(({ idle }) => idle))),
      ratio: null,
      bound: BOUND,
      ok: low <= BOUND,
      details: { interval: [rounded(low), rounded(high)], delays },
    },
  ];
}

if (import.meta.main) report(await eventLoopRows());
