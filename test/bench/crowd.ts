// Many sessions of a real agent process that all stream at once, each looked at, and how long their process's event loop
// keeps anything else waiting meanwhile; then the same for as long without them.
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { AcpBackend } from '../../src/backends/acp.ts';
import { silent } from '../../src/base/log.ts';
import { systemClock } from '../../src/machine/clock.ts';
import { localEnvironment } from '../../src/machine/local.ts';
import { Router } from '../../src/router/router.ts';
import { SessionStore } from '../../src/router/store.ts';
import { noJournal, noRules } from '../../src/router/testing.ts';
import { refuse } from './scriptedAgent.ts';
import { attach } from './spine.ts';

export interface Delays {
  /** 99.9th percentile of the delay of the event loop, ms. */
  readonly streaming: number;
  readonly idle: number;
  readonly linesInSecond: number;
}

export interface CrowdOptions {
  /** Path of the fake agent. */
  readonly agent: string;
  readonly sessions: number;
  /** Chunks that each session gets in a block. */
  readonly chunks: number;
  readonly blocks: number;
}

const never = new AbortController().signal;

/** @returns the delay in ms, and how long `work` took */
const delayDuring = async (work: () => Promise<unknown>): Promise<{ delay: number; milliseconds: number }> => {
  const histogram = monitorEventLoopDelay({ resolution: 1 });
  const start = performance.now();
  histogram.enable();
  await work();
  histogram.disable();
  return { delay: histogram.percentile(99.9) / 1e6, milliseconds: performance.now() - start };
};

const crowd = async (options: CrowdOptions): Promise<readonly Delays[]> => {
  const environment = localEnvironment({
    label: 'bench',
    env: process.env,
    clock: systemClock,
    log: silent,
    forbiddenRoots: () => [],
  });
  const store = new SessionStore({ clock: systemClock, journal: noJournal, log: silent });
  const router = new Router({ store, clock: systemClock, log: silent });
  router.add(
    new AcpBackend(
      { id: 'a', label: 'Agent', command: options.agent, args: [], node: true },
      {
        emit: store.append.bind(store),
        workspace: { roots: () => [process.cwd()], place: refuse, readText: refuse, writeText: refuse },
        permissions: noRules,
        environment,
        clock: systemClock,
        log: silent,
      },
    ),
  );
  const prompt = [{ type: 'text', text: `burst ${options.chunks}` }] as const;
  const all: Delays[] = [];
  for (let block = 0; block < options.blocks; block += 1) {
    // New ones each time, or each block would have longer texts than the one before.
    const asked = { backend: 'a', cwd: process.cwd() };
    const keys = await Promise.all(Array.from({ length: options.sessions }, () => router.newSession(asked, never)));
    const views = keys.map((key) => attach(store, router, key));
    const streaming = await delayDuring(async () => {
      const ends = await Promise.all(keys.map((key) => router.prompt(key, [...prompt], 'desk', never)));
      if (ends.some(({ reason }) => reason !== 'end_turn')) throw new Error('A session did not come to its end.');
    });
    for (const { door } of views) door.dispose();
    for (const key of keys) await router.perform(key, { kind: 'close' }, 'desk', never);
    const idle = await delayDuring(() => new Promise((done) => setTimeout(done, streaming.milliseconds)));
    const linesInSecond = (options.sessions * options.chunks * 1000) / streaming.milliseconds;
    all.push({ streaming: streaming.delay, idle: idle.delay, linesInSecond });
  }
  await router.dispose();
  environment.dispose();
  return all;
};

console.log(JSON.stringify(await crowd(JSON.parse(process.argv[2] ?? '{}') as CrowdOptions)));
