import { describe, expect, test } from 'vitest';
import { WORDS } from '../../model/fold/words.ts';
import type { Outcome, Question } from '../../model/question.ts';
import { keyOf, kinds, never, openWorld, probe, type ScriptedWorld } from './testing.ts';

const page = (id: string, over: object = {}) => ({
  id,
  method: 'elicitation/create',
  params: {
    sessionId: 's',
    mode: 'url',
    message: 'Connect it.',
    elicitationId: `e-${id}`,
    url: 'HTTPS://Example.com/a?b=c',
    ...over,
  },
});
const complete = (id: string) => ({ method: 'elicitation/complete', params: { elicitationId: id } });
const asked = (world: ScriptedWorld): Question[] =>
  world.events(keyOf('k')).flatMap((event) => (event.kind === 'question/asked' ? [event.question] : []));
const notices = (world: ScriptedWorld): string[] =>
  world.events(keyOf('k')).flatMap((event) => (event.kind === 'notice' ? [event.title] : []));

describe('a page that an agent wants to be opened', () => {
  test('[acp 8] is asked with its whole address in its normal form, which the hash covers', async () => {
    const world = await openWorld();
    await world.agent.say(page('a'), page('b', { url: 'https://example.com/other' }));
    await probe(world);
    const [first, second] = asked(world);
    expect(first).toMatchObject({
      kind: 'elicitation',
      title: 'Connect it.',
      url: { id: 'e-a', href: 'https://example.com/a?b=c' },
    });
    expect(first?.hash).not.toBe(second?.hash);
  });

  test.each<[Outcome, object]>([
    [{ kind: 'accepted', content: {} }, { action: 'accept' }],
    [{ kind: 'declined' }, { action: 'decline' }],
    [{ kind: 'selected', option: 'accept' }, { action: 'cancel' }],
    [{ kind: 'selected', option: 'decline' }, { action: 'decline' }],
  ])('[acp 8] %j is told as %j', async (outcome, answer) => {
    const world = await openWorld();
    await world.agent.say(page('a'));
    await probe(world);
    const { id: question = '', hash = '' } = asked(world)[0] ?? {};
    await world.backend.perform(world.key, { kind: 'question/answer', question, hash, outcome }, never);
    expect((await world.agent.next())['result']).toEqual(answer);
  });

  test('[acp 8] that it is done is told once, and of nothing that nobody opened', async () => {
    const world = await openWorld();
    await world.agent.say(page('a'), complete('somebody else’s'));
    await probe(world);
    const { id: question = '', hash = '' } = asked(world)[0] ?? {};
    const outcome = { kind: 'accepted', content: {} } as const;
    await world.backend.perform(world.key, { kind: 'question/answer', question, hash, outcome }, never);
    await world.agent.next();
    await world.agent.say(complete('e-a'), complete('e-a'));
    await probe(world);
    expect(notices(world)).toEqual([WORDS.pageDone]);
  });

  test('[acp 8] done while it is asked, it is asked no more, and the agent is not told that it was accepted', async () => {
    const world = await openWorld();
    await world.agent.say(page('a'));
    await probe(world);
    await world.agent.say(complete('e-a'));
    expect(await world.agent.next()).toMatchObject({ id: 'a', result: { action: 'cancel' } });
    expect(kinds(world).slice(-2)).toEqual(['question/settled', 'notice']);
  });

  test.each([
    ['without an id', { elicitationId: undefined }],
    ['without an address', { url: 3 }],
    ['that would start a program', { url: 'vscode://x/y' }],
    ['that is a script', { url: 'javascript:alert(1)' }],
    ['with a name before its host', { url: 'https://bank.example@evil.example/' }],
    ['too long to be opened', { url: `https://example.com/${'x'.repeat(9000)}` }],
  ])('[acp 8] one %s is refused', async (_what, over) => {
    const world = await openWorld();
    await world.agent.say(page('a', over));
    expect(await world.agent.next()).toMatchObject({ id: 'a', error: { code: -32602 } });
    expect(asked(world)).toEqual([]);
  });
});
