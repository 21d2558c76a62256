import { describe, expect, test } from 'vitest';
import { MemoryDisk } from '../../test/fakes/disk.ts';
import { FakeMachine, JournalProcess, KEY, ROOT } from '../../test/fakes/journal.ts';
import { entriesOf, says } from '../../test/tools/sessions.ts';
import type { SessionKey } from '../model/session.ts';
import { decodeRecord } from '../router/journalLine.ts';

const never = new AbortController().signal;
const FOLDER = `${ROOT}/session-k`;

const world = () => {
  const disk = new MemoryDisk();
  const machine = new FakeMachine();
  const start = (): JournalProcess => new JournalProcess(disk, machine);
  const first = start();
  return { disk, machine, start, first };
};

const text = (process: JournalProcess, key = KEY): string =>
  entriesOf(process.session(key))
    .map((entry) =>
      entry.kind === 'agent' ? entry.parts.map((part) => (part.type === 'text' ? part.text : '')).join('') : entry.kind,
    )
    .join('|');

describe('the journal in files', () => {
  test('[J2] an event is written 20 ms and forced to the disk 50 ms after its append at the latest', async () => {
    const { disk, first } = world();
    first.begin();
    await first.pass(10);
    for (let round = 0; round < 20; round += 1) {
      const before = disk.operations.length;
      first.append([{ event: says(`${round}`) }]);
      await first.pass(20, 1);
      expect(disk.operations.slice(before).map(({ kind }) => kind)).toContain('write');
      // More that is said meanwhile puts nothing off.
      first.append([{ event: says('more') }]);
      await first.pass(30, 1);
      expect(disk.operations.slice(before).map(({ kind }) => kind)).toContain('sync');
    }
  });

  test('[I4] a clean end keeps the epoch, and any other makes a new one and says so', async () => {
    const { first, start } = world();
    first.begin();
    first.append([{ event: says('a') }]);
    await first.close();
    const second = start();
    const clean = await second.load();
    expect(clean).toMatchObject({ clean: true, tornBytes: 0, header: { epoch: `epoch of ${first.pid}` } });
    expect(second.session().at.seq).toBe(2);
    expect(text(second)).toBe('a');
    second.append([{ event: says('b') }]);
    await second.journal.flush();
    second.die();
    const third = start();
    const crashed = await third.load();
    expect(crashed.clean).toBe(false);
    expect(crashed.header.epoch).not.toBe(clean.header.epoch);
    expect(text(third)).toBe('ab|notice');
    expect(third.session().link.state).toBe('disconnected');
  });

  test('[J4] a session that is open elsewhere is refused, and is not when that process is gone', async () => {
    const { first, start } = world();
    first.begin();
    first.append([{ event: says('a') }]);
    await first.journal.flush();
    const second = start();
    await expect(second.load()).rejects.toMatchObject({ code: 'locked' });
    await expect(first.load()).rejects.toMatchObject({ code: 'locked' });
    await expect(second.journal.erase(KEY)).rejects.toMatchObject({ code: 'locked' });
    first.die();
    await second.load();
    // The first was only thought to be gone, and writes nothing any more once it hears of it.
    await first.pass(15_000, 1000);
    expect(first.journal.state).toEqual({ kind: 'memory only', reason: 'Another window has taken this session over.' });
    first.append([{ event: says('lost') }]);
    await first.journal.flush();
    await second.close();
    const third = start();
    await third.load();
    expect(text(third)).toBe('a|notice');
  });

  test('[J3] a damaged event, fold or text is told, once, and everything else is there', async () => {
    const { disk, first, start } = world();
    first.begin();
    first.append([{ event: says('a') }, { event: says('b') }, { event: says('c') }]);
    await first.close();
    disk.edit(`${FOLDER}/000001.jsonl`, (bytes) => Buffer.from(bytes.toString().replace('{"seq":2', '{"sex":2')));
    const second = start();
    expect((await second.load()).lost).toEqual({ events: 1, values: 0, snapshot: false });
    expect(text(second)).toBe('ac|notice');
    await second.journal.flush();
    second.append([{ event: says('L'.repeat(300_000)) }]);
    await second.close();
    const [blob] = [...disk.files.keys()].filter((path) => path.includes('/blobs/'));
    disk.edit(blob ?? '', (bytes) => bytes.fill(0x78, 10, 20));
    const third = start();
    expect((await third.load()).lost).toEqual({ events: 0, values: 1, snapshot: false });
    expect(text(third)).toBe('ac|notice|notice');
    await third.journal.flush();
    await third.close();
    disk.edit(`${FOLDER}/snapshot.jsonl`, (bytes) => Buffer.from(bytes.toString().replace('"ac"', '"ax"')));
    const fourth = start();
    const stored = await fourth.load();
    expect(stored.lost).toMatchObject({ snapshot: true });
    expect(stored.snapshot).toBeUndefined();
    await fourth.journal.flush();
    await fourth.close();
    expect((await start().load()).lost).toEqual({ events: 0, values: 0, snapshot: false });
  });

  test('[J3] what a newer version wrote is not guessed at', async () => {
    const { disk, first, start } = world();
    first.begin();
    first.append([{ event: says('a') }]);
    await first.close();
    disk.edit(`${FOLDER}/000001.jsonl`, (bytes) => Buffer.from(bytes.toString().replace('"schema":1', '"schema":2')));
    const second = start();
    await expect(second.load()).rejects.toMatchObject({ code: 'newer' });
    expect(await second.journal.list(never)).toHaveLength(1);
    await expect(second.load('other' as SessionKey)).rejects.toMatchObject({ code: 'missing' });
  });

  test('[J5] large texts are stored once, kept while something names them, and removed after that', async () => {
    const { disk, first, start } = world();
    const blobs = (): number => [...disk.files.keys()].filter((path) => path.includes('/blobs/')).length;
    const title = (letter: string) => ({
      event: { kind: 'session/renamed' as const, title: letter.repeat(300_000) },
    });
    first.begin();
    first.append([title('a'), title('a'), title('a')]);
    await first.journal.flush();
    expect(blobs()).toBe(1);
    first.append([title('b')]);
    first.journal.checkpoint(KEY);
    await first.journal.flush();
    first.append([title('c')]);
    await first.pass(100);
    first.append([title('d')]);
    for (let round = 0; round < 2; round += 1) {
      first.journal.checkpoint(KEY);
      await first.pass(100);
    }
    expect(blobs()).toBe(1);
    first.append([title('e')]);
    await first.pass(100);
    expect(blobs()).toBe(2);
    await first.close();
    const second = start();
    expect((await second.load()).lost.values).toBe(0);
    expect(second.session().title).toBe('e'.repeat(300_000));
    expect(disk.files.get(`${FOLDER}/000001.jsonl`)).toBeUndefined();
  });

  test('[demand 7] the list is read without a journal, with its flags; erasing leaves nothing', async () => {
    const { disk, first, start } = world();
    const other = 'other.key/..' as SessionKey;
    first.begin();
    first.begin(other);
    first.append([{ event: { kind: 'session/renamed', title: 'One' } }]);
    first.append([{ event: { kind: 'session/renamed', title: 'Two' } }], other);
    await first.journal.mark(KEY, { pinned: true });
    await Promise.all([first.journal.mark(other, { pinned: true }), first.journal.mark(other, { archived: true })]);
    await first.journal.flush();
    await first.close();
    const second = start();
    const names = async (process: JournalProcess) =>
      (await process.journal.list(never)).map(({ key, title, pinned, archived, state }) => [
        key,
        title,
        pinned,
        archived,
        state,
      ]);
    const expected = [
      [KEY, 'One', true, false, 'Connecting'],
      [other, 'Two', true, true, 'Connecting'],
    ];
    expect(await names(second)).toEqual(expected);
    expect([...disk.files.keys()].every((path) => path.startsWith(`${ROOT}/session-`) && !path.includes('..'))).toBe(
      true,
    );
    // One without its summary is found in its journal.
    await disk.remove(`${FOLDER}/summary.json`);
    expect((await names(second)).map(([key]) => key)).toEqual([KEY, other]);
    await second.journal.erase(KEY);
    await second.journal.erase(KEY);
    await expect(second.journal.eraseAll()).rejects.toMatchObject({ code: 'not erased' });
    await first.close(other);
    await second.journal.eraseAll();
    expect([...disk.files.keys()]).toEqual([]);
    expect(await names(start())).toEqual([]);
  });

  test('[J4] an end leaves no timer and no lock', async () => {
    const { first, disk } = world();
    first.begin();
    first.append([{ event: says('a') }]);
    await first.journal.flush();
    expect(first.clock.waiting).toBeGreaterThan(0);
    await first.journal[Symbol.asyncDispose]();
    expect(first.clock.waiting).toBe(0);
    const records = Buffer.from(await disk.read(`${FOLDER}/000001.jsonl`))
      .toString()
      .trim()
      .split('\n')
      .map(decodeRecord);
    expect(records.map((record) => record?.kind)).toEqual(['header', 'logged', 'closed']);
  });
});
