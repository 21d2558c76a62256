import { describe, expect, test } from 'vitest';
import type { SessionKey } from '../../model/session.ts';
import {
  chunk,
  intro,
  keyOf,
  never,
  openWorld,
  permission,
  probe,
  type ScriptedAgent,
  scriptedWorld,
  type ScriptedWorld,
  update,
} from './testing.ts';

const CRASH = { code: 1, signal: null };

/** Lets promises settle until it is so. */
const tick = async (is: () => boolean): Promise<void> => {
  while (!is()) await new Promise((resolve) => setImmediate(resolve));
};

const create = (world: ScriptedWorld, name: string): Promise<void> =>
  world.backend.create(keyOf(name), { cwd: '/ws' }, never);

/** Takes the start of a session from its beginning to its end. */
const open = async (world: ScriptedWorld, name: string): Promise<ScriptedAgent> => {
  const started = world.started();
  const created = create(world, name);
  const agent = await started;
  await agent.answer('initialize', intro);
  await agent.answer('session/new', { sessionId: name });
  await created;
  return agent;
};

/** It is opened, lives for twenty seconds and ends, so many times. */
const endAgainAndAgain = async (world: ScriptedWorld, name: string, times: number): Promise<void> => {
  const there = (): boolean => world.agents.at(-1)?.ended === false;
  for (let nth = 0; nth < times; nth += 1) {
    const opening = open(world, `${name}${nth}`);
    await tick(() => there() || world.clock.waiting > 0);
    for (let second = 0; second < 30 && !there(); second += 1) {
      world.clock.advance(1000);
      await tick(() => there() || world.clock.waiting > 0);
    }
    const agent = await opening;
    world.clock.advance(20_000);
    await agent.exit(CRASH);
    await tick(() => world.backend.state === 'failed');
  }
};

const again = (world: ScriptedWorld, key: SessionKey): (number | undefined)[] =>
  world.events(key).flatMap((event) => (event.kind === 'link' ? [event.link.again] : []));

describe('a new session and an agent that is gone', () => {
  test('[demand 16] one whose process has ended is not asked, though its output is still held open', async () => {
    const world = await openWorld();
    const { agent } = world;
    // A child of it holds the pipe: nothing but the exit tells that it is gone.
    agent.exits(CRASH);
    await tick(() => world.backend.figures.state === 'running');
    const started = world.started();
    const created = create(world, 'k2');
    await agent.hangUp();
    const next = await started;
    await next.answer('initialize', intro);
    await next.answer('session/new', { sessionId: 's' });
    await created;
    await expect(agent.hear()).rejects.toThrow('hung up');
    expect(world.agents).toHaveLength(2);
  });

  test('[demand 16] one that has closed its output and lives is ended, and another one is started', async () => {
    const world = await openWorld();
    await world.agent.hangUp();
    await tick(() => world.clock.waiting > 0);
    const started = world.started();
    const created = create(world, 'k2');
    world.clock.advance(1000);
    const next = await started;
    await next.answer('initialize', intro);
    await next.answer('session/new', { sessionId: 's' });
    await created;
    expect([world.agent.ended, world.agents.length]).toEqual([true, 2]);
  });

  test('[demand 16] one that has closed its input and lives is ended, its sessions told, and asked again elsewhere', async () => {
    const world = await openWorld();
    await world.agent.deafen();
    const started = world.started();
    const created = create(world, 'k2');
    await tick(() => world.clock.waiting > 0);
    world.clock.advance(1000);
    const next = await started;
    await next.answer('initialize', intro);
    await next.answer('session/new', { sessionId: 's' });
    await created;
    expect(world.agent.ended).toBe(true);
    expect(world.events(world.key).at(-1)).toMatchObject({
      kind: 'link',
      link: { state: 'failed', detail: expect.stringContaining('closed its input') as string },
    });
  });

  test('[demand 16] one that dies while it is asked is asked for once more, of another process, and only once', async () => {
    const world = await openWorld();
    const started = world.started();
    const created = create(world, 'k2');
    await world.agent.next('session/new');
    await world.agent.exit(CRASH);
    const next = await started;
    await next.answer('initialize', intro);
    await next.next('session/new');
    const refused = expect(created).rejects.toMatchObject({ code: 'agent gone' });
    await next.exit(CRASH);
    await refused;
    expect(world.agents).toHaveLength(2);
  });
});

