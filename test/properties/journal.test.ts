import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Logged } from '../../src/model/event.ts';
import { reduce } from '../../src/model/reduce.ts';
import { emptySession, type Cursor, type Session } from '../../src/model/session.ts';
import { readUpdate } from '../../src/protocol/acp/update.ts';
import { JOURNAL_LIMITS } from '../../src/router/journal.ts';
import { decodeRecord, encodeLogged, putBack } from '../../src/router/journalLine.ts';
import { decodeSnapshotHead, decodeSnapshotPage, readSnapshot } from '../../src/router/snapshot.ts';
import { errno, MemoryDisk } from '../fakes/disk.ts';
import { FakeMachine, JournalProcess, KEY, ROOT } from '../fakes/journal.ts';
import { blank } from '../tools/sessions.ts';
import { brokenEvent, someEvent } from './events.ts';

const json = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

/** An event with the line that it came on, as the backend makes it. */
const fromLine = fc
  .tuple(someEvent, fc.constantFrom('', ' ', '\r'), fc.string({ unit: 'grapheme' }))
  .map(([event, blank, note]) => {
    const payload = event.kind === 'update' ? event.update : { sessionUpdate: 'of_the_future', value: event };
    const line = {
      jsonrpc: '2.0',
      method: 'session/update',
      params: { note, sessionId: 's', update: payload },
      line: note,
    };
    const raw = JSON.stringify(line).replace(',', `,${blank}`);
    return { event: readUpdate(json(payload)), raw };
  });
const emitted = fc.oneof(
  someEvent.map((event) => ({ event: json(event) })),
  fromLine,
  // Some events say what an option has become, which the line alone does not.
  fromLine.map(({ raw }) => ({ event: { kind: 'options/changed' as const, options: [] }, raw })),
);
const logged: fc.Arbitrary<Logged> = fc
  .tuple(fc.integer({ min: 1, max: 1e9 }), fc.nat(2 ** 45), emitted, fc.option(fc.string(), { nil: undefined }))
  .map(([seq, at, item, cursor]) => ({
    seq,
    at,
    ...item,
    ...(cursor === undefined ? {} : { cursor: cursor as Cursor }),
  }));

describe('the lines of a journal', () => {
  test('[L2] every event is read back as it was, the line of the agent included', () => {
    fc.assert(
      fc.property(logged, (item) => {
        const line = encodeLogged(item, () => '');
        expect(line).not.toContain('\n');
        expect(decodeRecord(line)).toEqual({ kind: 'logged', logged: item, kept: [] });
      }),
      { numRuns: 3000 },
    );
  });

  test('[L1] whatever a line holds, reading it does not throw, nor does folding what was read', () => {
    const anyLine = fc.oneof(
      fc.string(),
      fc.json(),
      fc.tuple(logged, fc.nat(), fc.string()).map(([item, at, text]) => {
        const line = encodeLogged(item, () => '');
        const place = at % line.length;
        return line.slice(0, place) + text + line.slice(place + text.length);
      }),
      fc.tuple(brokenEvent, fc.anything()).map(([event, seq]) => {
        try {
          return JSON.stringify({ seq, at: 1, event, kept: event, length: seq, line: event }) ?? '';
        } catch {
          return '';
        }
      }),
    );
    fc.assert(
      fc.property(fc.array(anyLine, { maxLength: 5 }), (lines) => {
        const records = lines.map(decodeRecord);
        const events = records.flatMap((record) => (record?.kind === 'logged' ? [record.logged] : []));
        expect(reduce(blank(), events).key).toBe('k');
        for (const line of lines) {
          decodeSnapshotHead(line);
          const page = decodeSnapshotPage(line);
          readSnapshot(page?.value, [page?.value]);
        }
      }),
      { numRuns: 3000 },
    );
  });

  test('[L2] long texts are kept apart, wherever they stand, and put back', () => {
    const long = 'x'.repeat(JOURNAL_LIMITS.value);
    const value = fc.jsonValue({ maxDepth: 4 }).map((inner) => ({ inner, __proto__: null }));
    const withLong = fc.tuple(value, fc.array(fc.nat(), { maxLength: 3 })).map(([inner, places]) => ({
      list: places.map((place) => ({ [`${place}`]: long + place, inner })),
      __proto__: null,
    }));
    fc.assert(
      fc.property(withLong, (whole) => {
        const item: Logged = { seq: 1, at: 1, event: { kind: 'unknown', name: 'n', value: json(whole) } };
        const texts = new Map<string, string>();
        const line = encodeLogged(item, (text) => {
          texts.set(`t${texts.size}`, text);
          return `t${texts.size - 1}`;
        });
        const record = decodeRecord(line);
        if (record?.kind !== 'logged') throw new Error('It is no event any more.');
        for (const place of record.kept) putBack(record.logged.event, place, texts.get(place.name) ?? '');
        expect(record.logged).toEqual(item);
        expect(line.includes(long)).toBe(false);
      }),
      { numRuns: 100 },
    );
  });
});

