import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { until } from '../../test/tools/until.ts';
import { silent } from '../base/log.ts';
import { groupLives, type Group } from './group.ts';
import { startGroup, type TestGroup } from './testing.ts';
import { Watchdog } from './watchdog.ts';

const path = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const script = path('watchdogMain.ts');

const running = async (line: string): Promise<TestGroup> => {
  const started = await startGroup(line);
  onTestFinished(() => started.dispose());
  return started;
};

const watch = (): ChildProcess => {
  const child = spawn(process.execPath, [script], { stdio: ['pipe', 'ignore', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
};

const STUBBORN = "trap '' TERM; sleep 600 & echo up; while :; do sleep 600; done";

describe.skipIf(process.platform === 'win32')('the watchdog', () => {
  test('[I9] ends what the last whole line named when its pipe ends, the stubborn as well', async () => {
    const [willing, stubborn, forgotten] = await Promise.all([
      running('echo up; sleep 600 & sleep 600'),
      running(STUBBORN),
      running('echo up; sleep 600'),
    ]);
    const dog = watch();
    const tell = (groups: readonly Group[]) => dog.stdin?.write(`${JSON.stringify(groups)}\n`);
    tell([forgotten.group, willing.group]);
    tell([willing.group, stubborn.group]);
    dog.stdin?.end('[{"pid": 1');
    expect(await once(dog, 'exit')).toEqual([null, 'SIGKILL']);
    await until('both groups to go', () => !groupLives(willing.group.pid) && !groupLives(stubborn.group.pid));
    expect(groupLives(forgotten.group.pid)).toBe(true);
  });

  test('[I9] a group whose leader ended in the same moment is still ended', async () => {
    const { group, exited } = await running('sleep 600 & echo up');
    await exited;
    const dog = watch();
    dog.stdin?.end(`${JSON.stringify([{ ...group, start: 'as it was' }])}\n`);
    await once(dog, 'exit');
    await until('the group to go', () => !groupLives(group.pid));
  });

  test('[I9] a process with another start than it was told of is not touched', async () => {
    const { group } = await running('echo up; sleep 600');
    const dog = watch();
    dog.stdin?.end(`${JSON.stringify([{ ...group, start: 'another' }])}\nno JSON\n`);
    expect(await once(dog, 'exit')).toEqual([null, 'SIGKILL']);
    expect(groupLives(group.pid)).toBe(true);
  });

  test.skipIf(process.platform !== 'linux')('[I9] signals to everybody do not end it before its pipe', async () => {
    const { group } = await running('echo up; sleep 600');
    const dog = watch();
    dog.stdin?.write(`${JSON.stringify([group])}\n`);
    await until('it to have signal handlers', () => handlesSignals(dog.pid ?? 0));
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) dog.kill(signal);
    dog.stdin?.end();
    expect(await once(dog, 'exit')).toEqual([null, 'SIGKILL']);
    await until('the group to go', () => !groupLives(group.pid));
  });

  test('[I9] it neither keeps its host alive nor outlives its work, and ends what a host that ends leaves', async () => {
    const { group } = await running('echo up; sleep 600');
    const host = spawn(
      process.execPath,
      [
        '--input-type=module',
        '-e',
        `import { Watchdog } from ${JSON.stringify(path('watchdog.ts'))};
         const log = { warn: (text) => { throw new Error(text) } };
         new Watchdog({ script: ${JSON.stringify(script)}, env: process.env, log }).tell([${JSON.stringify(group)}]);`,
      ],
      { stdio: ['ignore', 'inherit', 'inherit'] },
    );
    expect(await once(host, 'exit')).toEqual([0, null]);
    await until('the group to go', () => !groupLives(group.pid));
  });

  test('[I9] one that cannot be started is said once for each try, and breaks nothing', async () => {
    const said: string[] = [];
    const dog = new Watchdog({
      script: '\0',
      env: process.env,
      log: { ...silent, warn: (text) => void said.push(text) },
    });
    dog.tell([]);
    expect(said).toEqual([]);
    dog.tell([{ pid: 2 ** 30, led: true, marker: '', command: '' }]);
    expect(said).toHaveLength(1);
    dog.dispose();
    dog.tell([{ pid: 2 ** 30, led: true, marker: '', command: '' }]);
    expect(said).toHaveLength(1);
  });
});

/** SIGHUP is the first bit, and the last of the three for which the program sets a handler. */
const handlesSignals = async (pid: number): Promise<boolean> => {
  const caught = /SigCgt:\s*([0-9a-f]+)/u.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1] ?? '0';
  return (BigInt(`0x${caught}`) & 1n) !== 0n;
};