describe('an agent that ends again and again', () => {
  test('[demand 16] is started at once after its first end, and later ones are waited for in words', async () => {
    const world = scriptedWorld();
    await endAgainAndAgain(world, 'a', 4);
    // The waits after the second and the third end are below a second, and nobody is told of them.
    expect(again(world, keyOf('a3')).filter((seconds) => seconds !== undefined)).toEqual([]);
    expect(world.backend.figures).toMatchObject({ ends: 4, givenUp: false, state: 'failed' });
    await endAgainAndAgain(world, 'e', 14);
    const told = Array.from({ length: 14 }, (_, nth) =>
      again(world, keyOf(`e${nth}`)).find((one) => one !== undefined),
    );
    const longest = Math.max(...told.map((seconds) => seconds ?? 0));
    expect(longest).toBeGreaterThan(10);
    expect(longest).toBeLessThanOrEqual(30);
  });

  test('[demand 16] a restart does not wait, and the seconds are counted down until then', async () => {
    const world = scriptedWorld();
    // Chance has its longest day.
    Object.assign(world.clock, { id: () => 'slow' });
    await endAgainAndAgain(world, 'a', 9);
    const waiting = create(world, 'waits');
    await tick(() => world.clock.waiting > 0);
    const [first = 0] = again(world, keyOf('waits')).filter((seconds) => seconds !== undefined);
    expect(first).toBeGreaterThan(2);
    world.clock.advance(1000);
    await tick(() => again(world, keyOf('waits')).includes(first - 1));
    const refused = expect(waiting).rejects.toMatchObject({ code: 'stopped' });
    await world.backend.stop();
    await refused;
    expect(world.backend.state).toBe('stopped');
    await open(world, 'now');
    expect(world.backend.figures).toMatchObject({ ends: 0, state: 'running' });
  });

  test('[demand 16] one that never worked says so at each start, and after five only a person starts it', async () => {
    const world = scriptedWorld();
    for (let nth = 0; nth < 5; nth += 1) {
      const started = world.started();
      const refused = expect(create(world, `k${nth}`)).rejects.toMatchObject({ code: 'agent gone' });
      await tick(() => world.agents.length > nth || world.clock.waiting > 0);
      world.clock.advance(4000);
      const agent = await started;
      await agent.next('initialize');
      agent.stderr = 'no such option: --acp';
      await agent.exit({ code: 2, signal: null });
      await refused;
    }
    await expect(create(world, 'k')).rejects.toMatchObject({
      code: 'given up',
      message: expect.stringMatching(/ended 5 times .* no such option: --acp/u) as string,
      next: expect.stringContaining('restart') as string,
    });
    expect([world.agents.length, world.backend.figures.givenUp]).toEqual([5, true]);
    await world.backend.stop();
    await open(world, 'now');
    expect(world.agents).toHaveLength(6);
  });

  test('[demand 16] one that has worked is tried again by itself while it starts, until five ends', async () => {
    const world = scriptedWorld();
    const first = await open(world, 'a');
    await first.exit(CRASH);
    await tick(() => world.backend.state === 'failed');
    const refused = expect(create(world, 'b')).rejects.toMatchObject({ code: 'given up' });
    for (let nth = 1; nth < 5; nth += 1) {
      await tick(() => world.agents.length > nth || world.clock.waiting > 0);
      world.clock.advance(4000);
      await tick(() => world.agents.length > nth);
      await world.agents[nth]?.next('initialize');
      await world.agents[nth]?.exit(CRASH);
    }
    await refused;
    expect(world.agents).toHaveLength(5);
  });

  test('[demand 16] sixty seconds of health, and all is forgotten', async () => {
    const world = scriptedWorld();
    for (const name of ['a', 'b', 'c', 'd', 'e', 'f', 'g']) {
      const agent = await open(world, name);
      expect(again(world, keyOf(name)).filter((seconds) => seconds !== undefined)).toEqual([]);
      world.clock.advance(60_000);
      await agent.exit(CRASH);
      await tick(() => world.backend.state === 'failed');
      expect(world.backend.figures.ends).toBe(1);
    }
  });
});

describe('what is known of an agent', () => {
  test('[demand 16] its process, what it declared, and what it was seen to do', async () => {
    const world = await openWorld({}, { capabilities: { terminal: false } });
    expect(world.backend.figures).toMatchObject({
      state: 'running',
      pid: 1,
      since: expect.any(Number) as number,
      intro: { version: '1.2.3' },
      declared: ['promptCapabilities.image', 'sessionCapabilities.close'],
      seen: [],
    });
    expect(world.backend.figures.offered).toContain('fs.readTextFile');
    expect(world.backend.figures.offered).not.toContain('terminal');
    await world.agent.say(
      update(chunk('a')),
      update(chunk('b')),
      update({ sessionUpdate: 'new_thing' }),
      permission('p'),
    );
    await probe(world);
    expect(world.backend.figures.seen).toEqual(['agent_message_chunk', 'new_thing', 'session/request_permission']);
    const many = Array.from({ length: 300 }, (_, nth) => update({ sessionUpdate: `kind${nth}`.padEnd(500, 'x') }));
    await world.agent.say(...many);
    await probe(world);
    expect(world.backend.figures.seen).toHaveLength(100);
    expect(Math.max(...world.backend.figures.seen.map(({ length }) => length))).toBe(61);
    await world.agent.exit(CRASH);
    await tick(() => world.backend.state === 'failed');
    expect(world.backend.figures).not.toHaveProperty('pid');
  });
});
