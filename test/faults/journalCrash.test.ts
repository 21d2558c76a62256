import { isDeepStrictEqual } from 'node:util';
import { expect, test } from 'vitest';
import { Failure } from '../../src/base/failure.ts';
import type { Emitted } from '../../src/model/event.ts';
import { reduce } from '../../src/model/reduce.ts';
import { emptySession, type Session } from '../../src/model/session.ts';
import type { Stored } from '../../src/router/journal.ts';
import { MemoryDisk, type Operation, type Survival } from '../fakes/disk.ts';
import { FakeMachine, JournalProcess, KEY } from '../fakes/journal.ts';
import { says } from '../tools/sessions.ts';

/** What was true when an operation was done. */
interface Moment {
  /** Every session there has been, by the number of its last event; the last is the present one. */
  readonly states: readonly Session[];
  /** Up to here the journal had said that it is on the disk. */
  readonly stored: number;
  readonly begun: boolean;
}

interface Recording {
  readonly operations: readonly Operation[];
  readonly moments: readonly Moment[];
}

const chunk = (text: string): Emitted => ({ event: says(text) });
const line = (text: string): Emitted => ({
  event: says(text),
  raw: JSON.stringify({
    jsonrpc: '2.0',
    method: 'session/update',
    params: { sessionId: 's', update: { sessionUpdate: 'agent_message_chunk', content: { type: 'text', text } } },
  }),
});

/** Writes down what is true between the operations of what `run` does. */
const record = async (
  run: (
    process: JournalProcess,
    tell: { readonly said: () => void; readonly kept: () => void },
    next: () => JournalProcess,
  ) => Promise<void>,
): Promise<Recording> => {
  const disk = new MemoryDisk();
  const machine = new FakeMachine();
  const moments: Moment[] = [];
  let process = new JournalProcess(disk, machine);
  let states: Session[] = [];
  let stored = 0;
  let begun = false;
  const note = (): void => void moments.push({ states: [...states], stored, begun });
  disk.onOperation = note;
  const said = (): void => {
    const session = process.session();
    states = [...states.filter((state) => state.at.seq < session.at.seq), session];
  };
  const kept = (): void => {
    begun = true;
    stored = process.session().at.seq;
  };
  await run(process, { said, kept }, () => {
    process.die();
    process = new JournalProcess(disk, machine);
    return process;
  });
  note();
  return { operations: disk.operations, moments };
};

/** A short life with everything in it: appends, a fold, an end, another opening, more appends, another fold. */
const life = (): Promise<Recording> =>
  record(async (first, { said, kept }, next) => {
    const say = (process: JournalProcess, ...events: readonly Emitted[]): void => {
      // One at a time, so that each number has its state.
      for (const event of events) {
        process.append([event]);
        said();
      }
    };
    first.begin();
    said();
    say(first, chunk('a'), line('b'));
    await first.pass(60);
    kept();
    say(first, line('c"}'));
    await first.pass(20);
    say(first, chunk('d'));
    first.journal.checkpoint(KEY);
    await first.pass(2);
    say(first, chunk('e'));
    await first.journal.flush();
    kept();
    await first.journal.close(KEY);
    const second = next();
    await second.load(KEY, false);
    await second.pass(1);
    say(second, chunk('f'), line('g'));
    second.journal.checkpoint(KEY);
    await second.journal.flush();
    kept();
    say(second, chunk('h'));
    await second.pass(20);
    second.journal.checkpoint(KEY);
    // Once the next segment is begun, and long before the fold is written.
    for (let turn = 0; turn < 4; turn += 1) await Promise.resolve();
    await second.journal.flush();
    kept();
    await second.pass(60);
  });

const foldOf = ({ snapshot, tail, header }: Stored): Session => reduce(snapshot ?? emptySession(header), tail);

const content = ({ at, ...rest }: Session): unknown => ({ ...rest, seq: at.seq });

/** I2, I3 and I4 of what is read after a crash; a text says what is wrong. */
const check = (stored: Stored, { states, stored: promised }: Moment): string | undefined => {
  const session = foldOf(stored);
  const { seq } = session.at;
  const { epoch } = stored.header;
  const [last] = states.slice(-1);
  if (seq < promised) return `${seq} events are there, and ${promised} were promised`;
  const same = states.find((state) => state.at.seq === seq);
  if (same === undefined) return `event ${seq} was never appended`;
  if (!isDeepStrictEqual(JSON.parse(JSON.stringify(content(same))), JSON.parse(JSON.stringify(content(session)))))
    return `the fold at ${seq} is another one`;
  const announced = states.filter((state) => state.at.epoch === epoch);
  if (stored.clean !== announced.length > 0) return `clean is ${stored.clean}, and the epoch says otherwise`;
  // Under an epoch that somebody has seen, no number may be given again.
  if (announced.length > 0 && seq !== last?.at.seq) return `${epoch} goes on at ${seq}, and was at ${last?.at.seq}`;
  if (stored.lost.events + stored.lost.values > 0 || stored.lost.snapshot)
    return `loss: ${JSON.stringify(stored.lost)}`;
  return undefined;
};

