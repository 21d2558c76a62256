// What a session leaves in memory that was opened, spoken with, closed, looked at again and left alone.
//   node test/bench/asleep.ts
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { linkedPair } from '../../src/base/duplex.ts';
import { silent } from '../../src/base/log.ts';
import { systemClock } from '../../src/machine/clock.ts';
import type { SessionKey } from '../../src/model/session.ts';
import type { FromSurface, ToSurface } from '../../src/protocol/view/messages.ts';
import { VIEW_VERSION } from '../../src/protocol/view/messages.ts';
import { Router } from '../../src/router/router.ts';
import { until } from '../tools/until.ts';
import { watchAlive } from './alive.ts';
import { collected, heap } from './heap.ts';
import { openKeep } from './keep.ts';
import { openDoor } from './openDoor.ts';
import { counted, report, type Row, rounded } from './row.ts';
import { INTRODUCTION, scriptedAgent } from './scriptedAgent.ts';
import { traffic } from './traffic.ts';

const SESSIONS = 500;
/** Those that come first: for what is made once, such as compiled code. */
const FIRST = 100;
const UPDATES = 200;
const AT_ONCE = 10;
const never = new AbortController().signal;

const open = (root: string) => {
  const keep = openKeep(root);
  const { store, catalogue } = keep;
  const router = new Router({ store, clock: systemClock, log: silent });
  let opened = 0;
  const agent = scriptedAgent(({ method, params: { sessionId } }, say) => {
    if (method === 'initialize') return INTRODUCTION;
    if (method === 'session/new') return { sessionId: `s${(opened += 1)}` };
    say(traffic(UPDATES).map((line) => line.replace('"sessionId":"s"', `"sessionId":"${sessionId}"`)));
    return { stopReason: 'end_turn' };
  });
  router.add(agent.backend(store));
  const [core, page] = linkedPair<unknown, ToSurface>();
  const door = openDoor({ store, router, catalogue }, core);
  const writer = page.writable.getWriter();
  const say = (message: FromSurface): void => void writer.write([message]);
  const shown = new Set<SessionKey>();
  void (async () => {
    for await (const batch of page.readable)
      for (const message of batch) if (message.type === 'snapshot') shown.add(message.key);
  })();
  say({ type: 'hello', version: VIEW_VERSION });
  return {
    async live(): Promise<void> {
      const key = await router.newSession({ backend: 'a', cwd: '/w' }, never);
      await router.prompt(key, [{ type: 'text', text: `What is ${key}?` }], 'editor', never);
      await router.perform(key, { kind: 'close' }, 'editor', never);
      await keep.journal.close(key);
      // A page looks at it, which reads it from the disk, and turns to something else.
      say({ type: 'attach', key });
      await until('the session on the page', () => Promise.resolve(shown.delete(key)));
      say({ type: 'detach', key });
      catalogue.rest(key);
      await keep.journal.close(key);
      if (store.get(key) !== undefined || catalogue.get(key)?.asleep !== true) throw new Error('It does not sleep.');
    },
    sleeping: () => catalogue.all().length,
    async close(): Promise<void> {
      door.dispose();
      await router.dispose();
      await keep.close();
    },
  };
};

async function measure(): Promise<readonly Row[]> {
  const root = await mkdtemp(join(tmpdir(), 'wheelhouse-asleep-'));
  const alive = watchAlive();
  const world = open(root);
  const live = async (sessions: number): Promise<void> => {
    const one = async (): Promise<void> => {
      for (let count = 0; count < sessions / AT_ONCE; count += 1) await world.live();
    };
    await Promise.all(Array.from({ length: AT_ONCE }, one));
  };
  try {
    await live(FIRST);
    const before = heap();
    await live(SESSIONS);
    const each = (heap() - before) / SESSIONS;
    for (let turns = 0; turns < 5; turns += 1) await alive.turn();
    if (world.sleeping() !== FIRST + SESSIONS) throw new Error(`${world.sleeping()} sessions sleep.`);
    return [
      counted('asleep heap', rounded(each / 1000), 'KB/session', 40),
      counted('asleep timers', alive.count().timers, 'timers', 0),
    ];
  } finally {
    alive.end();
    await world.close();
    await rm(root, { recursive: true, force: true });
  }
}

export const asleepRows = (): Promise<readonly Row[]> => collected(import.meta.filename, 2);

if (import.meta.main) report(globalThis.gc === undefined ? await asleepRows() : await measure());
