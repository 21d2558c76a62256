import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Entry } from '../../src/model/entry.ts';
import type { Session, SessionKey } from '../../src/model/session.ts';
import { MemoryDisk } from '../fakes/disk.ts';
import { FakeMachine, JournalProcess, ROOT } from '../fakes/journal.ts';
import { entriesOf, says } from '../tools/sessions.ts';

const never = new AbortController().signal;

interface Plan {
  /** Turns, and characters of an answer. */
  readonly turns: number;
  readonly length: number;
  readonly end: 'closed' | 'dead' | 'open';
  readonly queued: number;
}

const plan: fc.Arbitrary<Plan> = fc.record({
  turns: fc.nat(260),
  length: fc.constantFrom(10, 500, 3000),
  end: fc.constantFrom('closed', 'closed', 'dead', 'open'),
  queued: fc.nat(2),
});

const keyOf = (index: number): SessionKey => `s${index}` as SessionKey;

/** The sessions of the plans as they were left, the first one the oldest. */
const prepare = async (plans: readonly Plan[]) => {
  const disk = new MemoryDisk();
  const machine = new FakeMachine();
  const left = new Map<SessionKey, Session>();
  for (const [index, { turns, length, end, queued }] of plans.entries()) {
    const process = new JournalProcess(disk, machine);
    const key = keyOf(index);
    process.begin(key);
    for (let turn = 0; turn < turns; turn += 1) {
      const prompt = [{ type: 'text' as const, text: `${index} ${turn}` }];
      process.append(
        [
          { event: { kind: 'turn/started', turn: `t${turn}`, prompt, device: 'd' } },
          { event: says('x'.repeat(length)) },
          { event: { kind: 'turn/ended', turn: `t${turn}`, reason: 'end_turn' } },
        ],
        key,
      );
    }
    const queue = Array.from({ length: queued }, (_, nth) => ({
      id: `q${nth}`,
      prompt: [{ type: 'text' as const, text: 'later' }],
      device: 'd',
      at: 1,
      state: 'waiting' as const,
    }));
    process.append([{ event: { kind: 'queue/changed', queue, paused: queued > 0 } }], key);
    await process.journal.flush();
    left.set(key, process.session(key));
    if (end === 'closed') await process.close(key);
    if (end !== 'open') process.die();
  }
  const size = (): number =>
    [...disk.files]
      .filter(([path]) => path.startsWith(ROOT) && !path.includes('/lock-'))
      .reduce((sum, [, length]) => sum + length, 0);
  return { disk, machine, left, size };
};

/** Without the notice of what was removed, and of how it ended. */
const said = (session: Session): readonly Entry[] => entriesOf(session).filter(({ kind }) => kind !== 'notice');

const removedFrom = (session: Session): number =>
  entriesOf(session).reduce((sum, entry) => sum + (entry.kind === 'notice' ? (entry.removed ?? 0) : 0), 0);

/** What is there is the end of what was there, and what is not is counted. */
const expectEnd = (now: Session, before: Session): void => {
  const [entries, all] = [said(now), said(before)];
  expect(entries).toEqual(all.slice(all.length - entries.length));
  expect(entries.length + removedFrom(now)).toBe(all.length);
  expect(now.queue.map(({ id, prompt }) => [id, prompt])).toEqual(before.queue.map(({ id, prompt }) => [id, prompt]));
};

test('[J7] whatever the limit, all sessions together stay within it where only closed ones are above, and nothing goes without need', async () => {
  let shortened = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(plan, { minLength: 1, maxLength: 4 }),
      fc.oneof(fc.constantFrom(-1, 0, 1), fc.integer({ min: -2_000_000, max: 1000 })),
      async (plans, over) => {
        const { disk, machine, left, size } = await prepare(plans);
        const before = size();
        const most = Math.max(0, before + over);
        const reader = new JournalProcess(disk, machine);
        const { sessions, bytes } = await reader.journal.trim(most, never);
        expect(bytes).toBe(size());
        if (before <= most) expect([sessions, bytes]).toEqual([0, before]);
        shortened += sessions;
        let mayGoOn = false;
        for (const [index, { end }] of plans.entries()) {
          const key = keyOf(index);
          const session = left.get(key);
          if (session === undefined || end === 'open') continue;
          await reader.load(key);
          expectEnd(reader.session(key), session);
          mayGoOn ||= said(reader.session(key)).length > 0;
        }
        // Above the limit is only what cannot be any shorter.
        if (bytes > most) expect(mayGoOn).toBe(false);
        // Those that are open go on as if nothing had been.
        for (const [index, { end }] of plans.entries())
          if (end === 'open') await expect(reader.load(keyOf(index))).rejects.toMatchObject({ code: 'locked' });
      },
    ),
    { numRuns: 60 },
  );
  expect(shortened).toBeGreaterThan(10);
});

test('[J7 I4] a process that ends at any call while it shortens leaves the session as it was or shortened, and nothing else', async () => {
  const closed: Plan = { turns: 130, length: 500, end: 'closed', queued: 1 };
  const { disk, machine, left } = await prepare([closed]);
  const [key, before] = [...left][0] ?? [keyOf(0), undefined];
  if (before === undefined) throw new Error('There is no session.');
  const start = disk.operations.length;
  const first = new JournalProcess(disk, machine);
  expect((await first.journal.trim(1, never)).sessions).toBe(1);
  first.die();
  const { operations } = disk;
  const lengths = new Set<number>();
  for (let count = start; count <= operations.length; count += 1)
    for (const survival of [
      { names: 'all', bytes: 'all' },
      { names: 'synced', bytes: 'synced' },
    ] as const) {
      const after = MemoryDisk.after(operations, count, 0, survival);
      const next = new JournalProcess(after, machine);
      const { lost } = await next.load(key);
      expect(lost).toEqual({ events: 0, values: 0, snapshot: false });
      expectEnd(next.session(key), before);
      lengths.add(said(next.session(key)).length);
      next.die();
    }
  expect([...lengths].sort((a, b) => b - a)).toEqual([260, 200, 20, 0]);
});
