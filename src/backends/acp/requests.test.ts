import { describe, expect, test } from 'vitest';
import { chunk, never, openWorld, update } from './testing.ts';

type World = Awaited<ReturnType<typeof openWorld>>;

const ask = async (world: World, method: string, params: object): Promise<unknown> => {
  await world.agent.say({ id: 'r', method, params: { sessionId: 's', ...params } });
  const { result, error } = await world.agent.next();
  return result ?? error;
};

describe('what an agent asks', () => {
  test('[acp 3] files are read and written through the editor', async () => {
    const world = await openWorld();
    expect(await ask(world, 'fs/write_text_file', { path: '/ws/a', content: 'text' })).toEqual({});
    expect(await ask(world, 'fs/read_text_file', { path: '/ws/a', line: 1, limit: null })).toEqual({ content: 'text' });
    expect(world.files.get('/ws/a')).toBe('text');
  });

  test('[acp 3] a path that is not absolute, a line zero and a missing content are invalid; what is not there is not found', async () => {
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
    expect(await ask(world, 'fs/write_text_file', { path: '/etc/x', content: '' })).toEqual({
      code: -32603,
      message: '/etc/x lies outside of the workspace.',
    });
    expect(await ask(world, 'fs/read_text_file', { path: 'C:\\ws\\a' })).toMatchObject({ code: -32002 });
  });

  test('[acp 4] a session that is not of this connection does not exist; neither does a method of somebody else', async () => {
    const world = await openWorld();
    expect(await ask(world, 'fs/read_text_file', { path: '/ws/a', sessionId: 'other' })).toMatchObject({
      code: -32002,
    });
    expect(await ask(world, 'fs/read_text_file', { path: '/ws/a', sessionId: null })).toMatchObject({ code: -32602 });
    expect(await ask(world, 'craft/drainMidTurnQueue', {})).toMatchObject({ code: -32601 });
    expect(await ask(world, '_vendor/thing', {})).toMatchObject({ code: -32601 });
  });

  test('[S27] garbage on the line is answered with nothing, and the log says what it was', async () => {
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
