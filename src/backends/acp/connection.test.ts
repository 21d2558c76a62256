import { describe, expect, test } from 'vitest';
import type { SessionEvent } from '../../model/event.ts';
import type { SessionKey } from '../../model/session.ts';
import {
  chunk,
  intro,
  keyOf,
  kinds,
  type Message,
  never,
  openWorld,
  permission,
  probe,
  scriptedWorld,
  type ScriptedWorld,
  text,
  update,
} from './testing.ts';

type World = Awaited<ReturnType<typeof openWorld>>;

/** An agent that has answered `initialize` with this, and has not opened a session yet. */
const introduced = async (answer: Message) => {
  const world = scriptedWorld();
  const started = world.started();
  const created = world.backend.create(keyOf('k'), { cwd: '/ws' }, never);
  created.catch(() => undefined);
  const agent = await started;
  const asked = await agent.answer('initialize', answer);
  return { ...world, agent, created, asked };
};

const prompt = async (world: World, turn = 't'): Promise<unknown> => {
  await world.backend.perform(world.key, { kind: 'prompt', turn, prompt: text('hi') }, never);
  return (await world.agent.next('session/prompt'))['id'];
};

const last = (world: ScriptedWorld, key: SessionKey, kind: SessionEvent['kind']): SessionEvent | undefined =>
  world.events(key).findLast((event) => event.kind === kind);

describe('the version of the protocol', () => {
  test.each([
    ['version 2 of', 2],
    ['version 0 of', 0],
    ['version 1.5 of', 1.5],
    ['version "1" of', '1'],
    ['version "xxx', 'x'.repeat(10_000)],
    ['no version of', null],
    ['no version of', undefined],
  ])(
    '[acp 4.1.16] [acp 4.1.24] an agent that speaks %s it is ended, told in words and asked no more',
    async (words, protocolVersion) => {
      const world = await introduced({ ...intro, protocolVersion });
      expect(world.asked['protocolVersion']).toBe(1);
      const failure = await world.created.then(undefined, (reason: unknown) => reason as Error & { next: string });
      expect(failure).toMatchObject({ code: 'version', next: expect.stringContaining('version 1') as string });
      expect(failure?.message).toContain(`Agent speaks ${words}`);
      expect(failure?.message.length).toBeLessThan(300);
      expect([world.agent.ended, world.backend.state]).toEqual([true, 'failed']);
      await expect(world.agent.hear()).rejects.toThrow('hung up');
      expect(kinds(world)).not.toContain('session/opened');
    },
  );

  test('[acp 4.1.24] several messages in one array, which only a later version knows, are none and get no answer', async () => {
    const world = await openWorld();
    const inOne = [update(chunk('a')), permission('p')].map((message) => ({ jsonrpc: '2.0', ...message }));
    await world.agent.say(JSON.stringify(inOne), update(chunk('b')));
    await probe(world);
    expect(kinds(world).filter((kind) => kind === 'agent_message_chunk')).toHaveLength(1);
    expect(kinds(world)).not.toContain('question/asked');
    expect(world.logged.join('\n')).toContain('not a message (1 so far)');
  });
});

describe('what an agent did not promise', () => {
  test('[acp 4.1.16] it is not asked for: pictures, sound, other data, the end of a session', async () => {
    const world = await introduced({ protocolVersion: 1 });
    expect(await world.agent.answer('session/new', { sessionId: 's' })).toEqual({ cwd: '/ws', mcpServers: [] });
    await world.created;
    const key = keyOf('k');
    const blocks = [
      { type: 'image', data: '', mimeType: 'image/png' },
      { type: 'audio', data: '', mimeType: 'audio/wav' },
      { type: 'resource', resource: { uri: 'file:///a', blob: '' } },
    ] as const;
    for (const block of blocks)
      await expect(
        world.backend.perform(key, { kind: 'prompt', turn: 't', prompt: [block] }, never),
      ).rejects.toMatchObject({ code: 'unsupported' });
    await world.backend.perform(key, { kind: 'prompt', turn: 't', prompt: text('hi') }, never);
    await world.agent.next('session/prompt');
    await world.backend.perform(key, { kind: 'close' }, never);
    // All that such an agent can be told.
    await world.agent.next('session/cancel');
    await probe(world);
  });
});

describe('what nobody here knows', () => {
  test('[acp 4.1.17] stands in the event and on its line as it came: fields, values, _meta', async () => {
    const world = await openWorld();
    const told = {
      sessionUpdate: 'tool_call',
      toolCallId: 't1',
      title: 'x',
      kind: 'teleport',
      status: 'paused',
      content: [{ type: 'hologram', beam: [1] }],
      future: { deep: true },
      _meta: { vendor: { trace: 7 } },
    };
    const line = JSON.stringify({
      jsonrpc: '2.0',
      method: 'session/update',
      params: { sessionId: 's', update: told, _meta: { a: 1 }, extra: 2 },
      _meta: 3,
    });
    await world.agent.say(line, { method: '_vendor/news', params: { sessionId: 's' } }, { method: 'session/future' });
    await probe(world);
    const emitted = world.batches.flatMap(({ events }) => events).at(-1);
    expect(emitted).toEqual({ event: { kind: 'update', update: told }, raw: line });
  });
});

