import { describe, expect, test } from 'vitest';
import { Failure } from '../../src/base/failure.ts';
import { type ExecutionWorld, executionWorld, never, shownTerminal } from '../fakes/executionWorld.ts';
import { until } from '../tools/until.ts';
import { type Direction, FrameProxy } from './frameProxy.ts';

const LINE = 'echo one; echo two; read word; echo "got $word"; exit 5';

/** What the command wrote: without what was typed, and without what we say ourselves. */
const written = (text: string): string => text.replaceAll(/^\[.*\]\n/gmu, '').replaceAll(/^hallo\n/gmu, '');

/** Works in a terminal there, whatever breaks in between. @returns undefined where nobody knows whether it was begun */
const work = async ({ host }: ExecutionWorld): Promise<{ text: string; code: number | null } | undefined> => {
  await until('a connection', () => host.reach(never).then(() => true));
  const shown = await shownTerminal(host, LINE).catch((failure: unknown) => {
    if (failure instanceof Failure && failure.code === 'lost') return undefined;
    throw failure;
  });
  if (shown === undefined) return undefined;
  await until('both lines', () => shown.text.includes('two'));
  let noted = -1;
  const typing = async (): Promise<boolean> => {
    const notes = shown.text.split('may not have arrived').length - 1;
    if (notes > noted) shown.terminal.write('hallo\r');
    noted = notes;
    return shown.text.includes('got hallo\n');
  };
  await until('the answer', typing);
  return { text: written(shown.text), code: (await shown.terminal.exited).code };
};

/** Of the conversation, frames in each direction after which it is cut: it has about so many. */
const FRAMES = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12];

describe.each(['up', 'down'] as const satisfies readonly Direction[])('cut, in the frames that go %s', (direction) => {
  test.each([false, true])(
    '[environment 11] after each frame of a conversation (torn: %s), a command runs once and all that it wrote is there',
    async (torn) => {
      let [begun, cut] = [0, 0];
      for (const frames of FRAMES) {
        // The proxy is asked for its port before the client, and led to the host after it.
        const proxy = await FrameProxy.listen(frames + 1, 0);
        const world = await executionWorld({ ours: true, port: proxy.port });
        proxy.to = world.fake.port;
        proxy.cutAt(direction, frames, torn);
        try {
          const done = await work(world);
          const asked = world.fake.asked('bash').length;
          expect(asked).toBeLessThanOrEqual(1);
          if (done === undefined) continue;
          begun += 1;
          expect(asked).toBe(1);
          expect(done).toEqual({ text: 'one\ntwo\ngot hallo\n', code: 5 });
        } finally {
          if (!proxy.armed) cut += 1;
          await world[Symbol.asyncDispose]();
          await proxy[Symbol.asyncDispose]();
        }
      }
      // It is not longer than that everywhere.
      expect(cut).toBeGreaterThanOrEqual(5);
      // In all but those few that were cut while it was being asked.
      expect(begun).toBeGreaterThanOrEqual(FRAMES.length - 4);
    },
  );
});

test('[environment 11] after a cut the same session goes on, and what is left ends what ran', async () => {
  await using world = await executionWorld({ ours: true });
  await world.host.reach(never);
  const shown = await shownTerminal(world.host, 'echo here; sleep 600');
  await until('it', () => shown.text.includes('here'));
  world.fake.cut();
  await until('another connection', () => world.fake.asked('session').includes('heartbeat'));
  await until('the state', () => world.host.state === 'connected');
  expect(world.fake.asked('session')).toEqual(['open', 'heartbeat']);
  expect(world.fake.running).toBe(1);
  await shown.terminal[Symbol.asyncDispose]();
  await world.host.close();
  expect([world.fake.running, world.fake.hasSession]).toEqual([0, false]);
});

test('[environment 10 restarted] a host that is started again: what ran ends with words, and the next begins anew', async () => {
  await using world = await executionWorld({ ours: true });
  await world.host.reach(never);
  const shown = await shownTerminal(world.host, 'echo here; sleep 600');
  await until('it', () => shown.text.includes('here'));
  world.fake.restart();
  expect(await shown.terminal.exited).toEqual({ code: null, signal: null });
  expect(shown.text).toMatch(/\[.*started again, and knows nothing of what ran before\. Start it again\.\]\n$/u);
  const next = await shownTerminal(world.host, 'echo anew');
  expect((await next.terminal.exited).code).toBe(0);
  expect(next.text).toBe('anew\n');
});

test('[environment 10 session] a session that ended there: what ran says so, and the next command opens another', async () => {
  await using world = await executionWorld();
  await world.host.reach(never);
  const shown = await shownTerminal(world.host, 'echo here; sleep 600');
  await until('it', () => shown.text.includes('here'));
  world.fake.expire();
  await shown.terminal.exited;
  expect(shown.text).toMatch(/\[Box has ended the session, and what ran in it\./u);
  expect((await (await shownTerminal(world.host, 'exit 3')).terminal.exited).code).toBe(3);
  expect(world.fake.asked('session')).toEqual(['open', 'open']);
});

test('[environment 10 terminal] a flood: what the host keeps of it arrives, and what is missing is said', async () => {
  await using world = await executionWorld({ ours: true, cap: 20_000 });
  await world.host.reach(never);
  const shown = await shownTerminal(world.host, 'i=0; while [ $i -lt 20000 ]; do i=$((i+1)); echo "number $i"; done');
  expect((await shown.terminal.exited).code).toBe(0);
  expect(shown.text.endsWith('number 20000\n')).toBe(true);
  const missing = [...shown.text.matchAll(/\[(\d+) characters are left out here: .*\]\n/gu)];
  const left = missing.reduce((sum, [, count]) => sum + Number(count), 0);
  const notes = missing.reduce((sum, [note]) => sum + note.length, 0);
  const all = Array.from({ length: 20_000 }, (_, at) => `number ${at + 1}\n`.length).reduce(
    (sum, length) => sum + length,
    0,
  );
  // A note begins a line of its own.
  expect(shown.text.length - notes + left - all).toBeGreaterThanOrEqual(0);
  expect(shown.text.length - notes + left - all).toBeLessThanOrEqual(missing.length);
});
