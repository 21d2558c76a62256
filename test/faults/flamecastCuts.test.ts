import { describe, expect, test } from 'vitest';
import type { SessionKey } from '../../src/model/session.ts';
import type { FlamecastOptions } from '../fakes/flamecast/options.ts';
import { FakeFlamecast } from '../fakes/flamecast/server.ts';
import type { FlamecastFakeSession, Json } from '../fakes/flamecast/session.ts';
import { FlamecastWorld } from '../fakes/flamecastWorld.ts';
import { until } from '../tools/until.ts';
import { FrameProxy } from './frameProxy.ts';

/** The recorded turn: a call that asks, and so many words. */
const PROMPT = 'tool ask count 4';
const GAP = 'notice: Something may be missing here.';

/** What the fake has said of a session, told by somebody who knows nothing of our fold. */
const told = ({ made }: FlamecastFakeSession): string => {
  const lines: string[] = [];
  const calls = new Map<unknown, { at: number; title: string }>();
  for (const { type, data } of made.map(({ event }) => event)) {
    if (type !== 'rpc') continue;
    const { method, phase, payload } = data as { method: string; phase: string; payload: Json };
    const { prompt, update } = payload as { prompt?: readonly { text: string }[]; update?: Json };
    if (method === 'session/prompt' && phase === 'request') lines.push(`user: ${prompt?.[0]?.text}`);
    if (update?.['sessionUpdate'] === 'tool_call')
      calls.set(update['toolCallId'], { at: lines.push('') - 1, title: String(update['title']) });
    const call = calls.get(update?.['toolCallId']);
    if (call !== undefined) lines[call.at] = `tool: ${call.title} ${String(update?.['status'])}`;
    const { text } = (update?.['content'] ?? {}) as { text?: string };
    if (text === undefined) continue;
    if (lines.at(-1)?.startsWith('agent: ') === true) lines[lines.length - 1] += text;
    else lines.push(`agent: ${text}`);
  }
  return lines.join('\n');
};

const scene = async (options: Partial<FlamecastOptions> = {}) => {
  const fake = await FakeFlamecast.listen(options);
  const proxy = await FrameProxy.listen(1, fake.port);
  const world = FlamecastWorld.through(fake, proxy.port);
  const close = async (): Promise<void> => {
    await world[Symbol.asyncDispose]();
    await proxy[Symbol.asyncDispose]();
  };
  return { fake, proxy, world, [Symbol.asyncDispose]: close };
};

/** Answered by another device, whenever it is asked; and nobody waits for longer and longer. */
const goOn = async (world: FlamecastWorld, key: SessionKey): Promise<void> => {
  await until('the end of the turn', () => {
    const far = world.far(key);
    if (far.pending !== undefined) far.answer(String(far.pending['requestId']), { optionId: 'yes' });
    world.backend.retry();
    const { turn, link } = world.of(key);
    return turn.state === 'idle' && link.state === 'ready' && !far.running && far.made.length > 0;
  });
};

/** All that was said is here, and nothing twice; or it is said that something is missing, or that it was told anew. */
const checked = async (world: FlamecastWorld, key: SessionKey): Promise<void> => {
  const isWhole = (): boolean => world.text(key) === told(world.far(key)) || world.text(key).includes(GAP);
  // What is missing is shown by the comparison.
  await until('all of it', isWhole, 5000).catch(() => undefined);
  if (!world.text(key).includes(GAP)) expect(world.text(key)).toBe(told(world.far(key)));
  expect(world.of(key).questions).toEqual([]);
};

