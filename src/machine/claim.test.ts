import { expect, test } from 'vitest';
import { errno, MemoryDisk } from '../../test/fakes/disk.ts';
import { FakeMachine, JournalProcess, KEY, ROOT } from '../../test/fakes/journal.ts';
import { says } from '../../test/tools/sessions.ts';
import { manualClock } from '../base/testing.ts';
import { foldStored } from '../router/restore.ts';
import { Locks } from './lock.ts';

/** A process that has a session which it read, but for which the disk gave it no lock; the disk is well again. */
const lockless = async (disk: MemoryDisk, machine: FakeMachine): Promise<JournalProcess> => {
  const first = new JournalProcess(disk, machine);
  first.begin();
  first.append([{ event: says('a') }]);
  await first.pass(60);
  await first.close();
  first.die();
  disk.fault = (call, path) => {
    if (call === 'create' && path.includes('/lock-')) throw errno('ENOSPC');
    return undefined;
  };
  const process = new JournalProcess(disk, machine);
  await process.load();
  process.append([{ event: says('here') }]);
  expect(process.journal.state.kind).toBe('memory only');
  disk.fault = () => undefined;
  return process;
};

test('[I2] who got no lock writes later on, where nobody has gone on meanwhile', async () => {
  const disk = new MemoryDisk();
  const machine = new FakeMachine();
  const process = await lockless(disk, machine);
  await process.pass(1000);
  expect(process.journal.state.kind).toBe('ok');
  const expected = process.session().entries;
  await process.close();
  process.die();
  expect(foldStored(await new JournalProcess(disk, machine).load()).entries).toEqual(expected);
});

test('[I2] who got no lock does not write over what another window made of the session since', async () => {
  const disk = new MemoryDisk();
  const machine = new FakeMachine();
  const process = await lockless(disk, machine);
  const other = new JournalProcess(disk, machine);
  await other.load();
  other.append([{ event: says('there') }]);
  const expected = other.session().entries;
  await other.close();
  other.die();
  await process.pass(1000);
  expect(process.journal.state).toMatchObject({ reason: 'Another window has taken this session over.' });
  await process.close();
  process.die();
  expect(foldStored(await new JournalProcess(disk, machine).load()).entries).toEqual(expected);
});

test('[I2] who could not read the lock does not write over what its holder makes of the session', async () => {
  const disk = new MemoryDisk();
  const machine = new FakeMachine();
  const holder = new JournalProcess(disk, machine);
  holder.begin();
  holder.append([{ event: says('a') }]);
  await holder.pass(60);
  disk.fault = (call, path) => {
    if (call === 'read' && path.includes('/lock-')) throw errno('EACCES');
    return undefined;
  };
  const process = new JournalProcess(disk, machine);
  await process.load();
  holder.append([{ event: says('b') }]);
  const expected = holder.session().entries;
  await holder.close();
  holder.die();
  disk.fault = () => undefined;
  await process.pass(1000);
  expect(process.journal.state).toMatchObject({ reason: 'Another window has taken this session over.' });
  await process.close();
  process.die();
  expect(foldStored(await new JournalProcess(disk, machine).load()).entries).toEqual(expected);
});

test('[I2] who got no lock does not bring back what another window has erased', async () => {
  const disk = new MemoryDisk();
  const machine = new FakeMachine();
  const process = await lockless(disk, machine);
  await new JournalProcess(disk, machine).journal.erase(KEY);
  await process.pass(1000);
  expect(process.journal.state.kind).toBe('memory only');
  await process.close();
  expect((await disk.list(ROOT)).filter((name) => name.startsWith('session-'))).toEqual([]);
});

test('[I2] a new session is stored although another window looked for it in the moment in which it began', async () => {
  const disk = new MemoryDisk();
  const machine = new FakeMachine();
  const folder = `${ROOT}/session-${KEY}`;
  await disk.makeFolder(folder);
  const parts = { disk, clock: manualClock(), processes: machine.table, pid: machine.start() };
  const lock = await new Locks(parts).take(folder, () => undefined);
  const process = new JournalProcess(disk, machine);
  process.begin();
  process.append([{ event: says('a') }]);
  await process.pass(60);
  expect(process.journal.state.kind).toBe('memory only');
  await lock.release();
  await process.pass(1000);
  expect(process.journal.state.kind).toBe('ok');
  const expected = process.session().entries;
  await process.close();
  process.die();
  expect(foldStored(await new JournalProcess(disk, machine).load()).entries).toEqual(expected);
});

test('[I2] nothing is written behind what may not have been forced to the disk', async () => {
  const disk = new MemoryDisk();
  const machine = new FakeMachine();
  const first = new JournalProcess(disk, machine);
  first.begin();
  first.append([{ event: says('a') }]);
  await first.pass(25);
  first.die();
  const second = new JournalProcess(disk, machine);
  await second.load();
  disk.fault = (call, path) => {
    if (call === 'create' && path.includes('/snapshot')) throw errno('ENOSPC');
    return undefined;
  };
  second.append([{ event: says('b') }]);
  await second.pass(1000);
  second.die();
  const left = MemoryDisk.after(disk.operations, disk.operations.length, 0, { names: 'all', bytes: 'synced' });
  const stored = await new JournalProcess(left, machine).load();
  expect(stored.lost).toEqual({ events: 0, values: 0, snapshot: false });
});
