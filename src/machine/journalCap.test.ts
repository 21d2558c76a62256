import { describe, expect, test } from 'vitest';
import { MemoryDisk } from '../../test/fakes/disk.ts';
import { FakeMachine, JournalProcess, KEY, ROOT } from '../../test/fakes/journal.ts';
import { entriesOf, says } from '../../test/tools/sessions.ts';
import { WORDS } from '../model/fold/words.ts';
import type { SessionKey } from '../model/session.ts';

const never = new AbortController().signal;
const OTHER = 'other' as SessionKey;

const started = (turn: string) => ({
  event: { kind: 'turn/started' as const, turn, prompt: [{ type: 'text' as const, text: turn }], device: 'd' },
});
const ended = (turn: string) => ({ event: { kind: 'turn/ended' as const, turn, reason: 'end_turn' } });

/** Turns with an answer of 10,000 characters each: two entries for each of them. */
const talk = (process: JournalProcess, turns: number, key = KEY): void => {
  for (let turn = 0; turn < turns; turn += 1)
    process.append([started(`t${turn}`), { event: says('x'.repeat(10_000)) }, ended(`t${turn}`)], key);
};

const world = () => {
  const disk = new MemoryDisk();
  const machine = new FakeMachine();
  const size = (): number =>
    [...disk.files]
      .filter(([path]) => path.startsWith(ROOT) && !path.includes('/lock-'))
      .reduce((sum, [, length]) => sum + length, 0);
  return { disk, machine, size, start: () => new JournalProcess(disk, machine) };
};

describe('the limit of what all sessions take', () => {
  test('[J7] at the limit nothing goes, and a byte above it the older part of the oldest does, which is said', async () => {
    const { size, start } = world();
    const first = start();
    first.begin();
    talk(first, 150);
    await first.close();
    first.begin(OTHER);
    talk(first, 151, OTHER);
    await first.close(OTHER);
    const most = size();
    expect(await first.journal.trim(most, never)).toEqual({ sessions: 0, entries: 0, bytes: most });
    expect(await first.journal.trim(most - 1, never)).toEqual({ sessions: 1, entries: 100, bytes: size() });
    expect(size()).toBeLessThan(most);
    const second = start();
    expect(await second.load()).toMatchObject({ clean: true, lost: { events: 0, values: 0, snapshot: false } });
    const [notice, ...rest] = entriesOf(second.session());
    expect(notice).toMatchObject({ kind: 'notice', title: WORDS.removed, removed: 100 });
    expect(rest).toHaveLength(200);
    expect(new Set(entriesOf(second.session()).map(({ id }) => id)).size).toBe(201);
    await second.load(OTHER);
    expect(entriesOf(second.session(OTHER))).toHaveLength(302);
    // What was told of once is added up, and is no entry that could go.
    await second.close();
    await second.close(OTHER);
    await second.journal.trim(1, never);
    const third = start();
    await third.load();
    expect(entriesOf(third.session())).toMatchObject([{ kind: 'notice', removed: 300 }]);
    third.append([{ event: says('on') }]);
    expect(entriesOf(third.session())).toHaveLength(2);
    await third.close();
    expect((await third.journal.trim(1, never)).entries).toBe(1);
    expect((await third.journal.trim(1, never)).sessions).toBe(0);
  });

  test('[J7] one that is open, here or elsewhere, is as it was; what waits to be sent and what is large but named stays', async () => {
    const { disk, start } = world();
    const first = start();
    first.begin();
    first.begin(OTHER);
    talk(first, 20);
    talk(first, 20, OTHER);
    await first.journal.flush();
    const second = start();
    expect(await second.journal.trim(1, never)).toMatchObject({ sessions: 0, entries: 0 });
    expect(await first.journal.trim(1, never)).toMatchObject({ sessions: 0, entries: 0 });
    const prompt = { id: 'q', prompt: [{ type: 'text' as const, text: 'p'.repeat(300_000) }], device: 'd', at: 1 };
    first.append([
      { event: says('L'.repeat(300_000)) },
      { event: { kind: 'queue/changed', queue: [{ ...prompt, state: 'waiting' }], paused: true } },
    ]);
    await first.close();
    const blobs = (): number => [...disk.files.keys()].filter((path) => path.includes('/blobs/')).length;
    expect(blobs()).toBe(2);
    await first.journal.trim(1, never);
    expect(blobs()).toBe(1);
    await second.load();
    expect(second.session().queue).toMatchObject([{ prompt: [{ text: prompt.prompt[0]?.text }] }]);
    expect(entriesOf(first.session(OTHER))).toHaveLength(40);
  });

  test('[J7 J3] one that ended without warning is said to have, and one that cannot be read is left alone', async () => {
    const { disk, start } = world();
    const first = start();
    first.begin();
    talk(first, 150);
    await first.journal.flush();
    first.die();
    const second = start();
    expect(await second.journal.trim(1, never)).toMatchObject({ sessions: 1 });
    const stored = await second.load();
    expect(stored.clean).toBe(false);
    expect(entriesOf(second.session()).filter(({ kind }) => kind === 'notice')).toHaveLength(2);
    await second.close();
    disk.edit(`${ROOT}/session-k/snapshot.jsonl`, (bytes) => bytes.fill(0x78, 10, 20));
    const kept = () => [...disk.files].filter(([path]) => path.endsWith('.jsonl'));
    const before = kept();
    expect(await second.journal.trim(1, never)).toMatchObject({ sessions: 0 });
    expect(kept()).toEqual(before);
  });

  test('[J7] whoever opens a session that is being shortened gets it when that is done', async () => {
    const { start } = world();
    const first = start();
    first.begin();
    talk(first, 150);
    await first.close();
    const trimmed = first.journal.trim(1, never);
    const loaded = first.load();
    await Promise.all([trimmed, loaded]);
    expect(entriesOf(first.session()).length).toBeGreaterThan(0);
    first.append([{ event: says('and on') }]);
    await first.close();
    expect((await first.load()).clean).toBe(true);
  });
});

