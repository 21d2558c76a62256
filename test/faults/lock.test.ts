import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { Failure } from '../../src/base/failure.ts';
import { manualClock } from '../../src/base/testing.ts';
import type { Disk } from '../../src/machine/disk.ts';
import { type Lock, Locks } from '../../src/machine/lock.ts';
import { MemoryDisk } from '../fakes/disk.ts';
import { FakeMachine } from '../fakes/journal.ts';

const program = fileURLToPath(new URL('../fakes/lockRacer.ts', import.meta.url));

interface Racer {
  readonly child: ChildProcessWithoutNullStreams;
  /** The next line that it says. */
  readonly next: () => Promise<string>;
}

const startRacer = async (folder: string): Promise<Racer> => {
  const child = spawn(process.execPath, [program, folder]);
  onTestFinished(() => void child.kill('SIGKILL'));
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const next = async (): Promise<string> => String((await lines.next()).value);
  expect(await next()).toBe('ready');
  return { child, next };
};

const folderOfTest = async (): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'wheelhouse-lock-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
};

test(
  '[K1 K3] of twenty processes that race for a lock whose holder was killed exactly one gets it',
  { timeout: 120_000 },
  async () => {
    const folder = await folderOfTest();
    const holder = await startRacer(folder);
    holder.child.stdin.write('go\n');
    expect(await holder.next()).toBe('taken');
    const racers = await Promise.all(Array.from({ length: 20 }, () => startRacer(folder)));
    const [early, ...late] = racers;
    early?.child.stdin.write('go\n');
    expect(await early?.next()).toBe('locked');
    holder.child.kill('SIGKILL');
    await once(holder.child, 'exit');
    for (const { child } of late) child.stdin.write('go\n');
    const results = await Promise.all(late.map(({ next }) => next()));
    expect(results.toSorted()).toEqual([...Array<string>(18).fill('locked'), 'taken']);
    expect((await readdir(folder)).filter((name) => name === 'lock-2')).toEqual(['lock-2']);
  },
);

/** Every call of the disk waits for its turn, and whose turn it is the scheduler decides. */
const inTurns = (disk: Disk, scheduler: fc.Scheduler): Disk => {
  const wait = (): Promise<void> => scheduler.schedule(Promise.resolve());
  return {
    makeFolder: (path) => wait().then(() => disk.makeFolder(path)),
    list: (path) => wait().then(() => disk.list(path)),
    read: (path) => wait().then(() => disk.read(path)),
    create: async (path) => {
      await wait();
      const file = await disk.create(path);
      return {
        write: (bytes) => wait().then(() => file.write(bytes)),
        sync: () => wait().then(() => file.sync()),
        touch: () => wait().then(() => file.touch()),
        close: () => wait().then(() => file.close()),
      };
    },
    rename: (from, to) => wait().then(() => disk.rename(from, to)),
    link: (from, to) => wait().then(() => disk.link(from, to)),
    remove: (path) => wait().then(() => disk.remove(path)),
    removeFolder: (path) => wait().then(() => disk.removeFolder(path)),
    syncFolder: (path) => wait().then(() => disk.syncFolder(path)),
    touchedAt: (path) => wait().then(() => disk.touchedAt(path)),
    size: (path) => wait().then(() => disk.size(path)),
  };
};

test('[K1 K2] whatever the order of all their looks and writes, two never hold it, and one that is free is got', async () => {
  let got = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.scheduler(),
      fc.array(fc.constantFrom('hold', 'release', 'die'), { minLength: 2, maxLength: 6 }),
      fc.boolean(),
      async (scheduler, plans, stale) => {
        const memory = new MemoryDisk();
        await memory.makeFolder('/s/f');
        const machine = new FakeMachine();
        const clock = manualClock();
        const processOf = (disk: Disk) => {
          const pid = machine.start();
          return { pid, locks: new Locks({ disk, clock, processes: machine.table, pid }) };
        };
        if (stale) {
          const before = processOf(memory);
          await before.locks.take('/s/f', () => undefined);
          machine.living.delete(before.pid);
        }
        const holders = new Set<number>();
        let most = 0;
        const compete = async (plan: string): Promise<Lock | undefined> => {
          const { pid, locks } = processOf(inTurns(memory, scheduler));
          for (let attempt = 0; attempt < 2; attempt += 1) {
            try {
              const lock = await locks.take('/s/f', () => undefined);
              got += 1;
              holders.add(pid);
              most = Math.max(most, holders.size);
              if (plan === 'hold') return lock;
              await scheduler.schedule(Promise.resolve());
              holders.delete(pid);
              if (plan === 'die') machine.living.delete(pid);
              else await lock.release();
              return undefined;
            } catch (failure) {
              if (!(failure instanceof Failure) || failure.code !== 'locked') throw failure;
            }
          }
          return undefined;
        };
        const all = Promise.all(plans.map(compete));
        await scheduler.waitFor(all);
        expect(most).toBe(1);
      },
    ),
    { numRuns: 400 },
  );
  expect(got).toBeGreaterThan(400);
});
