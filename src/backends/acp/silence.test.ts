import { describe, expect, test } from 'vitest';
import { chunk, never, openWorld, permission, probe, text, update } from './testing.ts';

type World = Awaited<ReturnType<typeof openWorld>>;

const working = async () => {
  const world = await openWorld();
  await world.backend.perform(world.key, { kind: 'prompt', turn: 't', prompt: text('go') }, never);
  const { id } = await world.agent.next('session/prompt');
  return { ...world, request: id };
};

/** What the link said since the session was ready. */
const told = (world: World): (number | undefined)[] =>
  world
    .events(world.key)
    .flatMap((event) => (event.kind === 'link' && event.link.state === 'ready' ? [event.link.silent] : []))
    .slice(1);

describe('an agent that says nothing while it works', () => {
  test('[I14] is told to be silent after 40 s, then once a minute; its next word ends that, before it', async () => {
    const world = await working();
    world.clock.advance(39_999);
    expect(told(world)).toEqual([]);
    world.clock.advance(1);
    world.clock.advance(120_000);
    expect(told(world)).toEqual([40, 100, 160]);
    await world.agent.say(update(chunk('here I am')));
    await probe(world);
    expect(world.events(world.key).slice(-2)).toMatchObject([
      { kind: 'link', link: { state: 'ready' } },
      { kind: 'update' },
    ]);
    expect(told(world).at(-1)).toBeUndefined();
    expect(world.agent.ended).toBe(false);
  });

  test('[I14] one that speaks now and then is told of once a minute at most', async () => {
    const world = await working();
    for (let second = 0; second < 300; second += 45) {
      world.clock.advance(45_000);
      await world.agent.say(update(chunk('.')));
      await probe(world);
    }
    const silences = told(world).filter((seconds) => seconds !== undefined);
    expect(silences.length).toBeGreaterThan(1);
    expect(silences.length).toBeLessThanOrEqual(5);
  });

  test('[I14] one that waits for a person is not silent', async () => {
    const world = await working();
    await world.agent.say(permission(7));
    await probe(world);
    world.clock.advance(600_000);
    expect(told(world)).toEqual([]);
    const question = world.events(world.key).find((event) => event.kind === 'question/asked');
    if (question?.kind !== 'question/asked') throw new Error('Nothing was asked.');
    const { id, hash } = question.question;
    const outcome = { kind: 'selected', option: 'yes' } as const;
    await world.backend.perform(world.key, { kind: 'question/answer', question: id, hash, outcome }, never);
    world.clock.advance(80_000);
    expect(told(world).length).toBeGreaterThan(0);
  });

  test('[I13] no timer is left when no turn runs: after its end, a close, or the agent’s death', async () => {
    const world = await working();
    expect(world.clock.waiting).toBe(1);
    await world.agent.say({ id: world.request, result: { stopReason: 'end_turn' } });
    await probe(world);
    expect(world.clock.waiting).toBe(0);
    const closed = await working();
    const closing = closed.backend.perform(closed.key, { kind: 'close' }, never);
    expect(closed.clock.waiting).toBe(0);
    await closed.agent.answer('session/close', {});
    await closing;
    const dying = await working();
    await dying.agent.exit({ code: 1, signal: null });
    while (dying.backend.state !== 'failed') await new Promise((resolve) => setImmediate(resolve));
    expect(dying.clock.waiting).toBe(0);
  });
});