describe('a look at what another process keeps', () => {
  test('[J8] it follows what is written, reads nothing twice, and says when the other is gone', async () => {
    const { start, disk } = world();
    const first = start();
    first.begin();
    talk(first, 2);
    await first.journal.flush();
    const second = start();
    const look = await second.journal.look(KEY, undefined, never);
    expect(look).toMatchObject({ held: true, stored: { header: { key: KEY } } });
    expect(look.stored?.tail.at(-1)?.seq).toBe(first.session().at.seq);
    disk.bytesRead = 0;
    expect(await second.journal.look(KEY, look.stamp, never)).toEqual({ held: true, stamp: look.stamp });
    expect(disk.bytesRead).toBeLessThan(500);
    talk(first, 1);
    first.journal.checkpoint(KEY);
    await first.journal.flush();
    await first.pass(100);
    const next = await second.journal.look(KEY, look.stamp, never);
    expect(next.stored?.snapshot?.at.seq).toBe(first.session().at.seq);
    first.die();
    expect(await second.journal.look(KEY, next.stamp, never)).toEqual({ held: false, stamp: next.stamp });
    await expect(second.journal.look(OTHER, undefined, never)).rejects.toMatchObject({ code: 'missing' });
  });

  test('[J8] a fold that replaces what is being read is no failure', async () => {
    const { start, disk } = world();
    const first = start();
    first.begin();
    talk(first, 5);
    await first.journal.flush();
    const second = start();
    let armed = true;
    disk.fault = (call, path) => {
      if (call !== 'read' || !path.endsWith('000001.jsonl') || !armed) return undefined;
      armed = false;
      throw Object.assign(new Error('gone'), { code: 'ENOENT' });
    };
    expect((await second.journal.look(KEY, undefined, never)).stored?.tail).toHaveLength(15);
    expect(armed).toBe(false);
  });
});
