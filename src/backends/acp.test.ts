import { describe, expect, test } from 'vitest';
import {
  chunk,
  intro,
  keyOf,
  kinds,
  never,
  openWorld,
  permission,
  probe,
  scriptedWorld,
  stages,
  text,
  update,
} from './acp/testing.ts';

describe('an ACP agent', () => {
  test('[acp 4] [acp 4.1.16] [acp 4.1.17] is started by the first session, told only what is true, and serves the next ones too', async () => {
    const world = scriptedWorld({ env: { KEY: 'v' } });
    expect([world.backend.state, world.agents.length]).toEqual(['stopped', 0]);
    const started = world.started();
    const first = world.backend.create(keyOf('a'), { cwd: '/ws/a' }, never);
    const second = world.backend.create(keyOf('b'), { cwd: '/ws/b' }, never);
    const agent = await started;
    expect(world.backend.state).toBe('starting');
    expect(await agent.answer('initialize', intro)).toEqual({
      protocolVersion: 1,
      clientCapabilities: {
        fs: { readTextFile: true, writeTextFile: true },
        terminal: true,
        auth: { terminal: true },
        _meta: { 'terminal-auth': true },
        session: { configOptions: { boolean: {} }, notices: {}, compaction: {} },
        elicitation: { form: {}, url: {} },
        plan: {},
        subagents: {},
      },
      clientInfo: { name: 'wheelhouse', title: 'Wheelhouse', version: expect.stringMatching(/^\d+\./u) as string },
    });
    expect(await agent.answer('session/new', { sessionId: 'one' })).toEqual({ cwd: '/ws/a', mcpServers: [] });
    expect(await agent.answer('session/new', { sessionId: 'two' })).toEqual({ cwd: '/ws/b', mcpServers: [] });
    await Promise.all([first, second]);
    expect([world.backend.state, world.agents.length]).toEqual(['running', 1]);
    expect(agent.options).toMatchObject({ command: 'agent', cwd: '/ws', env: { KEY: 'v' } });
    expect(stages(world, keyOf('a'))).toEqual(['starting', 'initializing', 'opening the session', 'ready']);
    expect(world.events(keyOf('a')).find(({ kind }) => kind === 'session/opened')).toEqual({
      kind: 'session/opened',
      agentSession: 'one',
      agent: { name: 'Scripted', version: '1.2.3', image: true, embeddedContext: false },
      options: [],
    });
    await agent.say(update(chunk('for b'), 'two'), update(chunk('for a'), 'one'));
    await probe({ agent });
    expect([kinds(world, keyOf('a')).at(-1), kinds(world, keyOf('b')).at(-1)]).toEqual([
      'agent_message_chunk',
      'agent_message_chunk',
    ]);
  });

  test('[acp 4] a promise can be taken back for one agent, by its quirk or by the person', async () => {
    const advertised = async (definition: Parameters<typeof scriptedWorld>[0], name = 'x') => {
      const world = scriptedWorld(definition);
      let started = world.started();
      void world.backend.create(keyOf('k'), { cwd: '/ws' }, never).catch(() => undefined);
      const first = await (await started).answer('initialize', { ...intro, agentInfo: { name } });
      if (name === 'x') return [first['clientCapabilities']];
      started = world.started();
      return [first['clientCapabilities'], (await (await started).answer('initialize', intro))['clientCapabilities']];
    };
    expect(
      await advertised({ capabilities: { terminal: false, elicitation: false, plan: false, subagents: false } }),
    ).toEqual([
      {
        fs: { readTextFile: true, writeTextFile: true },
        terminal: false,
        auth: { terminal: true },
        _meta: { 'terminal-auth': true },
        session: expect.anything() as unknown,
      },
    ]);
    const noReading = { fs: { readTextFile: false, writeTextFile: true } };
    expect(await advertised({ command: '/usr/bin/gemini' })).toMatchObject([noReading]);
    expect(await advertised({ command: 'npx', args: ['-y', '@google/gemini-cli@0.61.0', '--acp'] })).toMatchObject([
      noReading,
    ]);
    expect(await advertised({ command: 'mine' }, 'gemini-cli')).toMatchObject([
      { fs: { readTextFile: true } },
      noReading,
    ]);
  });

  test('[acp 4] [acp 4.1.24] one that speaks another version is refused in words, ended, and not used again', async () => {
    const world = scriptedWorld();
    const started = world.started();
    const created = world.backend.create(keyOf('k'), { cwd: '/ws' }, never);
    const agent = await started;
    await Promise.all([
      expect(created).rejects.toMatchObject({
        code: 'version',
        message: expect.stringContaining('version 2') as string,
      }),
      agent.answer('initialize', { ...intro, protocolVersion: 2 }),
    ]);
    expect([agent.ended, world.backend.state]).toEqual([true, 'failed']);
  });

  test('[acp 10 copilot] what it says of a session before it tells the session’s id comes after session/opened', async () => {
    const world = scriptedWorld();
    const started = world.started();
    const created = world.backend.create(keyOf('k'), { cwd: '/ws' }, never);
    const agent = await started;
    await agent.answer('initialize', intro);
    const { id } = await agent.next('session/new');
    await agent.say(update(chunk('early')), update(chunk('of another'), 'nobody'));
    await agent.say({ id, result: { sessionId: 's' } }, update(chunk('after')));
    await created;
    await probe({ agent });
    expect(kinds(world).slice(3)).toEqual(['session/opened', 'link', 'agent_message_chunk', 'agent_message_chunk']);
    expect(world.logged.join()).toContain('1 updates for sessions that are not open');
  });

  test('[acp 4] two sessions with one id are refused', async () => {
    const world = await openWorld();
    const second = world.backend.create(keyOf('k2'), { cwd: '/ws' }, never);
    await Promise.all([
      expect(second).rejects.toMatchObject({
        code: 'agent error',
        message: expect.stringContaining('same id') as string,
      }),
      world.agent.answer('session/new', { sessionId: 's' }),
    ]);
    expect(stages(world, keyOf('k2'))).toEqual(['opening the session']);
  });

  test('[acp 3] a session that was given up while it was being opened is closed at the agent', async () => {
    const world = await openWorld();
    const abort = new AbortController();
    const second = world.backend.create(keyOf('k2'), { cwd: '/ws' }, abort.signal);
    const { id } = await world.agent.next('session/new');
    abort.abort(new Error('given up'));
    await expect(second).rejects.toThrow('given up');
    await world.agent.say({ id, result: { sessionId: 's2' } });
    expect((await world.agent.next('session/close')).params).toEqual({ sessionId: 's2' });
  });

  test('[order] [acp 4.1.18] [acp 4.1.19] one chunk with a permission, an update, the response and an update arrives in exactly this order', async () => {
    const world = await openWorld();
    await world.backend.perform(world.key, { kind: 'prompt', turn: 'turn', prompt: text('hi') }, never);
    const prompt = await world.agent.next('session/prompt');
    expect(prompt.params).toEqual({ sessionId: 's', prompt: text('hi') });
    const before = world.batches.length;
    await world.agent.say(
      permission(7),
      update(chunk('a')),
      { id: prompt['id'], result: { stopReason: 'end_turn' } },
      update(chunk('b')),
    );
    await probe(world);
    expect(world.batches).toHaveLength(before + 1);
    const [batch] = world.batches.slice(before);
    expect(batch?.events.map(({ event, raw }) => [event.kind, raw === undefined])).toEqual([
      ['question/asked', true],
      ['update', false],
      ['turn/ended', true],
      ['update', false],
    ]);
    expect(JSON.parse(batch?.events[1]?.raw ?? '')).toEqual({ jsonrpc: '2.0', ...update(chunk('a')) });
  });

  test('[acp 5] [acp 4.1.22] an agent’s error ends the turn in its own words; what comes after the end still comes', async () => {
    const world = await openWorld();
    const fail = async (error: object) => {
      await world.backend.perform(world.key, { kind: 'prompt', turn: 'turn', prompt: text('hi') }, never);
      const { id } = await world.agent.next('session/prompt');
      await world.agent.say({ id, error }, update(chunk('after')));
      await probe(world);
      return world.events(world.key).findLast((event) => event.kind === 'turn/ended');
    };
    expect(await fail({ code: 400, message: 'Bad', data: { details: 'The model is overloaded.' } })).toEqual({
      kind: 'turn/ended',
      turn: 'turn',
      reason: 'failed',
      error: { code: 400, message: 'The model is overloaded.' },
    });
    expect(await fail({ code: -32603, message: 'Internal error' })).toMatchObject({
      error: { message: 'Internal error' },
    });
    expect(kinds(world).at(-1)).toBe('agent_message_chunk');
  });

  test('[acp 4] [acp 4.1.16] content that the agent does not take is refused before it is sent', async () => {
    const world = await openWorld();
    const image = { type: 'image', data: '', mimeType: 'image/png' } as const;
    const resource = { type: 'resource', resource: { uri: 'file:///a', blob: '' } } as const;
    await expect(
      world.backend.perform(world.key, { kind: 'prompt', turn: 't', prompt: [resource] }, never),
    ).rejects.toMatchObject({ code: 'unsupported' });
    await world.backend.perform(world.key, { kind: 'prompt', turn: 't', prompt: [image] }, never);
    expect((await world.agent.next('session/prompt')).params['prompt']).toEqual([image]);
  });

  test('[acp 3] [acp 4.1.16] close tells an agent that wants to know, and what it still says of the session is nobody’s', async () => {
    const world = await openWorld();
    await world.agent.say(permission('p'));
    await probe(world);
    const before = world.batches.length;
    const closed = world.backend.perform(world.key, { kind: 'close' }, never);
    expect((await world.agent.next('session/close')).params).toEqual({ sessionId: 's' });
    expect(await world.agent.next()).toMatchObject({ id: 'p', result: { outcome: { outcome: 'cancelled' } } });
    await world.agent.say(update(chunk('late')), { id: 2, result: {} });
    await closed;
    expect(world.batches).toHaveLength(before);
    await expect(world.backend.perform(world.key, { kind: 'cancel' }, never)).rejects.toMatchObject({ code: 'gone' });
  });
});

