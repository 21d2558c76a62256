import { isDeepStrictEqual } from 'node:util';
import { expect, test } from 'vitest';
import { Failure } from '../../src/base/failure.ts';
import { reduce } from '../../src/model/reduce.ts';
import { emptySession, type Session } from '../../src/model/session.ts';
import type { Stored } from '../../src/router/journal.ts';
import { errno, MemoryDisk } from '../fakes/disk.ts';
import { FakeMachine, JournalProcess, KEY, ROOT } from '../fakes/journal.ts';
import { says } from '../tools/sessions.ts';

const CODES = ['ENOSPC', 'EIO', 'EROFS', 'EACCES', 'ENOENT'] as const;

const plain = ({ at, ...rest }: Session): unknown => JSON.parse(JSON.stringify({ ...rest, seq: at.seq }));

const foldOf = ({ snapshot, tail, header }: Stored): Session => reduce(snapshot ?? emptySession(header), tail);

/** Loads until it can: the disk may refuse to be read once. */
const loaded = async (process: JournalProcess): Promise<Stored> => {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await process.load();
    } catch (failure) {
      if (!(failure instanceof Failure) || attempt === 3) throw failure;
      await process.pass(46_000, 5000);
    }
  }
};

/** Everything that a journal does, with an end in the middle. Returns the process that is left. */
const life = async (disk: MemoryDisk, machine: FakeMachine): Promise<JournalProcess> => {
  const first = new JournalProcess(disk, machine);
  first.begin();
  first.append([{ event: says('a') }]);
  await first.pass(60);
  first.append([{ event: says('b') }, { event: says('L'.repeat(300_000)) }]);
  await first.pass(60);
  first.journal.checkpoint(KEY);
  first.append([{ event: says('c') }]);
  await first.pass(30);
  await first.journal.mark(KEY, { pinned: true }).catch((failure: unknown) => expect(failure).toBeInstanceOf(Failure));
  await first.journal.flush();
  const before = plain(first.session());
  const refused = first.journal.state.kind === 'memory only';
  await first.close();
  first.die();
  const second = new JournalProcess(disk, machine);
  // A session whose every event was refused until its process ended is not there; that was said, and is another test.
  if (refused) {
    second.begin();
  } else {
    const stored = await loaded(second);
    if (!isDeepStrictEqual(plain(foldOf(stored)), before)) throw new Error('An event is gone, and nobody had said so.');
  }
  second.append([{ event: says('d') }]);
  await second.pass(60);
  second.journal.checkpoint(KEY);
  await second.pass(60);
  second.append([{ event: says('e') }]);
  await second.journal.list(new AbortController().signal);
  return second;
};

/** After the disk is well again: nothing that this process appended is missing, whatever was lost of the power. */
const mended = async (process: JournalProcess, disk: MemoryDisk, machine: FakeMachine): Promise<void> => {
  disk.fault = () => undefined;
  await process.pass(62_000, 2000);
  await process.journal.flush();
  expect(process.journal.state).toEqual({ kind: 'ok' });
  const expected = plain(process.session());
  process.die();
  const left = MemoryDisk.after(disk.operations, disk.operations.length, 0, { names: 'synced', bytes: 'synced' });
  const stored = await loaded(new JournalProcess(left, machine));
  expect(stored.lost).toEqual({ events: 0, values: 0, snapshot: false });
  expect(plain(foldOf(stored))).toEqual(expected);
};

const callsOfLife = async (): Promise<number> => {
  const disk = new MemoryDisk();
  const machine = new FakeMachine();
  const process = await life(disk, machine);
  await process.journal.flush();
  return disk.calls;
};

test('[I2] an error at any call of the disk, once: nothing throws, and nothing is missing afterwards', async () => {
  const calls = await callsOfLife();
  expect(calls).toBeGreaterThan(80);
  for (const code of CODES) {
    for (let at = 0; at < calls; at += 1) {
      const disk = new MemoryDisk();
      const machine = new FakeMachine();
      disk.fault = (call, _, index) => {
        // What is read was found a moment ago, and does not come back once it is gone.
        if (index === at && !(code === 'ENOENT' && call === 'read')) throw errno(code);
        return undefined;
      };
      await mended(await life(disk, machine), disk, machine);
    }
  }
});

test('[I2] a write that stops in the middle, anywhere: nothing is missing afterwards', async () => {
  const calls = await callsOfLife();
  for (let at = 0; at < calls; at += 1) {
    const disk = new MemoryDisk();
    const machine = new FakeMachine();
    disk.fault = (call, _, index) => (call === 'write' && index === at ? 7 : undefined);
    await mended(await life(disk, machine), disk, machine);
  }
});

test('[I2] a disk that refuses every write from any call on is said, is not asked without a pause, and is caught up', async () => {
  const calls = await callsOfLife();
  const changes = new Set(['makeFolder', 'create', 'write', 'sync', 'rename', 'remove', 'syncFolder']);
  for (let at = 0; at < calls; at += 5) {
    const disk = new MemoryDisk();
    const machine = new FakeMachine();
    disk.fault = (call, _, index) => {
      if (index >= at && changes.has(call)) throw errno('ENOSPC');
      return undefined;
    };
    const process = await life(disk, machine);
    await process.pass(60);
    expect(process.journal.state).toEqual({ kind: 'memory only', reason: 'The disk is full.' });
    const asked = disk.calls;
    await process.pass(120_000, 1000);
    // Heartbeats of the lock, and attempts that are further and further apart.
    expect(disk.calls - asked).toBeLessThan(150);
    await mended(process, disk, machine);
  }
});

test.each(['by a write', 'by the heartbeat of the lock'])(
  '[I2 I10] a folder that is taken away is made again, with everything in it and a lock: found %s',
  async (found) => {
    const disk = new MemoryDisk();
    const machine = new FakeMachine();
    const process = new JournalProcess(disk, machine);
    process.begin();
    process.append([{ event: says('a') }]);
    await process.pass(60);
    const states: string[] = [];
    process.journal.onState((state) => states.push(state.kind === 'ok' ? 'ok' : state.reason));
    await disk.removeFolder(ROOT);
    process.append([{ event: says('b') }]);
    if (found === 'by a write') process.journal.checkpoint(KEY);
    await process.pass(found === 'by a write' ? 1000 : 16_000, 100);
    expect(states).toEqual(['The storage folder is gone.', 'ok']);
    await expect(new JournalProcess(disk, machine).load()).rejects.toMatchObject({ code: 'locked' });
    await mended(process, disk, machine);
  },
);

test('[I2] what is said while a journal catches up is kept as well, whenever it is said', async () => {
  for (let at = 0; at < 30; at += 1) {
    const disk = new MemoryDisk();
    const machine = new FakeMachine();
    const process = new JournalProcess(disk, machine);
    process.begin();
    process.append([{ event: says('a') }]);
    await process.pass(60);
    disk.fault = () => {
      throw errno('ENOSPC');
    };
    process.append([{ event: says('b') }]);
    await process.pass(60);
    expect(process.journal.state.kind).toBe('memory only');
    const from = disk.calls;
    disk.fault = (_, __, index) => {
      if (index === from + at) process.append([{ event: says('c') }]);
      return undefined;
    };
    await process.pass(1000);
    await mended(process, disk, machine);
  }
});
