import { describe, expect, test } from 'vitest';
import { WORDS } from '../../model/fold/words.ts';
import type { FilesSession } from '../../router/ports.ts';
import { chunk, never, openWorld, probe, text, update } from './testing.ts';

type World = Awaited<ReturnType<typeof openWorld>>;

const ask = async (world: World, method: string, params: object): Promise<unknown> => {
  await world.agent.say({ id: 'r', method, params: { sessionId: 's', ...params } });
  const { result, error } = await world.agent.next();
  return result ?? error;
};

describe('what an agent asks', () => {
  test('[acp 3] [acp 4.1.4] files are read and written through the editor', async () => {
    const world = await openWorld();
    expect(await ask(world, 'fs/write_text_file', { path: '/ws/a', content: 'text' })).toEqual({});
    expect(await ask(world, 'fs/read_text_file', { path: '/ws/a', line: 1, limit: null })).toEqual({ content: 'text' });
    expect(world.files.get('/ws/a')).toBe('text');
  });

  test('[I9] each session has its files, and what its person has to know of them stands in the card of the call', async () => {
    const sessions: FilesSession[] = [];
    const world = await openWorld(
      {},
      {},
      {
        filesOf: (session) => {
          sessions.push(session);
          return {
            roots: () => ['/ws'],
            place: (path) => Promise.resolve({ path, real: path, inside: true }),
            readText: ({ path }) => {
              session.note(path, 'read');
              return Promise.resolve('its own');
            },
            writeText: ({ path }) => {
              session.note(path, path.endsWith('torn') ? 'torn' : 'written');
              return Promise.resolve('written');
            },
          };
        },
      },
    );
    const begins = (toolCallId: string, path: string) =>
      update({ sessionUpdate: 'tool_call', toolCallId, title: 'Edit', status: 'pending', locations: [{ path }] });
    await world.agent.say(begins('1', '/ws/a'), begins('2', '/ws/b'));
    expect(await ask(world, 'fs/read_text_file', { path: '/ws/a' })).toEqual({ content: 'its own' });
    expect(await ask(world, 'fs/write_text_file', { path: '/ws/b', content: 'x' })).toEqual({});
    // No card of the agent's is about these.
    await ask(world, 'fs/read_text_file', { path: '/ws/c' });
    await ask(world, 'fs/write_text_file', { path: '/ws/c', content: 'x' });
    await ask(world, 'fs/write_text_file', { path: '/ws/torn', content: 'x' });
    expect(sessions).toMatchObject([{ key: world.key, cwd: '/ws/project' }]);
    const told = world.events(world.key).filter(({ kind }) => kind === 'call/noted' || kind === 'notice');
    expect(told).toMatchObject([
      { kind: 'call/noted', call: '1', note: WORDS.onDisk },
      { kind: 'call/noted', call: '2', note: WORDS.onDisk },
      { kind: 'notice', severity: 'info', title: WORDS.onDisk, locations: [{ path: '/ws/c' }] },
      { kind: 'notice', severity: 'warning', title: WORDS.torn, locations: [{ path: '/ws/torn' }] },
    ]);
  });

  test('[acp 3] [acp 4.1.2] [acp 4.1.6] a path that is not absolute, a line zero and a missing content are invalid; what is not there is not found', async () => {
    const world = await openWorld();
    for (const params of [
      { path: 'a' },
      { path: 'file:///ws/a' },
      {},
      { path: 3 },
      { path: '/ws/a', line: 0 },
      { path: '/ws/a', line: 1.5 },
      { path: '/ws/a', limit: -1 },
    ]) {
      expect(await ask(world, 'fs/read_text_file', params)).toMatchObject({ code: -32602 });
    }
    expect(await ask(world, 'fs/write_text_file', { path: '/ws/a' })).toMatchObject({ code: -32602 });
    expect(await ask(world, 'fs/read_text_file', { path: '/ws/none' })).toEqual({
      code: -32002,
      message: 'There is no /ws/none.',
    });
  });

  test('[S21] outside of the workspace the person is asked, and no is an answer that says so', async () => {
    const world = await openWorld();
    await world.agent.say(
      { id: 'w', method: 'fs/write_text_file', params: { sessionId: 's', path: '/etc/x', content: 'text' } },
      { id: 'r', method: 'fs/read_text_file', params: { sessionId: 's', path: '/etc/x' } },
    );
    await probe(world);
    const asked = world.events(world.key).flatMap((event) => (event.kind === 'question/asked' ? [event.question] : []));
    expect(asked.map(({ title, guard, tool }) => ({ title, guard, content: tool?.content }))).toEqual(
      [
        {
          title: 'Read a file outside of the workspace?',
          guard: { kind: 'outside', detail: '/etc/x' },
          content: [],
        },
        {
          title: 'Write a file outside of the workspace?',
          guard: { kind: 'outside', detail: '/etc/x' },
          content: [{ type: 'diff', path: '/etc/x', oldText: null, newText: 'text' }],
        },
      ].toSorted((a) => (a.title === asked[0]?.title ? -1 : 1)),
    );
    const answer = async (title: string, option: string): Promise<void> => {
      const question = asked.find((each) => each.title.startsWith(title));
      const { id = '', hash = '' } = question ?? {};
      const outcome = { kind: 'selected', option } as const;
      await world.backend.perform(world.key, { kind: 'question/answer', question: id, hash, outcome }, never);
    };
    await answer('Write', 'reject');
    expect(await world.agent.next()).toMatchObject({
      id: 'w',
      error: { code: -32603, message: expect.stringMatching(/did not allow \/etc\/x.*Go on without it/u) as string },
    });
    expect(world.files.has('/etc/x')).toBe(false);
    world.files.set('/etc/x', 'there');
    await answer('Read', 'allow');
    // It was a folder when it was asked about, and nothing else than its kind has changed.
    expect(await world.agent.next()).toMatchObject({ id: 'r', result: { content: 'there' } });
  });

  test('[S26] a protected file is shown as a change, whatever rules say; the turn’s cancel answers as cancelled', async () => {
    const world = await openWorld();
    world.rules.push({ id: 'all', scope: 'machine', tool: '*', match: '**', decision: 'allow' });
    world.files.set('/ws/.env', 'old');
    await world.backend.perform(world.key, { kind: 'prompt', turn: 't', prompt: text('x') }, never);
    await world.agent.next('session/prompt');
    await world.agent.say({
      id: 'w',
      method: 'fs/write_text_file',
      params: { sessionId: 's', path: '/ws/.env', content: 'new' },
    });
    await probe(world);
    const asked = world.events(world.key).flatMap((event) => (event.kind === 'question/asked' ? [event.question] : []));
    expect(asked).toMatchObject([
      {
        guard: { kind: 'protected', detail: '**/.env' },
        tool: { content: [{ type: 'diff', path: '/ws/.env', oldText: 'old', newText: 'new' }] },
      },
    ]);
    await world.backend.perform(world.key, { kind: 'cancel' }, never);
    await world.agent.next('session/cancel');
    expect(await world.agent.next()).toMatchObject({ id: 'w', error: { code: -32800 } });
    expect(world.files.get('/ws/.env')).toBe('old');
  });

  test('[acp 4] [acp 4.1.10] [acp 4.1.17] a session that is not of this connection does not exist; neither does a method of somebody else', async () => {
    const world = await openWorld();
    expect(await ask(world, 'fs/read_text_file', { path: '/ws/a', sessionId: 'other' })).toMatchObject({
      code: -32002,
    });
    expect(await ask(world, 'fs/read_text_file', { path: '/ws/a', sessionId: null })).toMatchObject({ code: -32602 });
    expect(await ask(world, 'craft/drainMidTurnQueue', {})).toMatchObject({ code: -32601 });
    expect(await ask(world, '_vendor/thing', {})).toMatchObject({ code: -32601 });
  });

  test('[S27] [acp 4.1.21] garbage on the line is answered with nothing, and the log says what it was', async () => {
    const world = await openWorld();
    await world.agent.say('npm warn something', '[]', '{"half":', update(chunk('good')));
    expect(await ask(world, 'no/such', {})).toMatchObject({ code: -32601 });
    expect(world.events(world.key).at(-1)).toMatchObject({ kind: 'update' });
    expect(world.logged.join('\n')).toContain('Agent, not JSON (1 so far): npm warn something');
  });

  test('[I5] an update that is too long leaves a mark where a turn runs', async () => {
    const world = await openWorld();
    await world.agent.say({ skippedBytes: 9_000_000 });
    await world.backend.perform(world.key, { kind: 'prompt', turn: 't', prompt: [{ type: 'text', text: 'x' }] }, never);
    await world.agent.next('session/prompt');
    await world.agent.say({ skippedBytes: 9_000_000 });
    expect(await ask(world, 'no/such', {})).toMatchObject({ code: -32601 });
    expect(world.events(world.key).filter((event) => event.kind === 'gap')).toHaveLength(1);
  });
});
