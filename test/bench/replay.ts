// A surface that attaches to a session of 10,000 events until it holds all of them, against the same bytes sent in one
// piece and parsed. The two are processes with a pipe between them, so that it is seen what each of them costs.
//   node test/bench/replay.ts
import { spawn } from 'node:child_process';
import type { Duplex } from '../../src/base/duplex.ts';
import { LineSplitter } from '../../src/machine/lines.ts';
import type { Emitted } from '../../src/model/event.ts';
import type { SessionKey } from '../../src/model/session.ts';
import type { FromSurface, ToSurface } from '../../src/protocol/view/messages.ts';
import { bundled, bundledFile } from './bundle.ts';
import { cpuTimer } from './cpu.ts';
import { compare, interval, median, type Side } from './measure.ts';
import { manyCalls, oneTurn, usual } from './past.ts';
import type * as replayCore from './replayCore.ts';
import type { Ask, Done } from './replayPage.ts';
import { compared, report, type Row, rounded } from './row.ts';

const EVENTS = 10_000;
/** Of ours to the anchor, and milliseconds of the core's processor. */
const [TIMES_LONGER, CORE] = [2, 4];
/** Replays in one measurement: what a processor did is not known well for a few milliseconds. */
const REPLAYS = 16;

const shapes: readonly { readonly name: string; readonly events: readonly Emitted[]; readonly bounded: boolean }[] = [
  { name: 'replay', events: usual(EVENTS), bounded: true },
  { name: 'replay of one turn', events: oneTurn(EVENTS), bounded: true },
  // The most entries that there can be, which is nobody's session.
  { name: 'replay of calls', events: manyCalls(EVENTS, 10), bounded: false },
  { name: 'replay of calls in one turn', events: manyCalls(EVENTS), bounded: false },
];

/** The other process. */
const openPage = async () => {
  const child = spawn(process.execPath, [await bundledFile('replayPage')], { stdio: ['pipe', 'pipe', 'inherit'] });
  const splitter = new LineSplitter();
  let tell: (done: Done) => void = () => undefined;
  let record: ToSurface[] | undefined;
  const surface: Duplex<unknown, ToSurface> = {
    readable: new ReadableStream({
      start: (controller) => {
        child.stdout.on('data', (bytes: Buffer) => {
          for (const line of splitter.push(bytes)) {
            const messages = typeof line === 'string' ? (JSON.parse(line) as (FromSurface | Done)[]) : [];
            for (const message of messages) if (message.type === 'bench/done') tell(message);
            controller.enqueue(messages.filter(({ type }) => type !== 'bench/done'));
          }
        });
      },
    }),
    writable: new WritableStream({
      write: (batch) => {
        record?.push(...batch);
        // Together they would be copied into one text first, which is not what is measured.
        child.stdin.write(JSON.stringify(batch));
        child.stdin.write('\n');
      },
    }),
  };
  return {
    surface,
    ask: (line: string): Promise<Done> => {
      const { promise, resolve } = Promise.withResolvers<Done>();
      tell = resolve;
      child.stdin.write(line);
      return promise;
    },
    /** What is sent to it meanwhile. */
    recorded: async (work: () => Promise<unknown>): Promise<readonly ToSurface[]> => {
      const messages: ToSurface[] = (record = []);
      await work();
      record = undefined;
      return messages;
    },
    close: async (): Promise<void> => {
      const closed = new Promise((resolve) => child.once('close', resolve));
      child.kill();
      await closed;
    },
  };
};

const lineOf = (messages: readonly Ask[]): string => `${JSON.stringify(messages)}\n`;

export async function replayRows(): Promise<readonly Row[]> {
  const { openCore } = (await bundled('replayCore')) as typeof replayCore;
  const page = await openPage();
  const core = openCore(page.surface);
  const rows: Row[] = [];
  try {
    for (const { name, events, bounded } of shapes) {
      const key = name as SessionKey;
      const entries = core.add(key, events);
      const wanted = lineOf([{ type: 'bench/replay', key }]);
      const replay = (): Promise<Done> => page.ask(wanted);
      const messages = await page.recorded(replay);
      const bytes = lineOf([{ type: 'bench/read', messages }]);
      const found = await rowsOf(name, [replay, entries], [() => page.ask(bytes), messages.length]);
      rows.push(...found.map((row) => (bounded ? row : { ...row, bound: null, ok: true })));
    }
    return rows;
  } finally {
    await core.close();
    await page.close();
  }
}

/** What is done, and what the other side counts when it is. */
type Work = readonly [run: () => Promise<Done>, count: number];

async function rowsOf(name: string, ours: Work, anchor: Work): Promise<readonly Row[]> {
  const [core, sending]: [number[], number[]] = [[], []];
  /** Milliseconds that both processes worked; on the clock it would be those of everything else on the machine, too. */
  const worked =
    ([run, wanted]: Work, here: number[]): Side =>
    async () => {
      const before = await run();
      const used = cpuTimer();
      let last = before;
      for (let time = 0; time < REPLAYS; time += 1) {
        last = await run();
        if (last.count !== wanted) throw new Error(`${name}: ${last.count} of ${wanted} arrived.`);
      }
      here.push(used() / REPLAYS);
      return (here.at(-1) ?? 0) + (last.worked - before.worked) / REPLAYS;
    };
  const comparison = await compare(worked(ours, core), worked(anchor, sending), { blocks: 25, warmUp: 8 });
  const [low, high] = interval(core);
  return [
    compared(name, 'ms', comparison, TIMES_LONGER),
    {
      name: `${name} core`,
      value: rounded(median(core)),
      unit: 'ms',
      anchor: rounded(median(sending)),
      ratio: null,
      bound: CORE,
      ok: low <= CORE,
      details: { interval: [rounded(low), rounded(high)] },
    },
  ];
}

if (import.meta.main) report(await replayRows());
