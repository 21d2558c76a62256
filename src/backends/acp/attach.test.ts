import { describe, expect, test, vi } from 'vitest';
import type { SessionEvent } from '../../model/event.ts';
import {
  chunk,
  intro,
  keyOf,
  kinds,
  type Message,
  never,
  permission,
  probe,
  type ScriptedAgent,
  scriptedWorld,
  type ScriptedWorld,
  stages,
  text,
  update,
} from './testing.ts';

const key = keyOf('k');
const modes = { currentModeId: 'ask', availableModes: [{ id: 'ask', name: 'Ask' }] };
const HAVE = { cwd: '/ws/p', haveHistory: true };

/** What an agent can do about sessions that it had before. */
const able = ({ resume = false, load = false }): Message => ({
  ...intro,
  agentCapabilities: { loadSession: load, sessionCapabilities: { close: {}, ...(resume ? { resume: {} } : {}) } },
});

/** A backend whose agent has just been started for a session `s` that it may know. */
const attaching = async (abilities: Parameters<typeof able>[0], options = HAVE, signal = never, name = 'scripted') => {
  const world = scriptedWorld(name === 'gemini-cli' ? { command: 'gemini' } : {});
  const started = world.started();
  const attached = world.backend.attach(key, 's', options, signal);
  attached.catch(() => undefined);
  const agent = await started;
  await agent.answer('initialize', { ...able(abilities), agentInfo: { name, version: '1' } });
  return { ...world, agent, attached };
};

const refuse = async (agent: ScriptedAgent, method: string, code: number, message = 'no'): Promise<void> => {
  const { id } = await agent.next(method);
  await agent.say({ id, error: { code, message } });
};

const last = (world: ScriptedWorld, kind: SessionEvent['kind']): SessionEvent | undefined =>
  world.events(key).findLast((event) => event.kind === kind);

