// A session read from its journal until it can be shown, against nothing but reading the same files and parsing their lines.
//   node test/bench/open.ts
import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Emitted } from '../../src/model/event.ts';
import type { SessionKey } from '../../src/model/session.ts';
import { bundled } from './bundle.ts';
import { cpuTimer } from './cpu.ts';
import type * as keep from './keep.ts';
import { compare, type Side } from './measure.ts';
import { newSession, restless, usual } from './past.ts';
import { compared, report, type Row } from './row.ts';

const [TEN, FEW, MANY] = [10, 10_000, 100_000];
/** Events after the last fold. */
const TAIL = 2000;
/** Tool calls that all of them are about. */
const CALLS = 1000;
const key = 'k' as SessionKey;
const never = new AbortController().signal;

export async function openRows(): Promise<readonly Row[]> {
  const folder = await mkdtemp(join(tmpdir(), 'wheelhouse-open-'));
  try {
    return await rowsIn(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function rowsIn(folder: string): Promise<readonly Row[]> {
  const { leave, openKeep } = (await bundled('keep')) as typeof keep;
  const stored = async (name: string, events: readonly Emitted[], folds: Parameters<typeof leave>[3]) => {
    const path = join(folder, name);
    await leave(path, newSession(key, '/w'), events, folds);
    return path;
  };
  /** Milliseconds of work to open it; each time it is another copy, since whoever opens it writes. */
  const opened =
    (path: string, events: number): Side =>
    async () => {
      const copy = join(folder, 'copy');
      await cp(path, copy, { recursive: true });
      const world = openKeep(copy);
      const spent = cpuTimer();
      const { at } = await world.catalogue.wake(key, never);
      const milliseconds = spent();
      // The last one tells that it is asleep.
      if (at.seq !== events + 1) throw new Error(`${at.seq} events were opened.`);
      await world.close();
      await rm(copy, { recursive: true });
      return milliseconds;
    };
  const blocks = { blocks: 21, warmUp: 3 };

  const raw = await stored('raw', usual(FEW), 'never');
  const plain = await compare(opened(raw, FEW), () => parse(raw), blocks);
  const folded = await stored('folded', usual(FEW), 'usual');
  const ten = await stored('ten', usual(TEN), 'usual');
  // What any opening costs, which are some milliseconds of locks and files, and reading the fold: nothing else may grow.
  const openTen = opened(ten, TEN);
  const usually = await compare(opened(folded, FEW), async () => (await openTen()) + (await parse(folded)), blocks);
  const few = await stored('few', restless(FEW, CALLS), TAIL);
  const many = await stored('many', restless(MANY, CALLS), TAIL);
  const slope = await compare(opened(many, MANY), opened(few, FEW), blocks);
  const long = await stored('long', usual(MANY), TAIL);
  const short = await stored('short', usual(FEW), TAIL);
  const perEvent = (path: string, events: number): Side => {
    const open = opened(path, events);
    return async () => ((await open()) / events) * 1000;
  };
  const text = await compare(perEvent(long, MANY), perEvent(short, FEW), blocks);
  return [
    compared('open 10000', 'ms', plain, 2),
    compared('open 10000 folded', 'ms', usually, 1.2),
    compared('open slope', 'ms', slope, 1.2),
    compared('open text slope', 'us/event', text, 1.2),
  ];
}

const isSegment = (name: string): boolean => /^\d+\.jsonl$/u.test(name);

/** Milliseconds of work to read what opening reads, and to parse each line of it. */
async function parse(path: string): Promise<number> {
  const folder = join(path, `session-${key}`);
  const spent = cpuTimer();
  // The fold names the segment that comes after it; those before are about to be removed, and nobody reads them.
  let from = 0;
  const names = await readdir(folder);
  for (const name of [...names.filter((one) => one === 'snapshot.jsonl'), ...names.filter(isSegment)]) {
    if (isSegment(name) && Number.parseInt(name, 10) < from) continue;
    const text = await readFile(join(folder, name), 'utf8');
    for (const line of text.split('\n')) {
      // The hash at the end of a fold is none.
      if (!line.startsWith('{')) continue;
      const { segment } = JSON.parse(line) as { segment?: number };
      from = segment ?? from;
    }
  }
  return spent();
}

if (import.meta.main) report(await openRows());