type Act =
  | { readonly do: 'append'; readonly events: readonly { event: Logged['event']; raw?: string }[] }
  | { readonly do: 'pass'; readonly time: number }
  | { readonly do: 'checkpoint' | 'flush' | 'fill' | 'clear' }
  /** `full`: between the end of one process and the start of the next the disk becomes so. */
  | { readonly do: 'reopen'; readonly full: boolean }
  | { readonly do: 'crash'; readonly names: 'all' | 'synced'; readonly bytes: 'all' | 'synced'; readonly torn: number };

const act: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.array(emitted, { minLength: 1, maxLength: 4 }).map((events) => ({ do: 'append' as const, events })),
  },
  { weight: 6, arbitrary: fc.constantFrom(1, 10, 25, 60, 400).map((time) => ({ do: 'pass' as const, time })) },
  {
    weight: 4,
    arbitrary: fc
      .constantFrom('checkpoint' as const, 'flush' as const, 'fill' as const, 'clear' as const)
      .map((name) => ({
        do: name,
      })),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('reopen' as const), full: fc.boolean() }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('crash' as const),
      names: fc.constantFrom('all', 'synced'),
      bytes: fc.constantFrom('all', 'synced'),
      torn: fc.nat(300),
    }),
  },
);

/** What a perfect journal would have, beside the real one. */
class Model {
  disk = new MemoryDisk();
  readonly machine = new FakeMachine();
  process: JournalProcess;
  /** By the number of the last event. */
  states: Session[] = [];
  promised = 0;
  /** What was announced at each position, for good. */
  readonly announced = new Map<string, string>();
  full = false;

  constructor() {
    this.process = new JournalProcess(this.disk, this.machine);
    this.states.push(this.process.begin());
  }

  async run(step: Act): Promise<void> {
    const { process } = this;
    switch (step.do) {
      case 'append':
        for (const event of step.events) this.append([event]);
        return;
      case 'pass':
        await process.pass(step.time, 10);
        return;
      case 'checkpoint':
        process.journal.checkpoint(KEY);
        return;
      case 'flush':
        await process.journal.flush();
        if (process.journal.state.kind === 'ok') this.promised = process.session().at.seq;
        return;
      case 'fill':
        this.fill();
        return;
      case 'clear':
        this.full = false;
        this.disk.fault = () => undefined;
        return;
      case 'reopen':
        await process.journal.flush();
        if (process.journal.state.kind === 'ok') this.promised = process.session().at.seq;
        await process.close();
        process.die();
        if (step.full) this.fill();
        await this.open();
        return;
      case 'crash': {
        process.die();
        const { operations } = this.disk;
        const last = operations.at(-1);
        // The last write may be torn, where a process died in the midst of it.
        const isTorn =
          step.names === 'all' && step.bytes === 'all' && last?.kind === 'write' && step.torn < last.bytes.length;
        this.disk = MemoryDisk.after(operations, operations.length - (isTorn ? 1 : 0), isTorn ? step.torn : 0, step);
        this.full = false;
        await this.open();
        return;
      }
    }
  }

  fill(): void {
    this.full = true;
    this.disk.fault = (call) => {
      if (!['read', 'list', 'size'].includes(call)) throw errno('ENOSPC');
      return undefined;
    };
  }

  append(events: readonly { event: Logged['event']; raw?: string }[]): void {
    for (const event of events) {
      const [item] = this.process.append([event]);
      const session = this.process.session();
      this.states.push(session);
      this.announce(session, JSON.stringify(item?.event));
    }
  }

