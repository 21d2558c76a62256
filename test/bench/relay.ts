// What the relay costs: one event for eight devices, a device that does not read, one that comes back, and a hundred that do.
//   node test/bench/relay.ts
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { bundled } from './bundle.ts';
import { compare, settle } from './measure.ts';
import { compared, counted, reached, report, type Row } from './row.ts';
import type { FromSink, ToSink } from './relaySink.ts';
import type * as relayWorld from './relayWorld.ts';

type World = Awaited<ReturnType<typeof relayWorld.openRelayWorld>>;

const DEVICES = 8;
const EVENTS = 2000;
/** A replay as long as a ring, and the part of it that a device lacks which was away for a moment. */
const [RING, LACKING] = [10_000, 1000];
const STORM = 100;

const ask = async (sink: ChildProcess, asked: ToSink): Promise<readonly number[]> => {
  const answered = once(sink, 'message') as Promise<[FromSink]>;
  sink.send(asked);
  return (await answered)[0].times;
};

const names = (group: string): readonly string[] => Array.from({ length: DEVICES }, (_, index) => `${group}${index}`);

/** A call of `JSON.stringify` for each event, and no more, whoever listens. */
const stringified = async (run: () => Promise<unknown>): Promise<number> => {
  const { stringify } = JSON;
  let calls = 0;
  JSON.stringify = ((...of: Parameters<typeof stringify>) => {
    calls += 1;
    return stringify(...of);
  }) as typeof stringify;
  try {
    await run();
  } finally {
    JSON.stringify = stringify;
  }
  return calls;
};

const fanOut = async (world: World, sink: ChildProcess): Promise<readonly Row[]> => {
  const [key, loop] = [world.session('fan-out'), world.session('loop')];
  const clients = names('all');
  await ask(sink, { kind: 'listen', urls: clients.map((client) => world.url(client, key, 0)), stalled: false });
  await ask(sink, { kind: 'listen', urls: clients.map((_, index) => world.naiveUrl(index)), stalled: false });
  const run = (): Promise<number> => world.fanOut(key, clients, EVENTS);
  const comparison = await compare(run, () => world.naive(loop, EVENTS), { blocks: 15, warmUp: 5 });
  const calls = await stringified(run);
  return [
    reached('relay fan-out to 8', 'deliveries/s', comparison, 2.5),
    counted('relay fan-out to 8 stringify', calls / EVENTS, 'calls/event', 1),
  ];
};

const percentile = (times: readonly number[], share: number): number =>
  [...times].sort((a, b) => a - b)[Math.floor(times.length * share)] ?? Number.NaN;

const stalled = async (world: World, sink: ChildProcess): Promise<readonly Row[]> => {
  const group = async (name: string, stalls: boolean) => {
    const key = world.session(name);
    const clients = names(name);
    const urls = clients.map((client) => world.url(client, key, 0));
    await ask(sink, { kind: 'listen', urls, stalled: stalls });
    return { key, clients, urls: urls.slice(1) };
  };
  const well = await group('none-stalls', false);
  const bad = await group('one-stalls', true);
  // All that the system takes for it, and then all that we do.
  const [first = '', ...others] = bad.clients;
  while (world.unsent(first) <= 1000) {
    world.append(bad.key, 200);
    await world.drained(others);
  }
  const p99 = async ({ key, urls }: typeof bad): Promise<number> => {
    await ask(sink, { kind: 'latencies', urls });
    await world.tick(key, 400, 1);
    return percentile(await ask(sink, { kind: 'latencies', urls }), 0.99);
  };
  const comparison = await compare(
    () => p99(bad),
    () => p99(well),
    { blocks: 15, warmUp: 2 },
  );
  return [compared('relay stalled device', 'ms (p99 of the others)', comparison, 1.2)];
};

const replay = async (world: World, sink: ChildProcess): Promise<readonly Row[]> => {
  const key = world.session('replay');
  // Who has looked at it is there from its start: a ring holds what came since then.
  await ask(sink, { kind: 'listen', urls: [world.url('first', key, 0)], stalled: false });
  await world.fill(key, RING);
  world.write(key);
  const head = world.head(key);
  let clients = 0;
  const reach = async (count: number, lastSeq: number): Promise<number> => {
    const urls = Array.from({ length: count }, () => world.url(`back${(clients += 1)}`, key, lastSeq));
    return (await ask(sink, { kind: 'reach', urls, seq: head }))[0] ?? Number.NaN;
  };
  const written = async (): Promise<number> =>
    (await ask(sink, { kind: 'reach', urls: [world.writtenUrl(key)], seq: head }))[0] ?? Number.NaN;
  const whole = await compare(() => reach(1, 0), written, { blocks: 15, warmUp: 3 });
  const alone = async (): Promise<number> => {
    let sum = 0;
    for (let one = 0; one < 10; one += 1) sum += await reach(1, head - LACKING);
    return sum * (STORM / 10);
  };
  const storm = await compare(() => reach(STORM, head - LACKING), alone, { blocks: 15, warmUp: 1 });
  settle();
  return [compared('relay replay of 10,000 events', 'ms', whole, 1.5), compared('relay storm of 100', 'ms', storm, 2)];
};

export async function relayRows(): Promise<readonly Row[]> {
  const { openRelayWorld } = (await bundled('relayWorld')) as typeof relayWorld;
  const world = await openRelayWorld();
  const sink = fork(join(import.meta.dirname, 'relaySink.ts'), { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  try {
    return [...(await fanOut(world, sink)), ...(await stalled(world, sink)), ...(await replay(world, sink))];
  } finally {
    sink.disconnect();
    await once(sink, 'exit');
    await world.close();
  }
}

if (import.meta.main) report(await relayRows());
