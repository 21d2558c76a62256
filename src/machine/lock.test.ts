import { describe, expect, test } from 'vitest';
import { manualClock } from '../base/testing.ts';
import { MemoryDisk } from '../../test/fakes/disk.ts';
import { FakeMachine } from '../../test/fakes/journal.ts';
import { settled } from '../../test/tools/surface.ts';
import type { Disk } from './disk.ts';
import { judge, type LockLoss, Locks, readLock } from './lock.ts';
import type { ProcessTable } from './processIdentity.ts';

const FOLDER = '/s/session';

const world = async () => {
  const disk = new MemoryDisk();
  await disk.makeFolder(FOLDER);
  const machine = new FakeMachine();
  const clock = manualClock();
  const start = (table: ProcessTable = machine.table) => {
    const pid = machine.start();
    const lost: LockLoss[] = [];
    const locks = new Locks({ disk, clock, processes: table, pid });
    return { pid, lost, take: () => locks.take(FOLDER, (why) => lost.push(why)) };
  };
  return { disk, machine, clock, start };
};

const locked = expect.objectContaining({ code: 'locked' });

describe('the lock of a folder', () => {
  test('[K3] one that lives is never taken over, however long it is silent', async () => {
    const { start, clock } = await world();
    const [first, second] = [start(), start()];
    const lock = await first.take();
    await expect(second.take()).rejects.toEqual(locked);
    clock.advance(10 * 24 * 3600_000);
    await settled();
    await expect(second.take()).rejects.toEqual(locked);
    await expect(first.take()).rejects.toEqual(locked);
    await lock.release();
    await (await second.take()).release();
    await (await first.take()).release();
    expect(clock.waiting).toBe(0);
    expect(first.lost).toEqual([]);
  });

  test('[K3] one whose process is gone is taken over at once, and so is one whose number has another process now', async () => {
    const { start, machine, disk } = await world();
    const first = start();
    await first.take();
    machine.living.delete(first.pid);
    const second = start();
    await second.take();
    expect([...disk.files.keys()]).toEqual([`${FOLDER}/lock-2`]);
    const reused: ProcessTable = { ...machine.table, find: (pid) => Promise.resolve({ pid, started: `later ${pid}` }) };
    await start(reused).take();
    expect([...disk.files.keys()]).toEqual([`${FOLDER}/lock-3`]);
  });

  test('[K4] one of another machine is gone when its heartbeat has stood still for as long as we watched', async () => {
    const { start, machine, clock } = await world();
    const there = start({ ...machine.table, place: () => Promise.resolve('elsewhere') });
    const here = start();
    await there.take();
    await expect(here.take()).rejects.toEqual(locked);
    for (let beats = 0; beats < 20; beats += 1) {
      clock.advance(15_000);
      await settled();
      await expect(here.take()).rejects.toEqual(locked);
    }
    // Its own clock stands still, as that of a machine that is off.
    const still = await world();
    const silent = still.start({ ...still.machine.table, place: () => Promise.resolve('elsewhere') });
    const lock = await silent.take();
    const watcher = still.start();
    await expect(watcher.take()).rejects.toEqual(locked);
    still.disk.fault = (call) => {
      if (call === 'touch') throw new Error('no');
      return undefined;
    };
    still.clock.advance(44_999);
    await settled();
    await expect(watcher.take()).rejects.toEqual(locked);
    still.clock.advance(1);
    await watcher.take();
    // It hears of it as soon as it looks, and writes nothing any more.
    still.clock.advance(15_000);
    await settled();
    expect(silent.lost).toEqual(['taken']);
    await lock.release();
  });

  test('[K2] a folder that is taken away is told to the holder', async () => {
    const { start, disk, clock } = await world();
    const first = start();
    await first.take();
    await disk.removeFolder(FOLDER);
    clock.advance(15_000);
    await settled();
    expect(first.lost).toEqual(['gone']);
    expect(clock.waiting).toBe(0);
  });

  test('[K1] a disk that refuses leaves no lock behind', async () => {
    const { start, disk } = await world();
    const first = start();
    disk.fault = (call) => {
      if (call === 'write') throw Object.assign(new Error('full'), { code: 'ENOSPC' });
      return undefined;
    };
    await expect(first.take()).rejects.toThrow('full');
    disk.fault = () => undefined;
    expect([...disk.files.keys()]).toEqual([]);
    await first.take();
  });

  test('[K1] a lock appears whole, whatever call its process ends at; where no file has two names it is still one', async () => {
    const { disk, start, machine } = await world();
    await start().take();
    const { operations } = disk;
    for (let count = 0; count <= operations.length; count += 1) {
      const after = MemoryDisk.after(operations, count, 0, { names: 'all', bytes: 'all' });
      for (const name of [...after.files.keys()].filter((path) => /lock-\d+$/u.test(path)))
        expect(readLock(Buffer.from(await after.read(name)).toString())).toMatchObject({ owner: { pid: 1 } });
    }
    const plain = await world();
    plain.disk.fault = (call) => {
      if (call === 'link') throw Object.assign(new Error('no links'), { code: 'EPERM' });
      return undefined;
    };
    const first = plain.start();
    const lock = await first.take();
    expect([...plain.disk.files.keys()]).toEqual([`${FOLDER}/lock-1`]);
    await expect(plain.start().take()).rejects.toEqual(locked);
    await lock.release();
    await plain.start().take();
    expect(machine.living.size).toBe(1);
  });

  test('[K2] who looked long ago, and makes a number that was removed since, does not hold it', async () => {
    const { disk, machine, clock, start } = await world();
    let go: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => (go = resolve));
    const pid = machine.start();
    const slow: Disk = {
      makeFolder: (path) => disk.makeFolder(path),
      list: (path) => disk.list(path),
      read: (path) => disk.read(path),
      create: (path) => gate.then(() => disk.create(path)),
      rename: (from, to) => disk.rename(from, to),
      link: (from, to) => disk.link(from, to),
      remove: (path) => disk.remove(path),
      removeFolder: (path) => disk.removeFolder(path),
      syncFolder: (path) => disk.syncFolder(path),
      touchedAt: (path) => disk.touchedAt(path),
      size: (path) => disk.size(path),
    };
    const late = new Locks({ disk: slow, clock, processes: machine.table, pid }).take(FOLDER, () => undefined);
    const refused = expect(late).rejects.toEqual(locked);
    await settled();
    await (await start().take()).release();
    await start().take();
    expect([...disk.files.keys()]).toEqual([`${FOLDER}/lock-2`]);
    go();
    await refused;
  });

  test('[K3] who is gone: a table', () => {
    const us = { pid: 1, started: 'a', place: 'here' };
    const owner = { id: 'o', pid: 2, started: 'b', place: 'here' };
    expect(judge(owner, us, undefined)).toBe('gone');
    expect(judge(owner, us, { pid: 2, started: 'b' })).toBe('alive');
    expect(judge(owner, us, { pid: 2, started: 'c' })).toBe('gone');
    expect(judge(owner, us, { pid: 2, started: undefined })).toBe('unknown');
    expect(judge({ id: 'o', pid: 2, place: 'here' }, us, { pid: 2, started: 'b' })).toBe('unknown');
    expect(judge({ ...owner, place: 'there' }, us, undefined)).toBe('unknown');
    expect(judge({ ...owner, pid: 1, started: 'a' }, us, { pid: 1, started: 'a' })).toBe('gone');
  });

  test('[K2] what a lock file may hold', () => {
    const line = JSON.stringify({ schema: 1, id: 'o', pid: 2, place: 'here', started: 's' });
    expect(readLock(`${line}\n`)).toEqual({ owner: { id: 'o', pid: 2, place: 'here', started: 's' } });
    expect(readLock(`${line}\nreleased\n`)).toBe('released');
    for (const text of ['', '{', 'null', '3', '{"schema":2}', line.slice(0, -4)])
      expect(readLock(text)).toBe('unreadable');
  });
});
