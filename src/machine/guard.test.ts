import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { until } from '../../test/tools/until.ts';
import { silent } from '../base/log.ts';
import type { Process } from '../router/ports.ts';
import { systemClock } from './clock.ts';
import { groupLives } from './group.ts';
import { Guard } from './guard.ts';
import { localEnvironment } from './local.ts';
import { MARKER, markedProcesses } from './processTable.ts';
import { startGroup } from './testing.ts';

const never = new AbortController().signal;
const STUBBORN = "trap '' TERM; sleep 600 & echo up; while :; do sleep 600; done";
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wheelhouse-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const world = () => {
  const parts = { env: process.env, clock: systemClock, log: silent };
  const watchdog = fileURLToPath(new URL('watchdogMain.ts', import.meta.url));
  const guard = new Guard({ ...parts, folder: join(folder, 'processes'), watchdog });
  const environment = localEnvironment({ ...parts, label: 'here', forbiddenRoots: () => [], guard });
  onTestFinished(async () => {
    environment.dispose();
    await guard.shutDown();
  });
  /** A child that has said its first line. */
  const start = async (line: string): Promise<Process> => {
    const child = await environment.spawn({ command: '/bin/sh', args: ['-c', line], cwd: folder }, never);
    const reader = child.lines.readable.getReader();
    await reader.read();
    reader.releaseLock();
    return child;
  };
  const listed = () => readdir(join(folder, 'processes')).catch(() => []);
  return { guard, environment, start, listed };
};

describe.skipIf(process.platform === 'win32')('the guard', () => {
  test('[I9] [acp 4.2.8] all ends within two seconds, however many are stubborn', async () => {
    const times: number[] = [];
    for (let round = 0; round < 3; round += 1) {
      const { guard, environment, start, listed } = world();
      const children = await Promise.all(Array.from({ length: 8 }, () => start(STUBBORN)));
      await until('all to be listed', async () => (await listed()).length === 1);
      const before = performance.now();
      environment.dispose();
      await guard.shutDown();
      times.push(Math.round(performance.now() - before));
      expect(children.filter(({ pid = 0 }) => groupLives(pid))).toEqual([]);
      await until('the list to be gone', async () => (await listed()).length === 0);
    }
    // The least of them is what it takes; in the others something else ran as well.
    expect(Math.min(...times)).toBeLessThan(2000);
  });

  test('[I9] the willing are not waited for longer than they take', async () => {
    const times: number[] = [];
    for (let round = 0; round < 3; round += 1) {
      const { guard, environment, start } = world();
      await Promise.all(Array.from({ length: 4 }, () => start('echo up; cat')));
      const before = performance.now();
      environment.dispose();
      await guard.shutDown();
      times.push(performance.now() - before);
    }
    // Before the first of the steps at which the stubborn are made to leave.
    expect(Math.min(...times)).toBeLessThan(1000);
  });

  test.skipIf(process.platform !== 'linux')(
    '[I9] children carry a marker of their own, which an agent cannot take off',
    async () => {
      const { guard, environment, start } = world();
      const child = await start('echo up; sleep 600');
      const terminal = await environment.terminal(
        {
          command: 'sleep 600',
          args: [],
          shell: true,
          cwd: folder,
          env: { WHEELHOUSE_OWNER: null },
          name: 'x',
          columns: 80,
          rows: 24,
        },
        never,
      );
      const markers = await until('both to be marked', async () => {
        const marked = await markedProcesses('');
        const found = [child, terminal].map(({ pid }) => marked.find((one) => one.pid === pid)?.marker);
        return found.includes(undefined) ? undefined : found;
      });
      expect(new Set(markers).size).toBe(2);
      expect(await guard.strays()).toEqual([]);
    },
  );

  test('[I9] what a leader left in its group is ended as well, and forgotten when it ended by itself', async () => {
    const { guard, listed } = world();
    const start = async (line: string) => {
      const charge = guard.admit({ command: '/bin/sh', session: 's1' });
      const started = await startGroup(line, charge.variables[MARKER]);
      onTestFinished(() => started.dispose());
      charge.started(started.group.pid, started.exited);
      await started.exited;
      return started.group.pid;
    };
    const brief = await start('sleep 0.3 & echo up');
    await until('it to be listed', async () => (await listed()).length === 1);
    await until('it to be over', () => !groupLives(brief));
    const long = await start('sleep 600 & echo up');
    await until('only the second to be listed', async () => {
      const [name = ''] = await listed();
      const text = await readFile(join(folder, 'processes', name), 'utf8');
      return text.includes(`"pid":${long}`) && !text.includes(`"pid":${brief}`);
    });
    await guard.shutDown();
    expect(groupLives(long)).toBe(false);
    expect(await listed()).toEqual([]);
  });
});
