import { mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { until } from '../../test/tools/until.ts';
import { silent } from '../base/log.ts';
import { systemClock } from './clock.ts';
import { groupLives, type Group } from './group.ts';
import { PidList } from './pidList.ts';
import { systemProcesses } from './processIdentity.ts';
import { markedProcesses } from './processTable.ts';
import { endStray } from './strays.ts';
import { startGroup, type TestGroup } from './testing.ts';

let folder: string;
beforeEach(async () => {
  folder = join(await mkdtemp(join(tmpdir(), 'wheelhouse-')), 'processes');
});
afterEach(() => rm(join(folder, '..'), { recursive: true, force: true }));

const pidList = (): PidList => new PidList({ folder, clock: systemClock, log: silent });

const running = async (line: string, marker?: string): Promise<TestGroup> => {
  const started = await startGroup(line, marker);
  onTestFinished(() => started.dispose());
  return started;
};

const place = await systemProcesses.place();
const startOf = async (pid: number): Promise<string> => (await systemProcesses.find(pid))?.started ?? '';

/** A list as a window kept it that is gone by now, or that is not. */
const kept = async (groups: readonly Group[], owner = { pid: 2 ** 30, start: 'then', place }) => {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'other.json'), JSON.stringify({ owner, groups }));
};

describe('the list of what was started', () => {
  test('[I9] holds what lives, for its owner only, and is gone when nothing does', async () => {
    const list = pidList();
    const group: Group = { pid: 4242, start: 'then', led: true, marker: 'm', command: 'agent', session: 's1' };
    list.write([group, { pid: 4243, led: true, marker: 'n', command: 'too young' }]);
    await list.written();
    const [name = '', ...others] = await readdir(folder);
    expect(others).toEqual([]);
    expect(JSON.parse(await readFile(join(folder, name), 'utf8'))).toEqual({
      owner: { pid: process.pid, start: await startOf(process.pid), place },
      groups: [group],
    });
    expect((await stat(join(folder, name))).mode & 0o777).toBe(0o600);
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
    for (let count = 0; count < 20; count += 1) list.write([group]);
    list.write([]);
    await list.written();
    expect(await readdir(folder)).toEqual([]);
  });

  test('[I9] a folder that cannot be written is said once', async () => {
    await writeFile(folder, 'a file');
    const said: string[] = [];
    const list = new PidList({ folder, clock: systemClock, log: { ...silent, warn: (text) => void said.push(text) } });
    const group = { pid: 4242, start: 'then', led: true, marker: '', command: '' };
    list.write([group]);
    await list.written();
    list.write([group]);
    await list.written();
    expect(said).toHaveLength(1);
  });
});

describe.skipIf(process.platform !== 'linux')('the sweep', () => {
  test('[I9] ends what a window that is gone has left, and forgets the rest', async () => {
    const left = await running('echo up; sleep 600 & sleep 600');
    await kept([left.group, { pid: 2 ** 30, start: 'then', led: true, marker: '', command: 'gone' }]);
    expect(await pidList().sweep()).toEqual([left.group]);
    await until('the group to go', () => !groupLives(left.group.pid));
    expect(await readdir(folder)).toEqual([]);
  });

  test('[I9] a process that was given the number since is not touched', async () => {
    const stranger = await running('echo up; sleep 600');
    await kept([{ ...stranger.group, start: `${stranger.group.start}1` }]);
    expect(await pidList().sweep()).toEqual([]);
    expect(groupLives(stranger.group.pid)).toBe(true);
    expect(await readdir(folder)).toEqual([]);
  });

  test('[I9] what belongs to a window that lives is not touched', async () => {
    const theirs = await running('echo up; sleep 600');
    const lives = { pid: process.pid, start: await startOf(process.pid), place };
    for (const owner of [lives, { pid: 2 ** 30, start: 'then', place: 'another container' }]) {
      await kept([theirs.group], owner);
      expect(await pidList().sweep()).toEqual([]);
      expect(groupLives(theirs.group.pid)).toBe(true);
      expect(await readdir(folder)).toEqual(['other.json']);
    }
  });

  test('[I9] a group without its leader is ended when its members carry our marker, and only then', async () => {
    const [ours, stranger] = await Promise.all([running('sleep 600 & echo up', 'm.1'), running('sleep 600 & echo up')]);
    await Promise.all([ours.exited, stranger.exited]);
    // While a process becomes another program, its environment cannot be read.
    await until('what it left to run', async () =>
      (await markedProcesses('m.1')).some(({ group, command }) => group === ours.group.pid && command === 'sleep 600'),
    );
    await kept([ours.group, { ...stranger.group, marker: 'm.2' }]);
    expect(await pidList().sweep()).toEqual([ours.group]);
    await until('the group to go', () => !groupLives(ours.group.pid));
    expect(groupLives(stranger.group.pid)).toBe(true);
  });

  test('[I9] what nobody can read is left alone for a day: it may be being written', async () => {
    await kept([]);
    await Promise.all(
      ['torn.json.tmp', 'old.json', 'evil.json'].map((name) => writeFile(join(folder, name), '{"owner":{"pid":')),
    );
    await writeFile(
      join(folder, 'evil.json'),
      JSON.stringify({ owner: { pid: 2 ** 30, start: 'x', place }, groups: [{ pid: 1, marker: '' }, { pid: -7 }, 7] }),
    );
    await utimes(join(folder, 'old.json'), 0, 0);
    expect(await pidList().sweep()).toEqual([]);
    expect(await readdir(folder)).toEqual(['torn.json.tmp']);
  });

  test('[acp 10 cline] a daemon that left its group is named, and not ended', async () => {
    const list = pidList();
    const marker = list.newMarker();
    const agent = await running('setsid sleep 600 & echo up; sleep 600', marker);
    let daemon = 0;
    onTestFinished(() => void (daemon > 0 && process.kill(daemon, 'SIGKILL')));
    await until('the daemon to run', async () =>
      (await markedProcesses(marker)).some(({ pid, group, command }) => pid === group && command === 'sleep 600'),
    );
    list.write([agent.group]);
    await list.written();
    const origin = { pid: agent.group.pid, session: 's1' };
    const [attended, ...others] = await list.strays(new Map([[marker, origin]]));
    expect([attended, others]).toMatchObject([{ command: 'sleep 600', attended: true, origin }, []]);
    agent.dispose();
    await agent.exited;
    list.write([]);
    await list.written();
    const found = await until('the daemon alone to be left', async () => {
      const left = await list.strays(new Map());
      return left.length === 1 && left[0]?.command === 'sleep 600' ? left : undefined;
    });
    daemon = found[0]?.pid ?? 0;
    expect(found).toEqual([{ pid: daemon, group: daemon, marker, command: 'sleep 600', attended: false }]);
    expect(await list.sweep()).toEqual([]);
    expect(groupLives(daemon)).toBe(true);
    const [stray] = found;
    if (stray === undefined) throw new Error('nothing was left');
    // A number that is somebody else's by now is not touched.
    expect(await endStray({ ...stray, marker: list.newMarker() })).toBe(true);
    expect(groupLives(daemon)).toBe(true);
    expect(await endStray(stray)).toBe(true);
    expect(groupLives(daemon)).toBe(false);
    expect(await list.strays(new Map())).toEqual([]);
    daemon = 0;
  });
});