describe('a session that the agent had before', () => {
  test('[acp 3] [acp 4.1.15] is resumed where the agent can: nothing is told again, its modes are those of the answer', async () => {
    const world = await attaching({ resume: true, load: true });
    expect(await world.agent.answer('session/resume', { modes })).toEqual({
      sessionId: 's',
      cwd: '/ws/p',
      mcpServers: [],
    });
    expect(await world.attached).toEqual({ kind: 'attached' });
    expect(stages(world)).toEqual(['starting', 'initializing', 'opening the session', 'ready']);
    expect(last(world, 'session/opened')).toMatchObject({ agentSession: 's', options: [{ id: 'mode' }] });
    await world.backend.perform(key, { kind: 'prompt', turn: 't', prompt: text('on') }, never);
    expect((await world.agent.next('session/prompt')).params['sessionId']).toBe('s');
  });

  test('[acp 3] [acp 4.1.15] is loaded where it cannot be resumed; the past that we have is dropped, what is true now is kept', async () => {
    const world = await attaching({ load: true });
    const { id } = await world.agent.next('session/load');
    expect(stages(world).at(-1)).toBe('replaying');
    const long = Array.from({ length: 5000 }, (_, index) => update(chunk(`told ${index}`)));
    await world.agent.say(...long, update({ sessionUpdate: 'usage_update', used: 1, size: 2 }));
    await world.agent.say({ id, result: { modes } }, update(chunk('live')));
    expect(await world.attached).toEqual({ kind: 'attached' });
    await probe(world);
    expect(kinds(world).slice(-4)).toEqual(['session/opened', 'link', 'usage_update', 'agent_message_chunk']);
    expect(kinds(world).filter((kind) => kind === 'agent_message_chunk')).toHaveLength(1);
    expect(world.logged.join()).not.toContain('not open');
  });

  test('[acp 3] [acp 4.1.15] without a past of ours it is loaded, and one reset carries what it tells, in one piece', async () => {
    const world = await attaching({ resume: true, load: true }, { cwd: '/ws/p', haveHistory: false });
    const { id } = await world.agent.next('session/load');
    await world.agent.say(update(chunk('a')), update({ sessionUpdate: 'tool_call', toolCallId: '1', title: 'x' }));
    await probe(world);
    const before = world.batches.length;
    await world.agent.say({ id, result: {} }, update(chunk('live')));
    await world.attached;
    await probe(world);
    expect(world.batches).toHaveLength(before + 1);
    expect(world.batches.at(-1)?.events.map(({ event }) => event.kind)).toEqual([
      'reset',
      'update',
      'update',
      'session/opened',
      'link',
      'update',
    ]);
  });

  describe.each([
    ['that we have', true, ['session/opened', 'link']],
    ['of which we have nothing', false, ['reset', 'update', 'update', 'update', 'session/opened', 'link']],
  ])('[acp 10 gemini] a past %s, told after the answer', (_, haveHistory, expected) => {
    const loading = async () => {
      const world = await attaching({ load: true }, { cwd: '/ws/p', haveHistory }, never, 'gemini-cli');
      const { id } = await world.agent.next('session/load');
      await world.agent.say(update(chunk('first')), { id, result: {} }, update(chunk('second')));
      await probe(world);
      return world;
    };

    test('is over when nothing comes any more, and what comes then is live', async () => {
      const world = await loading();
      world.clock.advance(150);
      await world.agent.say(update(chunk('third')));
      await probe(world);
      world.clock.advance(150);
      const before = world.batches.length;
      expect(stages(world).at(-1)).toBe('replaying');
      world.clock.advance(250);
      expect(await world.attached).toEqual({ kind: 'attached' });
      expect(world.batches.slice(before).map(({ events }) => events.map(({ event }) => event.kind))).toEqual([
        expected,
      ]);
      await world.agent.say(update(chunk('live')));
      await probe(world);
      expect(world.batches.at(-1)?.events).toMatchObject([{ event: { kind: 'update' } }]);
    });

    test('ends with an agent that ends meanwhile', async () => {
      const world = await loading();
      await world.agent.exit({ code: 1, signal: null });
      await vi.waitFor(() => expect(world.backend.state).toBe('failed'));
      world.clock.advance(400);
      await expect(world.attached).rejects.toThrow('ended with exit code 1');
      expect(kinds(world)).not.toContain('session/opened');
    });
  });

  test('[acp 4.1.15] what it would ask while it tells the past is refused at once, and asked of nobody', async () => {
    const world = await attaching({ load: true }, { cwd: '/ws/p', haveHistory: false });
    const { id } = await world.agent.next('session/load');
    await world.agent.say(
      update({ sessionUpdate: 'tool_call', toolCallId: 't1', title: 'x', status: 'pending' }),
      permission('p'),
    );
    expect(await world.agent.next()).toMatchObject({ id: 'p', error: { code: -32002 } });
    await world.agent.say({ id, result: {} });
    await world.attached;
    expect(kinds(world)).not.toContain('question/asked');
    await world.agent.say(permission('q'));
    await probe(world);
    expect(kinds(world)).toContain('question/asked');
  });

  test.each([
    ['claude, codex', -32002],
    ['opencode, gemini, copilot, kimi', -32602],
    ['qwen, cline', -32603],
    ['one that advertises what it has not', -32601],
  ])('[acp 10 %s] unknown to the agent (%d) it goes down the ladder and ends in words', async (_, code) => {
    const world = await attaching({ resume: true, load: true });
    await refuse(world.agent, 'session/resume', code);
    await refuse(world.agent, 'session/load', code, 'No such session.');
    expect(await world.attached).toEqual({
      kind: 'forgotten',
      why: 'Agent does not remember this session. It said: No such session. What was said stays readable; a new prompt starts afresh.',
    });
    expect(kinds(world)).not.toContain('session/opened');
    await probe(world);
  });

  test('[acp 3] [acp 4.1.16] an agent that can neither is asked nothing', async () => {
    const world = await attaching({});
    expect(await world.attached).toMatchObject({
      kind: 'forgotten',
      why: expect.stringContaining('Agent cannot take up a session again') as string,
    });
    await probe(world);
  });

  test('[acp 4] [acp 4.1.22] an agent that wants a sign-in, or dies meanwhile, has forgotten nothing', async () => {
    const signIn = await attaching({ resume: true });
    await refuse(signIn.agent, 'session/resume', -32000);
    await expect.poll(() => kinds(signIn)).toContain('question/asked');
    await signIn.backend.stop();
    await expect(signIn.attached).rejects.toMatchObject({ code: 'stopped' });
    const dying = await attaching({ load: true });
    await dying.agent.next('session/load');
    await dying.agent.exit({ code: 1, signal: null });
    await expect(dying.attached).rejects.toMatchObject({ code: 'agent gone' });
  });

  test('[acp 3] one that was given up while it was being taken up is closed at the agent', async () => {
    const abort = new AbortController();
    const world = await attaching({ resume: true }, HAVE, abort.signal);
    const { id } = await world.agent.next('session/resume');
    abort.abort(new Error('given up'));
    await expect(world.attached).rejects.toThrow('given up');
    await world.agent.say({ id, result: {} });
    expect((await world.agent.next('session/close')).params).toEqual({ sessionId: 's' });
  });

  test('[K3] a session that begins afresh says so in its transcript before anything can be said in it', async () => {
    const world = scriptedWorld();
    const started = world.started();
    const created = world.backend.create(key, { cwd: '/ws/p', afresh: true }, never);
    const agent = await started;
    await agent.answer('initialize', intro);
    await agent.answer('session/new', { sessionId: 's2' });
    await created;
    expect(kinds(world).slice(-3)).toEqual(['session/opened', 'notice', 'link']);
  });
});

describe('an agent that is stopped', () => {
  test('[demand 7] is not started again by that, and takes its sessions up again in a new process', async () => {
    const world = await attaching({ resume: true });
    await world.agent.answer('session/resume', {});
    await world.attached;
    await world.backend.stop();
    expect([world.backend.state, world.agents.length, stages(world).at(-1)]).toEqual(['stopped', 1, 'failed']);
    const started = world.started();
    const [first, second] = [
      world.backend.attach(key, 's', HAVE, never),
      world.backend.attach(keyOf('k2'), 's2', HAVE, never),
    ];
    const next = await started;
    await next.answer('initialize', able({ resume: true }));
    expect((await next.answer('session/resume', {}))['sessionId']).toBe('s');
    expect((await next.answer('session/resume', {}))['sessionId']).toBe('s2');
    await Promise.all([first, second]);
    expect(world.agents).toHaveLength(2);
  });

  test('[I9] one that closed its output and lives is ended: nobody can speak with it any more', async () => {
    const world = await attaching({ resume: true });
    await world.agent.answer('session/resume', {});
    await world.attached;
    await world.agent.hangUp();
    while (world.clock.waiting === 0) await new Promise((resolve) => setImmediate(resolve));
    world.clock.advance(1000);
    while (!world.agent.ended) await new Promise((resolve) => setImmediate(resolve));
    expect(world.backend.state).toBe('failed');
  });
});
