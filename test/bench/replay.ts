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
import { compare, type Side } from './measure.ts';
import { manyCalls, oneTurn, usual } from './past.ts';
import type * as replayCore from './replayCore.ts';
import type { Ask, Done } from './replayPage.ts';
import { compared, counted, report, type Row } from './row.ts';

const EVENTS = 10_000;
/** Of ours to the anchor, and milliseconds of the core's processor. */
const [TIMES_LONGER, CORE] = [2, 4];
/** Of the core's work to writing the same messages and no more: it writes each thing once. */
const ONCE = 1.2;

interface Shape {
  readonly name: string;
  readonly events: readonly Emitted[];
  /** Replays in one measurement: what a processor did is not known well for a few milliseconds. */
  readonly times: number;
  /** More bytes than ten thousand events of a person's session have: to write them is most of what the core does. */
  readonly huge?: boolean;
}

const shapes: readonly Shape[] = [
  { name: 'replay', events: usual(EVENTS), times: 32 },
  { name: 'replay of one turn', events: oneTurn(EVENTS), times: 32 },
  // The most entries that there can be.
  { name: 'replay of calls', events: manyCalls(EVENTS, 10), times: 3, huge: true },
  { name: 'replay of calls in one turn', events: manyCalls(EVENTS), times: 3, huge: true },
];

/** The other process. */
const openPage = async () => {
  const program = ['--expose-gc', await bundledFile('replayPage')];
  const child = spawn(process.execPath, program, { stdio: ['pipe', 'pipe', 'inherit'] });
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
  const collected = lineOf([{ type: 'bench/collect' }]);
  const rest = (): Promise<Done> => page.ask(collected);
  const rows: Row[] = [];
  try {
    for (const shape of shapes) {
      const key = shape.name as SessionKey;
      const entries = core.add(key, shape.events);
      const wanted = lineOf([{ type: 'bench/replay', key }]);
      const replay = (): Promise<Done> => page.ask(wanted);
      const messages = await page.recorded(replay);
      const written = (): string => lineOf([{ type: 'bench/read', messages }]);
      const bytes = written();
      const ours: Work = { rest, run: replay, count: entries };
      const send: Work = { rest, run: () => page.ask(bytes), count: messages.length };
      const write: Work = { ...send, run: () => page.ask(written()) };
      rows.push(...(await rowsOf(shape, ours, send, write)));
    }
    return rows;
  } finally {
    await core.close();
    await page.close();
  }
}

interface Work {
  /** Lets the other process collect its garbage first, or it would pay for what was before. */
  rest(): Promise<Done>;
  run(): Promise<Done>;
  /** What the other side counts when it is done. */
  readonly count: number;
}

interface Spent {
  /** Milliseconds that each process worked; on the clock they would be those of everything else on the machine, too. */
  readonly core: number;
  readonly page: number;
}

async function spentOn({ rest, run, count }: Work, { name, times }: Shape): Promise<Spent> {
  await rest();
  const before = await run();
  const used = cpuTimer();
  let last = before;
  for (let time = 0; time < times; time += 1) {
    last = await run();
    if (last.count !== count) throw new Error(`${name}: ${last.count} of ${count} arrived.`);
  }
  return { core: used() / times, page: (last.worked - before.worked) / times };
}

/** `send` is what both together are measured by; `write`, by which the core is, makes the bytes that are sent as well. */
async function rowsOf(shape: Shape, ours: Work, send: Work, write: Work): Promise<readonly Row[]> {
  const both =
    (work: Work): Side =>
    async () => {
      const { core, page } = await spentOn(work, shape);
      return core + page;
    };
  const core =
    (work: Work): Side =>
    async () =>
      (await spentOn(work, shape)).core;
  const blocks = { blocks: 21, warmUp: 5 };
  const comparison = await compare(both(ours), both(send), blocks);
  const own = await compare(core(ours), core(write), blocks);
  const row = compared(`${shape.name} core`, 'ms', own, ONCE);
  const rows = [compared(shape.name, 'ms', comparison, TIMES_LONGER), row];
  return shape.huge === true ? rows : [...rows, counted(`${shape.name} core time`, row.value, 'ms', CORE)];
}

if (import.meta.main) report(await replayRows());