test('[S46] what an agent links to is neither looked up nor read before a person asks for it', async () => {
  const looked: unknown[] = [];
  const look = (what: unknown): Promise<never> => {
    looked.push(what);
    return Promise.reject(new Error('nobody asked'));
  };
  const world = await openWorld(
    {},
    {},
    { workspace: { roots: () => ['/ws'], place: look, readText: look, writeText: look } },
  );
  const far = [
    '/etc/passwd',
    '\\\\host\\share\\x',
    '//host/share/x',
    'http://host/x',
    'file://host/share/x',
    '/ws/../etc/x',
  ];
  const link = (uri: string) => ({ type: 'resource_link', uri, name: uri });
  await world.agent.say(
    ...far.flatMap((path, index) => [
      update({ sessionUpdate: 'agent_message_chunk', content: link(path) }),
      update({
        sessionUpdate: 'agent_message_chunk',
        content: { type: 'image', data: '', mimeType: 'x/y', uri: path },
      }),
      update({
        sessionUpdate: 'tool_call',
        toolCallId: `t${index}`,
        title: path,
        kind: 'read',
        locations: [{ path, line: 1 }],
        content: [
          { type: 'diff', path, oldText: 'a', newText: 'b' },
          { type: 'content', content: link(path) },
        ],
      }),
      update({ sessionUpdate: 'tool_call_update', toolCallId: `t${index}`, status: 'completed' }),
    ]),
  );
  await probe(world);
  expect(kinds(world).filter((kind) => kind === 'tool_call')).toHaveLength(far.length);
  expect(looked).toEqual([]);
});

describe('the two sides of a connection', () => {
  test('[acp 4.1.18] number their requests on their own, and one is asked and answered within the other', async () => {
    const world = await openWorld();
    const id = await prompt(world);
    await world.agent.say({ ...permission('p'), id });
    await probe(world);
    const asked = last(world, world.key, 'question/asked');
    if (asked?.kind !== 'question/asked') throw new Error('nothing was asked');
    const { id: question, hash } = asked.question;
    const outcome = { kind: 'selected', option: 'no' } as const;
    await world.backend.perform(world.key, { kind: 'question/answer', question, hash, outcome }, never);
    expect(await world.agent.next()).toMatchObject({ id, result: { outcome: { optionId: 'no' } } });
    expect(last(world, world.key, 'turn/ended')).toBeUndefined();
    await world.agent.say({ id, result: { stopReason: 'end_turn' } });
    await probe(world);
    expect(last(world, world.key, 'turn/ended')).toMatchObject({ reason: 'end_turn' });
  });

  test('[acp 4.1.18] a late, a second and an unknown answer end no turn', async () => {
    const world = await openWorld();
    const first = await prompt(world, 'one');
    const end = { id: first, result: { stopReason: 'end_turn' } };
    await world.agent.say(end);
    await prompt(world, 'two');
    await world.agent.say(end, { id: 'nobody', result: {} }, { id: null, error: { code: -32700, message: 'what?' } });
    await probe(world);
    const ends = world.events(world.key).flatMap((event) => (event.kind === 'turn/ended' ? [event.turn] : []));
    expect(ends).toEqual(['one']);
  });

  test('[acp 4.1.20] outside of a turn an agent may speak, ask, read a file and run a command', async () => {
    const world = await openWorld();
    const id = await prompt(world);
    await world.agent.say({ id, result: { stopReason: 'end_turn' } });
    await probe(world);
    world.files.set('/ws/a', 'text');
    await world.agent.say(update(chunk('by the way')), permission('p'));
    await probe(world);
    expect(kinds(world).slice(-2)).toEqual(['agent_message_chunk', 'question/asked']);
    const ask = async (method: string, params: object): Promise<unknown> => {
      await world.agent.say({ id: method, method, params: { sessionId: 's', ...params } });
      return (await world.agent.next())['result'];
    };
    expect(await ask('fs/read_text_file', { path: '/ws/a' })).toEqual({ content: 'text' });
    expect(await ask('terminal/create', { command: 'ls', args: ['-l'] })).toEqual({
      terminalId: expect.any(String) as string,
    });
  });
});

test('[acp 4.1.23] with an agent all of its sessions end, each with its own turn and its own questions', async () => {
  const world = await openWorld();
  const other = keyOf('k2');
  const second = world.backend.create(other, { cwd: '/ws' }, never);
  await world.agent.answer('session/new', { sessionId: 's2' });
  await second;
  await prompt(world, 'first');
  await world.backend.perform(other, { kind: 'prompt', turn: 'second', prompt: text('hi') }, never);
  await world.agent.next('session/prompt');
  await world.agent.say(permission('p'));
  await probe(world);
  await world.agent.exit({ code: null, signal: 'SIGSEGV' });
  const detail = 'Agent was ended by SIGSEGV.';
  for (const [key, turn] of [
    [world.key, 'first'],
    [other, 'second'],
  ] as const) {
    await expect.poll(() => last(world, key, 'turn/ended')).toMatchObject({ turn, reason: 'agent gone' });
    expect(last(world, key, 'link')).toEqual({ kind: 'link', link: { state: 'failed', detail } });
    await expect(
      world.backend.perform(key, { kind: 'prompt', turn: 'x', prompt: text('hi') }, never),
    ).rejects.toMatchObject({ code: 'agent gone' });
  }
});