describe('the recorded turn of a Flamecast session, cut', () => {
  const hosts = [
    ['Go', {}],
    ['Node', { node: true }],
    ['late', { late: true }],
    ['crossed', { crossed: true }],
  ] as const;
  describe.each(hosts)('of the host %s', (_, options) => {
    test.each([false, true])(
      '[flamecast 5] at each frame that comes (torn: %s): what is shown is what was said',
      async (torn) => {
        for (let frames = 0, cut = true; cut; frames += 1) {
          await using it = await scene(options);
          const { world, proxy } = it;
          const session = it.fake.open();
          await world.backend.reach(new AbortController().signal);
          proxy.cutAt('down', frames, torn);
          const key = await world.adopt(session.id);
          await world.prompt(key, PROMPT);
          await goOn(world, key);
          await checked(world, key);
          expect(world.text(key)).not.toContain(GAP);
          cut = !proxy.armed;
          // Else nothing was cut at all.
          if (!cut) expect(frames).toBeGreaterThan(10);
        }
      },
    );
  });

  test('[flamecast 5] at each frame that goes: it is subscribed to again, and nothing is missing', async () => {
    for (let frames = 0; frames < 2; frames += 1) {
      await using it = await scene();
      const { world, proxy } = it;
      const session = it.fake.open();
      await session.prompt('count 3');
      await world.backend.reach(new AbortController().signal);
      proxy.cutAt('up', 0, frames === 1);
      const key = await world.adopt(session.id);
      await until('the cut', () => !proxy.armed);
      await world.prompt(key, PROMPT);
      await goOn(world, key);
      await checked(world, key);
    }
  });

  test.each([
    ['the server’s stream', { noSocket: true }],
    ['the socket of one session', { legacy: true }],
  ] as const)(
    '[flamecast 3] [flamecast 6] after each event, by %s: what is shown is what was said',
    async (_, options) => {
      const cutAfter = async (events: number): Promise<boolean> => {
        await using it = await scene(options);
        const { world, fake } = it;
        const session = fake.open();
        const key = await world.adopt(session.id);
        let cut = false;
        fake.told = ({ made }) => {
          if (made.length !== events) return;
          cut = true;
          fake.cut();
        };
        await world.prompt(key, PROMPT);
        await goOn(world, key);
        await checked(world, key);
        return cut;
      };
      // At the same time: an older host is waited for, whether it says that we are connected.
      const cuts = await Promise.all(Array.from({ length: 16 }, (_event, at) => cutAfter(at + 1)));
      expect(cuts.indexOf(false)).toBeGreaterThan(8);
    },
  );

  test('[flamecast 11.7] started again after each event: a gap is told, and what comes after it is here', async () => {
    for (let events = 1, again = true; again; events += 1) {
      await using it = await scene();
      const { world, fake } = it;
      const session = fake.open();
      const key = await world.adopt(session.id);
      again = false;
      fake.told = ({ made }) => {
        if (made.length !== events) return;
        again = true;
        fake.restart();
      };
      await world.prompt(key, PROMPT);
      await goOn(world, key);
      fake.told = undefined;
      await world.prompt(key, 'afterwards');
      await goOn(world, key);
      await world.says(key, 'You said: afterwards');
      const said = world.text(key);
      if (said !== told(session)) expect(said).toContain(GAP);
      expect(said.split('You said: afterwards')).toHaveLength(2);
    }
  });

  test('[flamecast 11.7] started again before any of it was heard: a gap is told', async () => {
    await using it = await scene();
    const { world, proxy, fake } = it;
    const session = fake.open();
    const key = await world.adopt(session.id);
    // Nothing comes from now on, and nobody gets in again.
    proxy.cutAt('down', 0, true);
    fake.host.away = true;
    fake.told = ({ made }) => {
      if (made.length !== 3) return;
      fake.host.away = false;
      fake.restart();
    };
    await world.prompt(key, PROMPT);
    await goOn(world, key);
    expect(world.text(key).split(GAP)).toHaveLength(2);
  });

  test('[flamecast 3] with the request of the prompt as well: its turn goes on, and ends when that is told', async () => {
    await using it = await scene();
    const { world, proxy } = it;
    const key = await world.session();
    await world.prompt(key, 'count 3 hold');
    await world.says(key, 'word-1');
    proxy.down = true;
    proxy.cut();
    await until('the cut', () => world.of(key).link.state === 'reconnecting');
    expect(world.of(key).turn.state).toBe('running');
    proxy.down = false;
    world.backend.retry();
    await world.ready(key);
    world.far(key).release();
    await goOn(world, key);
    await checked(world, key);
    expect(world.of(key).turn).toMatchObject({ last: { reason: 'end_turn' } });
  });

  test('[flamecast 3] a prompt that never arrived is said to have failed, and not asked again', async () => {
    await using it = await scene();
    const { world, proxy, fake } = it;
    const key = await world.session();
    proxy.down = true;
    await world.prompt(key, 'lost on its way');
    proxy.cut();
    await until('the cut', () => world.of(key).link.state === 'reconnecting');
    proxy.down = false;
    world.backend.retry();
    await world.ready(key);
    await until('its end', () => world.of(key).turn.state === 'idle');
    expect(world.of(key).turn).toMatchObject({
      last: { reason: 'failed', error: { message: expect.stringContaining('It is not known whether this arrived') } },
    });
    expect(fake.asked.filter(({ path }) => path.endsWith('/prompts'))).toEqual([]);
  });
});