const recover = async (disk: MemoryDisk): Promise<Stored | string> => {
  const process = new JournalProcess(disk, secondLife());
  const load = (): Promise<Stored | Error> =>
    process.load(KEY, false).catch((failure: unknown) => (failure instanceof Error ? failure : new Error('?')));
  let stored = await load();
  if (stored instanceof Failure && stored.code === 'locked') {
    // Whose half-written lock it is nobody can tell: it counts for as long as a heartbeat may stay away.
    process.clock.advance(45_000);
    stored = await load();
  }
  return stored instanceof Error ? stored.message : stored;
};

/** The processes of before are gone, and none that comes has the number of one of them. */
const secondLife = (): FakeMachine => {
  const machine = new FakeMachine();
  for (let pid = 0; pid < 10; pid += 1) machine.living.delete(machine.start());
  return machine;
};

const verdict = (recovered: Stored | string, moment: Moment): string | undefined => {
  if (typeof recovered !== 'string') return check(recovered, moment);
  return moment.begun ? recovered : undefined;
};

/** The number of the last event that was handed to the system: a process that dies takes nothing of that along. */
const lastWritten = (operations: readonly Operation[]): number => {
  const numbers = operations.flatMap((operation) =>
    operation.kind === 'write'
      ? [
          ...Buffer.from(operation.bytes)
            .toString('utf8')
            .matchAll(/^\{"seq":(\d+),"at"/gmu),
        ].map(([, seq]) => Number(seq))
      : [],
  );
  return Math.max(0, ...numbers);
};

const POWER: readonly Survival[] = [
  { names: 'synced', bytes: 'synced' },
  { names: 'all', bytes: 'synced' },
  { names: 'synced', bytes: 'all' },
];

test('[I2 I3 I4] a process that dies at any byte of any write leaves what it had promised, and nothing else', async () => {
  const { operations, moments } = await life();
  const wrong: string[] = [];
  let points = 0;
  for (let count = 0; count <= operations.length; count += 1) {
    const next = operations[count];
    const bytes = next?.kind === 'write' ? next.bytes.length : 1;
    for (let torn = 0; torn < bytes; torn += 1) {
      points += 1;
      const disk = MemoryDisk.after(operations, count, torn, { names: 'all', bytes: 'all' });
      const moment = moments[count];
      const written = lastWritten(operations.slice(0, count));
      const problem = moment && verdict(await recover(disk), { ...moment, stored: Math.max(moment.stored, written) });
      if (problem !== undefined) wrong.push(`operation ${count} (${next?.kind}), byte ${torn}: ${problem}`);
    }
  }
  expect(wrong.slice(0, 5)).toEqual([]);
  expect(points).toBeGreaterThan(2000);
});

test('[I2 I3 I4] a loss of power at any operation leaves what was promised', async () => {
  const { operations, moments } = await life();
  const wrong: string[] = [];
  for (const survival of POWER) {
    for (let count = 0; count <= operations.length; count += 1) {
      const disk = MemoryDisk.after(operations, count, 0, survival);
      const moment = moments[count];
      const problem = moment && verdict(await recover(disk), moment);
      if (problem !== undefined) wrong.push(`${JSON.stringify(survival)} operation ${count}: ${problem}`);
    }
  }
  expect(wrong.slice(0, 5)).toEqual([]);
});

test('[I4] a crash while a crash is recovered from changes nothing', async () => {
  const { operations, moments } = await life();
  const wrong: string[] = [];
  let points = 0;
  for (let count = 0; count <= operations.length; count += 1) {
    const first = MemoryDisk.after(operations, count, 0, { names: 'all', bytes: 'all' });
    const moment = moments[count];
    const recovered = await recover(first);
    if (typeof recovered === 'string' || moment === undefined) continue;
    for (let more = first.start; more < first.operations.length; more += 1) {
      points += 1;
      for (const survival of [{ names: 'all', bytes: 'all' } as const, { names: 'all', bytes: 'synced' } as const]) {
        const disk = MemoryDisk.after(first.operations, more, 0, survival);
        const again = await recover(disk);
        const problem = verdict(again, moment);
        if (problem !== undefined)
          wrong.push(`operation ${count} and ${more - first.start} of the recovery: ${problem}`);
      }
    }
  }
  expect(wrong.slice(0, 5)).toEqual([]);
  expect(points).toBeGreaterThan(300);
});

test('[I2] a large text is on the disk before anything that names it, wherever the crash is', async () => {
  const image = 'A'.repeat(300 * 1024);
  const { operations, moments } = await record(async (process, { said, kept }) => {
    process.begin();
    said();
    process.append([{ event: says(`${image}1`) }]);
    said();
    await process.pass(60);
    kept();
    process.append([{ event: says(`${image}2`) }]);
    said();
    process.journal.checkpoint(KEY);
    await process.journal.flush();
    kept();
    await process.pass(60);
  });
  const wrong: string[] = [];
  for (const survival of [...POWER, { names: 'all', bytes: 'all' } as const]) {
    for (let count = 0; count <= operations.length; count += 1) {
      const next = operations[count];
      const cuts = next?.kind === 'write' ? [0, 1, Math.floor(next.bytes.length / 2), next.bytes.length - 1] : [0];
      for (const torn of cuts) {
        const disk = MemoryDisk.after(operations, count, torn, survival);
        const moment = moments[count];
        const problem = moment && verdict(await recover(disk), moment);
        if (problem !== undefined) wrong.push(`operation ${count}, byte ${torn}: ${problem}`);
      }
    }
  }
  expect(wrong.slice(0, 5)).toEqual([]);
});
