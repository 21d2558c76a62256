// From the agent's bytes to the folded, journaled and announced session, against nothing but parsing the same lines.
//   node test/bench/ingest.ts
import { bundled } from './bundle.ts';
import { cpuTimer } from './cpu.ts';
import { compare } from './measure.ts';
import { compared, reached, report, type Row } from './row.ts';
import type * as spine from './spine.ts';
import { inChunks, steadyTraffic, traffic } from './traffic.ts';

const LINES = 10_000;

/** Lines in a second of parsing and nothing else. */
const parse = (lines: readonly string[]): number => {
  const spent = cpuTimer();
  let methods = 0;
  for (const text of lines) {
    const { method } = JSON.parse(text) as { method?: string };
    if (method !== undefined) methods += 1;
  }
  const milliseconds = spent();
  if (methods !== lines.length) throw new Error('Not every line was parsed.');
  return (lines.length / milliseconds) * 1000;
};

export async function ingestRows(): Promise<readonly Row[]> {
  const { openSpine, CALL } = (await bundled('spine')) as typeof spine;
  const mixed = traffic(LINES);
  const mixedBytes = inChunks(mixed);
  const steadyBytes = inChunks(steadyTraffic(LINES, CALL));
  const firstBytes = inChunks(steadyTraffic(LINES / 2, CALL));

  /** Microseconds per line. Each run has a session of its own: what one leaves behind must not be the next one's load. */
  const ingest = async (entries: number, bytes: readonly Uint8Array[]): Promise<number> => {
    const world = await openSpine(entries);
    // What the session was made of is old when this is through, as it is in a session of that length.
    await world.feed(firstBytes, LINES / 2);
    if (world.entries() !== entries + 1) throw new Error(`${world.entries()} entries instead of ${entries + 1}.`);
    const milliseconds = await world.feed(bytes, LINES);
    await world.close();
    return (milliseconds / LINES) * 1000;
  };
  const speed = await compare(
    async () => 1e6 / (await ingest(1000, mixedBytes)),
    () => parse(mixed),
    { blocks: 21, warmUp: 3 },
  );
  const slope = await compare(
    () => ingest(5000, steadyBytes),
    () => ingest(10, steadyBytes),
    { blocks: 21, warmUp: 1 },
  );
  return [reached('ingest', 'lines/s', speed, 0.5), compared('ingest slope', 'us/line', slope, 1.2)];
}

if (import.meta.main) report(await ingestRows());