describe('the end of an ACP agent', () => {
  test('[demand 7] [acp 4.1.23] its turn, its questions and its sessions end with words; the next session starts another', async () => {
    const world = await openWorld();
    await world.backend.perform(world.key, { kind: 'prompt', turn: 'turn', prompt: text('hi') }, never);
    await world.agent.next('session/prompt');
    await world.agent.say(permission('p'), update(chunk('half a')));
    await probe(world);
    const pending = world.backend.create(keyOf('k2'), { cwd: '/ws' }, never);
    await world.agent.next('session/new');
    world.agent.stderr = 'Error: out of memory';
    const started = world.started();
    await world.agent.exit({ code: 134, signal: null });
    const next = await started;
    const words = 'Agent ended with exit code 134. It said: Error: out of memory';
    expect(world.events(world.key).slice(-2)).toEqual([
      {
        kind: 'turn/ended',
        turn: 'turn',
        reason: 'agent gone',
        error: { message: words, next: expect.any(String) as string },
      },
      { kind: 'link', link: { state: 'failed', detail: words } },
    ]);
    expect(world.backend.stderrTail()).toEqual('Error: out of memory');
    await expect(
      world.backend.perform(world.key, { kind: 'prompt', turn: 'x', prompt: text('hi') }, never),
    ).rejects.toMatchObject({ code: 'agent gone' });
    const again = world.backend.create(keyOf('k3'), { cwd: '/ws' }, never);
    await next.answer('initialize', intro);
    await next.answer('session/new', { sessionId: 's' });
    await next.answer('session/new', { sessionId: 's3' });
    await Promise.all([pending, again]);
    expect([world.backend.state, world.agents.length]).toEqual(['running', 2]);
  });

  test('[demand 7] one that closes its output and lives is told apart from one that ended', async () => {
    const world = await openWorld();
    const gone = new Promise<void>((resolve) => world.backend.onChanged(resolve));
    await world.agent.hangUp();
    await tick(() => world.clock.waiting > 0);
    world.clock.advance(1000);
    await gone;
    expect(world.events(world.key).at(-1)).toMatchObject({
      kind: 'link',
      link: { state: 'failed', detail: 'Agent closed its output.' },
    });
  });

  test('[I9] disposing ends an agent that is still introducing itself, and nothing starts after it', async () => {
    const world = scriptedWorld();
    const started = world.started();
    const created = world.backend.create(keyOf('k'), { cwd: '/ws' }, never);
    const agent = await started;
    await agent.next('initialize');
    const failed = expect(created).rejects.toMatchObject({ code: 'stopped' });
    await world.backend[Symbol.asyncDispose]();
    await failed;
    expect(agent.ended).toBe(true);
    await expect(world.backend.create(keyOf('k2'), { cwd: '/ws' }, never)).rejects.toMatchObject({ code: 'stopped' });
    expect(world.agents).toHaveLength(1);
  });
});

/** Lets promises settle until it is so. */
const tick = async (is: () => boolean): Promise<void> => {
  while (!is()) await new Promise((resolve) => setImmediate(resolve));
};
