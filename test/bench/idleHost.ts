// What a background host and a window on it do while nobody wants anything: sixteen sessions are live, and the others of
// five hundred sleep. A thread that nothing wakes is not switched to by the system, which counts that.
//   node test/bench/idleHost.ts
import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import type { SessionKey } from '../../src/model/session.ts';
import { bundled, bundledFile } from './bundle.ts';
import { end, firstLine, startHost } from './hostProcess.ts';
import type { IdleOptions } from './idleWindow.ts';
import type * as keep from './keep.ts';
import { newSession, usual } from './past.ts';
import { counted, report, type Row } from './row.ts';

const [LIVE, ASLEEP] = [16, 484];
/** Milliseconds that are counted. They lie between two beats, by which the host says every 15 s, all at once, that it lives. */
const COUNTED = 10_000;
/** How often is looked for the beat, and when it is over. */
const [LOOK, OVER] = [50, 1000];
/** How long nothing happens at rest, and how long is waited for that. */
const [REST, PATIENCE] = [7000, 60_000];
/** Without V8's own looks at how much garbage there is, which it takes now and then in every program. */
const FLAGS = ['--no-memory-reducer'];

export async function idleHostRows(): Promise<readonly Row[]> {
  const { leave } = (await bundled('keep')) as typeof keep;
  const fill = async (journal: string): Promise<void> => {
    for (let index = 0; index < ASLEEP; index += 1)
      await leave(journal, newSession(`asleep${index}` as SessionKey, '/w'), usual(20));
  };
  await using host = await startHost(fill, FLAGS);
  const options: IdleOptions = { address: host.address, root: host.root, live: LIVE };
  const program = await bundledFile('idleWindow');
  const window = spawn(process.execPath, [...FLAGS, program, JSON.stringify(options)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    const sessions = Number(await firstLine(window));
    if (sessions !== LIVE + ASLEEP) throw new Error(`The window knows ${sessions} sessions.`);
    const both = async (): Promise<readonly number[]> =>
      Promise.all([host.pid, window.pid ?? 0].map((pid) => wakeUps(pid)));
    await standsStill(() => wakeUps(host.pid), { look: LOOK, rest: REST, patience: PATIENCE });
    const atRest = await both();
    await beat(host.pid);
    const before = await both();
    await pause(COUNTED);
    const after = await both();
    const [ofHost = Number.NaN, ofWindow = Number.NaN] = between(before, after);
    const unit = 'wake-ups in 10 s between beats';
    return [
      counted('idle host, 16 live and 484 asleep', ofHost, unit, 0, { inBeat: between(atRest, before) }),
      counted('idle window on it', ofWindow, unit, 0),
    ];
  } finally {
    await end(window);
  }
}

const between = (before: readonly number[], after: readonly number[]): readonly number[] =>
  after.map((count, index) => count - (before[index] ?? Number.NaN));

/** What was started has still something to do, which is waited for. Where there is no rest, the count tells. */
export const standsStill = async (
  count: () => Promise<number>,
  times: { readonly look: number; readonly rest: number; readonly patience: number },
): Promise<void> => {
  const until = performance.now() + times.patience;
  let [last, since] = [await count(), performance.now()];
  while (performance.now() < until && performance.now() - since < times.rest) {
    await pause(times.look);
    const now = await count();
    if (now !== last) [last, since] = [now, performance.now()];
  }
};

/** Waits for the next beat of a process, until it is over. */
const beat = async (pid: number): Promise<void> => {
  const before = await wakeUps(pid);
  while ((await wakeUps(pid)) === before) await pause(LOOK);
  await pause(OVER);
};

/** How often the system has switched to the main thread of a process, whether it had given way by itself or not. */
const wakeUps = async (pid: number): Promise<number> => {
  const status = await readFile(`/proc/${pid}/task/${pid}/status`, 'utf8');
  return [...status.matchAll(/ctxt_switches:\s*(\d+)/gu)].reduce((sum, [, count]) => sum + Number(count), 0);
};

if (import.meta.main) report(await idleHostRows());
