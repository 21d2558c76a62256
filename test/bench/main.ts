// `npm run bench [-- NAME...]`: one JSON object a line for each row, or for those whose names begin with one of the given ones.
// Nothing else goes to stdout; out/bench.json holds the rows with the numbers behind them.

import { mkdir, stat, writeFile } from 'node:fs/promises';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { packageExtension, PackageError, type Packaged } from '../tools/package.ts';
import { root } from '../tools/suite.ts';
import { activationRows } from './activation.ts';
import { asleepRows } from './asleep.ts';
import { burstRows, nodeRows } from './burst.ts';
import { byteRows } from './bytes.ts';
import { eventLoopRows } from './eventLoop.ts';
import { fileRows } from './files.ts';
import { firstTokenRows } from './firstToken.ts';
import { floodRows } from './flood.ts';
import { frameRows } from './frames.ts';
import { gatewayRows } from './gateway.ts';
import { hostLatencyRows } from './hostLatency.ts';
import { idleHostRows } from './idleHost.ts';
import { ingestRows } from './ingest.ts';
import { markdownRows } from './markdown.ts';
import { openRows } from './open.ts';
import { relayRows } from './relay.ts';
import { reloadRows } from './reload.ts';
import { replayRows } from './replay.ts';
import { roundTripRows } from './roundTrip.ts';
import { type Row, toLine } from './row.ts';
import { openStage, type Stage } from './stage.ts';
import { streamRows } from './stream.ts';
import { streamEchoRows } from './streamEcho.ts';
import { terminalRows } from './terminal.ts';
import { updateRows } from './updates.ts';
import { viewAttachRows } from './viewAttach.ts';
import { webhookRows } from './webhook.ts';

interface Group {
  /** What the names of its rows begin with. */
  readonly names: readonly string[];
  rows(vsix: Packaged): Promise<readonly Row[]>;
}

let stage: Promise<Stage> | undefined;
const onStage =
  (rows: (stage: Stage) => Promise<readonly Row[]>) =>
  async ({ path }: Packaged) =>
    rows(await (stage ??= openStage(path)));

const groups: readonly Group[] = [
  { names: ['bytes'], rows: byteRows },
  { names: ['activation'], rows: ({ path }) => activationRows(path) },
  { names: ['ingest'], rows: ingestRows },
  { names: ['stdio round trip'], rows: roundTripRows },
  { names: ['event loop'], rows: eventLoopRows },
  { names: ['replay'], rows: replayRows },
  { names: ['open'], rows: openRows },
  { names: ['asleep'], rows: asleepRows },
  { names: ['heap'], rows: updateRows },
  { names: ['view attach'], rows: viewAttachRows },
  { names: ['host latency'], rows: hostLatencyRows },
  { names: ['idle host', 'idle window'], rows: idleHostRows },
  { names: ['relay'], rows: relayRows },
  { names: ['webhook'], rows: webhookRows },
  { names: ['gateway'], rows: gatewayRows },
  { names: ['frame decoding'], rows: frameRows },
  { names: ['markdown'], rows: markdownRows },
  { names: ['terminal'], rows: terminalRows },
  { names: ['stream throughput'], rows: streamRows },
  { names: ['stream echo', 'stream interrupt'], rows: streamEchoRows },
  { names: ['files'], rows: fileRows },
  { names: ['reload', 'wake'], rows: ({ path }) => reloadRows(path) },
  { names: ['first token'], rows: onStage(firstTokenRows) },
  { names: ['burst'], rows: onStage(burstRows) },
  { names: ['updates dom nodes'], rows: onStage(nodeRows) },
  { names: ['flood'], rows: onStage(floodRows) },
];

/** The package of this run, or the one that whoever started it has made. */
async function packaged(): Promise<Packaged> {
  const path = process.env['WHEELHOUSE_VSIX'];
  return path === undefined ? packageExtension() : { path, bytes: (await stat(path)).size };
}

const wanted = process.argv.slice(2);
const matches = (name: string): boolean => wanted.length === 0 || wanted.some((one) => name.startsWith(one));
const say = (text: string): boolean => process.stderr.write(`bench: ${text}\n`);

const rows: Row[] = [];
let failed = false;
try {
  const vsix = await packaged();
  for (const group of groups) {
    if (!group.names.some((name) => matches(name) || wanted.some((one) => one.startsWith(name)))) continue;
    say(`${group.names.join(', ')} (load ${loadavg()[0]?.toFixed(1)})`);
    try {
      const found = (await group.rows(vsix)).filter(({ name }) => matches(name));
      for (const row of found) console.log(toLine(row));
      rows.push(...found);
    } catch (error) {
      failed = true;
      say(`${group.names.join(', ')} could not be measured: ${error instanceof Error ? error.stack : String(error)}`);
    }
  }
} catch (error) {
  if (!(error instanceof PackageError)) throw error;
  failed = true;
  say(error.message);
} finally {
  await (await stage?.catch(() => undefined))?.[Symbol.asyncDispose]();
}
await mkdir(join(root, 'out'), { recursive: true });
await writeFile(
  join(root, 'out', 'bench.json'),
  `${JSON.stringify({ at: new Date().toISOString(), rows }, undefined, 1)}\n`,
);
if (rows.length === 0 && !failed) say(`no row is called ${wanted.join(' or ')}`);
process.exitCode = !failed && rows.length > 0 && rows.every(({ ok }) => ok) ? 0 : 1;
