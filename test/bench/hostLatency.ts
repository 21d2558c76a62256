// How much later an event stands in the window's store when its agent runs in the background host: the time from the
// agent's write, against that of the same agent which the window runs itself.
//   node test/bench/hostLatency.ts
import { join } from 'node:path';
import { bundled } from './bundle.ts';
import { startHost } from './hostProcess.ts';
import { interval, median, settle } from './measure.ts';
import { report, type Row, rounded } from './row.ts';
import type * as tickWorld from './tickWorld.ts';

const BLOCKS = 20;
/** Of a block, and the milliseconds between two: one that waits for the one before it tells of that one. */
const [EVENTS, PAUSE] = [100, 3];
const BOUND = 1;

export async function hostLatencyRows(): Promise<readonly Row[]> {
  const { openOwn, openHosted } = (await bundled('tickWorld')) as typeof tickWorld;
  await using host = await startHost(() => Promise.resolve());
  const hosted = await openHosted(host.root, host.address);
  const own = await openOwn(join(host.root, 'own'), host.agent);
  const ask = async (world: tickWorld.TickWorld): Promise<number> => {
    settle();
    return median(await world.ticks(EVENTS, PAUSE));
  };
  const blocks: { readonly hosted: number; readonly own: number }[] = [];
  try {
    for (let run = 0; run < 3; run += 1) {
      await ask(hosted);
      await ask(own);
    }
    for (let block = 0; block < BLOCKS; block += 1) {
      const a = await ask(own);
      const [b, c] = [await ask(hosted), await ask(hosted)];
      const d = await ask(own);
      blocks.push({ hosted: (b + c) / 2, own: (a + d) / 2 });
    }
  } finally {
    await hosted.close();
    await own.close();
  }
  const later = blocks.map((block) => block.hosted - block.own);
  const [low, high] = interval(later);
  return [
    {
      name: 'host latency of an event',
      value: rounded(median(later)),
      unit: 'ms later (p50)',
      anchor: rounded(median(blocks.map((block) => block.own))),
      ratio: null,
      bound: BOUND,
      ok: low <= BOUND,
      details: { interval: [rounded(low), rounded(high)], blocks },
    },
  ];
}

if (import.meta.main) report(await hostLatencyRows());
