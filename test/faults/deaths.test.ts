import type { ChildProcess } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { until } from '../tools/until.ts';
import { Trial, type Found, type Programs } from './trial.ts';

/** How often each kind of death is died: 100 times in the long run of the tests. */
const DEATHS = Number(process.env['DEATHS'] ?? 10);
/** How long whatever outlives its host may take to go, ms. */
const LIMIT = 5000;
/** Trials at once: most of the time of each is spent waiting for the stubborn. */
const AT_ONCE = 6;

interface Death {
  readonly name: string;
  die(host: ChildProcess, running: readonly Found[], trial: Trial): Promise<void> | void;
}

const gone = (host: ChildProcess): Promise<boolean> =>
  until('the host to be gone', () => host.exitCode !== null || host.signalCode !== null);

const deaths: readonly Death[] = [
  { name: 'exit', die: (host) => void host.stdin?.write('exit\n') },
  { name: 'uncaught exception', die: (host) => void host.stdin?.write('throw\n') },
  { name: 'SIGTERM', die: (host) => void host.kill('SIGTERM') },
  { name: 'SIGKILL', die: (host) => void host.kill('SIGKILL') },
  {
    name: 'SIGKILL after its watchdog, and a next start',
    async die(host, running, trial) {
      await until('the list to name both agents and the command', async () => (await trial.listed()).length === 3);
      const watchdogs = running.filter(({ command }) => command.endsWith('watchdog.js'));
      expect(watchdogs).toHaveLength(1);
      for (const { pid } of watchdogs) process.kill(pid, 'SIGKILL');
      host.kill('SIGKILL');
      await gone(host);
      const next = await trial.host([]);
      next.stdin?.end();
      await gone(next);
    },
  },
  { name: 'end of its input', die: (host) => void host.stdin?.end() },
];

let folder: string;
let programs: Programs;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wheelhouse-programs-'));
  await build({
    entryPoints: {
      host: 'test/fakes/hostProgram.ts',
      watchdog: 'src/machine/watchdogMain.ts',
      agent: 'test/fakes/agent.ts',
    },
    bundle: true,
    format: 'esm',
    platform: 'node',
    outdir: folder,
  });
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }');
  const program = (name: string): string => join(folder, `${name}.js`);
  programs = { host: program('host'), watchdog: program('watchdog'), agent: program('agent') };
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** @returns how long it took until nothing was left, in ms */
const live = async (death: Death): Promise<number> => {
  await using trial = await Trial.open(programs);
  const host = await trial.host([[], ['--ignore-eof', '--ignore-sigterm']], 'sleep 600 & sleep 600');
  // The host, its watchdog, two agents and a child of each, the shell and at least one of its two commands.
  const running = await until('all processes of the trial to run', async () => {
    const found = await trial.look();
    return found.length >= 8 ? found : undefined;
  });
  await death.die(host, running, trial);
  const start = performance.now();
  await gone(host);
  let left: readonly Found[] = [];
  await until('all processes to be gone', async () => (left = await trial.alive()).length === 0, LIMIT).catch(
    () => undefined,
  );
  expect(left.map(({ command }) => command)).toEqual([]);
  return performance.now() - start;
};

describe('no orphans', { timeout: 60_000 + DEATHS * 10_000 }, () => {
  test.each(deaths)('[I9] [acp 4.2.8] nothing that was started outlives its host: $name', async (death) => {
    const times: number[] = [];
    const failures: unknown[] = [];
    let waiting = DEATHS;
    const work = async (): Promise<void> => {
      while (waiting-- > 0)
        await live(death).then(
          (time) => times.push(time),
          (failure: unknown) => failures.push(failure),
        );
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    console.log(
      `${death.name}: ${times.length} of ${DEATHS} deaths left no process; the slowest took ${Math.round(Math.max(0, ...times))} ms`,
    );
    expect(failures.map(String)).toEqual([]);
    expect(times).toHaveLength(DEATHS);
  });
});