  announce({ at }: Session, event: string): void {
    const position = `${at.epoch} ${at.seq}`;
    if (this.announced.has(position)) throw new Error(`${position} was given twice`);
    this.announced.set(position, event);
  }

  async open(): Promise<void> {
    this.disk.fault = this.full ? this.disk.fault : () => undefined;
    this.process = new JournalProcess(this.disk, this.machine);
    const stored = await this.process.load(KEY, false).catch((failure: unknown) => failure);
    if (stored instanceof Error) {
      // Only a session of which nothing was ever promised may be missing, or one with a lock that is half written.
      if (stored.message.includes('another window')) {
        this.process.clock.advance(46_000);
        return this.reopened();
      }
      expect(this.promised).toBe(0);
      this.states = [this.process.begin()];
      this.promised = 0;
      return;
    }
    this.check();
  }

  async reopened(): Promise<void> {
    await this.process.load(KEY, false);
    this.check();
  }

  check(): void {
    const session = this.process.session();
    const { seq } = session.at;
    expect(seq).toBeGreaterThanOrEqual(this.promised);
    const same = this.states.findLast((state) => state.at.seq === seq);
    expect(json({ ...session, at: seq })).toEqual(same && json({ ...same, at: seq }));
    this.states = [...this.states.filter((state) => state.at.seq < seq), session];
    this.promised = Math.min(this.promised, seq);
  }
}

test('[I2 I3 I4] any sequence of appends, folds, ends, crashes and full disks comes back as it was promised', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(act, { minLength: 5, maxLength: 40 }), async (acts) => {
      const model = new Model();
      for (const step of acts) await model.run(step);
      await model.run({ do: 'clear' });
      await model.process.pass(62_000, 2000);
      await model.run({ do: 'flush' });
      expect(model.process.journal.state).toEqual({ kind: 'ok' });
      await model.run({ do: 'crash', names: 'synced', bytes: 'synced', torn: 0 });
      expect(model.process.session().at.seq).toBe(model.promised);
    }),
    { numRuns: 300 },
  );
});

test('[J6] opening reads the last fold and what came after it, however many events there were', async () => {
  const read: number[] = [];
  for (const rounds of [2, 20]) {
    const disk = new MemoryDisk();
    const machine = new FakeMachine();
    const process = new JournalProcess(disk, machine);
    process.begin();
    const update = (count: number) => ({
      event: readUpdate({
        sessionUpdate: 'tool_call_update',
        toolCallId: 't',
        title: `step ${count}`.padEnd(400, '.'),
      }),
    });
    for (let round = 0; round < rounds; round += 1) {
      process.append(Array.from({ length: 1000 }, (_, index) => update(index)));
      await process.journal.flush();
      process.journal.checkpoint(KEY);
      await process.journal.flush();
      await process.pass(20);
    }
    process.append([update(1)]);
    await process.close();
    process.die();
    disk.bytesRead = 0;
    const next = new JournalProcess(disk, machine);
    const stored = await next.load(KEY, false);
    expect(next.session().at.seq).toBe(rounds * 1000 + 1);
    expect(stored.tail).toHaveLength(1);
    read.push(disk.bytesRead);
    expect(
      [...disk.files.keys()].filter((path) => path.startsWith(ROOT) && path.endsWith('.jsonl')).length,
    ).toBeLessThan(5);
  }
  const [few = 0, many = 0] = read;
  expect(many).toBeLessThan(5000);
  expect(Math.abs(many - few)).toBeLessThan(50);
});

test('[J6] what comes after a fold never grows beyond its limit, and the next fold comes by itself', async () => {
  const disk = new MemoryDisk();
  const process = new JournalProcess(disk);
  process.begin();
  const text = 'y'.repeat(50_000);
  for (let count = 0; count < 100; count += 1) {
    process.append([
      { event: readUpdate({ sessionUpdate: 'tool_call_update', toolCallId: 't', title: text + count }) },
    ]);
    await process.pass(60);
  }
  await process.pass(60);
  const total = [...disk.files.values()].reduce((sum, length) => sum + length, 0);
  expect(total).toBeLessThan(JOURNAL_LIMITS.tail * 1.5);
  expect(reduce(emptySession({ ...process.session(), epoch: 'e' }), []).at.seq).toBe(0);
});
