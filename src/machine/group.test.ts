import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, onTestFinished, test } from 'vitest';
import { until } from '../../test/tools/until.ts';
import { endGroups, groupLives, isOurs, oursOf, readGroups } from './group.ts';
import { markedProcesses } from './processTable.ts';
import { startGroup, type TestGroup } from './testing.ts';

const running = async (line: string, marker?: string): Promise<TestGroup> => {
  const started = await startGroup(line, marker);
  onTestFinished(() => started.dispose());
  return started;
};

/** While a process becomes another program, its environment cannot be read. */
const sleeps = async ({ group }: TestGroup): Promise<boolean> =>
  (await markedProcesses(group.marker)).some((one) => one.group === group.pid && one.command === 'sleep 600');

describe.skipIf(process.platform === 'win32')('groups', () => {
  test('[I9] the willing are asked, and only the stubborn are made to leave', async () => {
    const [willing, stubborn] = await Promise.all([
      running("trap 'exit 7' TERM; echo up; while :; do sleep 0.05; done"),
      running("trap '' TERM; sleep 600 & echo up; sleep 600"),
    ]);
    const groups = [willing.group, stubborn.group];
    expect(await endGroups(groups, { ask: 1000, insist: 5000 })).toEqual([]);
    expect(await willing.exited).toEqual([7, null]);
    expect(await stubborn.exited).toEqual([null, 'SIGKILL']);
    expect(groups.filter(({ pid }) => groupLives(pid))).toEqual([]);
  });

  test.skipIf(process.platform !== 'linux')(
    '[I9] a child that does not lead its group yet is ended as well',
    async () => {
      // As a child in a pseudo-terminal begins: in the group of its parent.
      const child = spawn('/bin/sh', ['-c', 'sleep 0.3; exec setsid sleep 600'], { stdio: 'ignore' });
      onTestFinished(() => void child.kill('SIGKILL'));
      const gone = once(child, 'exit');
      const { pid = 0 } = child;
      expect(await endGroups([{ pid, led: true, marker: '', command: 'sh' }], { ask: 10_000, insist: 0 })).toEqual([]);
      expect(await gone).toEqual([null, 'SIGTERM']);
    },
  );

  test.skipIf(process.platform !== 'linux')('[I9] a group of zombies lives no more', async () => {
    // The shell becomes a sleep that never asks what became of the shell's child, which ends only then: before, it would be asked.
    const child = 'until [ "$(cat /proc/$PPID/comm)" = sleep ]; do sleep 0.02; done';
    const parent = spawn('/bin/sh', ['-c', `setsid sh -c '${child}' & echo $!; exec sleep 600`], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    onTestFinished(() => void parent.kill('SIGKILL'));
    const [said] = (await once(parent.stdout, 'data')) as [Buffer];
    const pid = Number(String(said).trim());
    await until('nothing but a zombie to be left', () => process.kill(-pid, 0) && !groupLives(pid));
  });

  test.skipIf(process.platform !== 'linux')(
    '[I9] whose it is, is proved by its start, or else by its marker',
    async () => {
      const [led, left] = await Promise.all([
        running('echo up; sleep 600', 'm.1'),
        running('sleep 600 & echo up', 'm.2'),
      ]);
      await left.exited;
      await until('what it left to run', () => sleeps(left));
      const { start: _, ...young } = led.group;
      const abandoned = { ...left.group, led: false };
      const judged = [
        led.group,
        { ...led.group, start: 'another' },
        young,
        left.group,
        abandoned,
        { ...left.group, marker: 'm.3' },
        { ...abandoned, marker: 'm.3' },
        { ...led.group, pid: 2 ** 30 },
      ];
      const judge = (recent: boolean) => Promise.all(judged.map((group) => isOurs(group, recent)));
      expect(await judge(true)).toEqual([true, false, true, true, true, true, false, false]);
      expect(await judge(false)).toEqual([true, false, false, true, true, false, false, false]);
      expect(await oursOf(judged.slice(0, 2), false)).toEqual([led.group]);
    },
  );

  test('[I9] nothing is read as a group whose number means everybody', () => {
    expect(readGroups({})).toBeUndefined();
    const bad = [0, 1, -5, 1.5, 2 ** 60, '7', null].map((pid) => ({ pid, marker: 'm' }));
    expect(
      readGroups([...bad, { pid: 7 }, 7, null, { pid: 7, marker: 'm', start: 3, session: 's', led: false }]),
    ).toEqual([{ pid: 7, led: false, marker: 'm', command: '', session: 's' }]);
  });
});
