import type { ContentBlock } from '@agentclientprotocol/sdk';
import { describe, expect, test } from 'vitest';
import { LIMITS } from '../../router/limits.ts';
import { intro, keyOf, type Message, never, scriptedWorld } from './testing.ts';
import { otherFolders } from './opening.ts';

const words = { type: 'text', text: 'look at @a.ts' } as const;
const link = (path: string): ContentBlock => ({ type: 'resource_link', uri: `file://${path}`, name: 'a.ts' });
const changes = {
  type: 'resource',
  resource: { uri: 'file:///ws#changes', mimeType: 'text/x-diff', text: '+one' },
} as const;

/** A world with an open session of an agent that says it takes embedded context, or does not. */
const openedBy = async (embeddedContext: boolean) => {
  const world = scriptedWorld();
  const started = world.started();
  const key = keyOf('k');
  const created = world.backend.create(key, { cwd: '/ws' }, never);
  const agent = await started;
  await agent.answer('initialize', { ...intro, agentCapabilities: { promptCapabilities: { embeddedContext } } });
  await agent.answer('session/new', { sessionId: 's' });
  await created;
  const prompt = (blocks: readonly ContentBlock[]): Promise<void> =>
    world.backend.perform(key, { kind: 'prompt', turn: 't', prompt: blocks }, never);
  const sent = async (blocks: readonly ContentBlock[]): Promise<unknown> => {
    await prompt(blocks);
    return (await agent.next('session/prompt')).params['prompt'];
  };
  return { ...world, agent, key, prompt, sent };
};

describe('what goes along with a prompt', () => {
  test('[acp 4] an agent that takes texts gets that of the files that are named, as they are now', async () => {
    const world = await openedBy(true);
    world.files.set('/ws/a.ts', 'as it is now');
    expect(await world.sent([words, link('/ws/a.ts'), changes])).toEqual([
      words,
      { type: 'resource', resource: { uri: 'file:///ws/a.ts', mimeType: 'text/plain', text: 'as it is now' } },
      changes,
    ]);
  });

  test('[acp 4] [acp 4.1.16] one that does not gets links, and texts as words', async () => {
    const world = await openedBy(false);
    world.files.set('/ws/a.ts', 'as it is now');
    expect(await world.sent([words, link('/ws/a.ts'), changes])).toEqual([
      words,
      link('/ws/a.ts'),
      { type: 'text', text: '\n\n<context ref="file:///ws#changes">\n+one\n</context>' },
    ]);
  });

  test('[S11] a file that is gone, outside, too large or named by a line stays a link', async () => {
    const world = await openedBy(true);
    world.files.set('/ws/large', 'x'.repeat(LIMITS.embeddedFile + 1));
    world.files.set('/etc/passwd', 'root');
    world.files.set('/ws/a.ts', 'text');
    const links = ['/ws/gone', '/etc/passwd', '/ws/large', '/ws/a.ts#L12'].map(link);
    expect(await world.sent(links)).toEqual(links);
    expect(await world.sent([{ type: 'resource_link', uri: 'file://host/share', name: 'x' }])).toHaveLength(1);
  });

  test('[acp 4] all together are capped: what has no room any more stays a link', async () => {
    const world = await openedBy(true);
    const count = LIMITS.embeddedFiles / LIMITS.embeddedFile + 1;
    const paths = Array.from({ length: count }, (_, at) => `/ws/${at}`);
    for (const path of paths) world.files.set(path, 'x'.repeat(LIMITS.embeddedFile));
    const sent = (await world.sent(paths.map(link))) as readonly ContentBlock[];
    expect(sent.map(({ type }) => type).filter((type) => type === 'resource_link')).toHaveLength(1);
  });

  test('[I8] a turn that is cancelled while its files are read is not sent, and ends as cancelled', async () => {
    const world = await openedBy(true);
    world.files.set('/ws/a.ts', 'text');
    await world.prompt([words, link('/ws/a.ts')]);
    await world.backend.perform(world.key, { kind: 'cancel' }, never);
    expect(await world.agent.hear()).toMatchObject({ method: 'session/cancel' });
    await world.prompt([words]);
    expect((await world.agent.next('session/prompt')).params['prompt']).toEqual([words]);
    expect(world.events(world.key)).toContainEqual({ kind: 'turn/ended', turn: 't', reason: 'cancelled' });
  });
});

describe('the folders of a session', () => {
  const askedBy = async (sessionCapabilities: Message, roots: readonly string[]): Promise<Message> => {
    const world = scriptedWorld();
    Object.assign(world.context.workspace, { roots: () => roots });
    const started = world.started();
    const created = world.backend.create(keyOf('k'), { cwd: '/ws' }, never);
    const agent = await started;
    await agent.answer('initialize', { ...intro, agentCapabilities: { sessionCapabilities } });
    const params = await agent.answer('session/new', { sessionId: 's' });
    await created;
    return params;
  };

  test('[demand 18] [acp 4.1.16] [acp 4.2.1] the others are told to an agent that takes them, and only to such a one', async () => {
    expect(await askedBy({ additionalDirectories: {} }, ['/ws', '/lib'])).toEqual({
      cwd: '/ws',
      additionalDirectories: ['/lib'],
      mcpServers: [],
    });
    expect(await askedBy({}, ['/ws', '/lib'])).toEqual({ cwd: '/ws', mcpServers: [] });
    expect(await askedBy({ additionalDirectories: {} }, ['/ws'])).toEqual({ cwd: '/ws', mcpServers: [] });
  });

  test.each([
    [['/w', '/v', '/v/inner', '/v'], '/w', ['/v']],
    [['/w', '/w/inner'], '/w', []],
    [['/w', '/w-evil'], '/w', ['/w-evil']],
    [['/w', '/w/inner'], '/w/inner', ['/w']],
    [['C:\\a', 'C:\\a\\b', 'D:\\'], 'C:\\a', ['D:\\']],
  ])('[acp 4.2.1] of %j beside %s: %j', (roots, cwd, expected) => {
    expect(otherFolders(roots, cwd)).toEqual(expected);
  });
});
