import { interval, median } from './measure.ts';
import { type Row, rounded } from './row.ts';
import type { Stage } from './stage.ts';

const BLOCKS = 20;
/** Milliseconds at 60 frames a second. */
const FRAME = 16.7;

/** How much later than a bare echo the first text of an answer is painted. */
export async function firstTokenRows({ ours, bare }: Stage): Promise<readonly Row[]> {
  await ours.newSession();
  const ask = async (side: Stage['ours'] | Stage['bare']): Promise<number> => (await side.ask(1)).milliseconds;
  for (let run = 0; run < 3; run += 1) {
    await ask(ours);
    await ask(bare);
  }
  const samples = { ours: [] as number[], bare: [] as number[] };
  for (let block = 0; block < BLOCKS; block += 1) {
    samples.ours.push(await ask(ours));
    samples.bare.push(await ask(bare), await ask(bare));
    samples.ours.push(await ask(ours));
  }
  const anchor = median(samples.bare);
  const later = samples.ours.map((milliseconds) => milliseconds - anchor);
  const [low, high] = interval(later);
  const details = { interval: [rounded(low), rounded(high)], ...samples };
  return [
    {
      name: 'first token',
      value: rounded(median(later)),
      unit: 'ms later',
      anchor: rounded(anchor),
      ratio: null,
      bound: FRAME,
      ok: low <= FRAME,
      details,
    },
  ];
}
