import { describe, expect, test } from 'vitest';
import type { SessionKey } from '../../model/session.ts';
import { intro, keyOf, kinds, never, openWorld, probe, type ScriptedAgent, text } from './testing.ts';

type World = Awaited<ReturnType<typeof openWorld>>;

const methods = [
  { id: 'web', name: 'Web' },
  { id: 'here', name: 'Here', type: 'terminal', args: ['login'], env: { A: 'b c' } },
];

/** A session that is open, and the answer -32000 to its prompt. */
const refused = async (world: World, agent = world.agent, turn = 't'): Promise<void> => {
  await world.backend.perform(world.key, { kind: 'prompt', turn, prompt: text('hi') }, never);
  const { id } = await agent.next('session/prompt');
  await agent.say({ id, error: { code: -32000, message: 'Who are you?', data: { authMethods: methods } } });
};
const asked = (world: World, key: SessionKey = world.key) => {
  const event = world.events(key).findLast(({ kind }) => kind === 'question/asked');
  if (event?.kind !== 'question/asked') throw new Error('Nothing was asked.');
  return event.question;
};
const answer = async (world: World, name: string, key: SessionKey = world.key): Promise<void> => {
  const { id, hash, options } = asked(world, key);
  const option = options.find((offered) => offered.name === name)?.id ?? name;
  const outcome = { kind: 'selected', option } as const;
  await world.backend.perform(key, { kind: 'question/answer', question: id, hash, outcome }, never);
};
const another = async (world: World, agent: ScriptedAgent, session: string): Promise<SessionKey> => {
  const key = keyOf(session);
  const created = world.backend.create(key, { cwd: '/ws' }, never);
  await agent.answer('session/new', { sessionId: session });
  await created;
  return key;
};
const world = () => openWorld({}, {}, {});
const lastEnd = (of: World) => of.events(of.key).findLast(({ kind }) => kind === 'turn/ended');

describe('signing in', () => {
  test('[S31] what is agreed to stands in the question to the letter, and is covered by its hash', async () => {
    const it = await world();
    await refused(it);
    await probe(it);
    const question = asked(it);
    expect(question).toMatchObject({ kind: 'sign-in', hash: expect.stringMatching(/^[0-9a-f]{64}$/u) as string });
    expect(question.options.map(({ name, kind }) => [name, kind])).toEqual([
      ['API key', 'allow_once'],
      ['web', 'allow_once'],
      ['Open a terminal with the agent', 'allow_once'],
      ['Try again', 'allow_once'],
      ['Cancel', 'reject_once'],
    ]);
    await answer(it, 'Cancel');
    await it.agent.say(update('later'));
    await probe(it);
    expect(lastEnd(it)).toMatchObject({ reason: 'failed', error: { message: 'Who are you?', code: -32000 } });
  });

  test('[S27] an answer to another question than the one that stands is none', async () => {
    const it = await world();
    await refused(it);
    await probe(it);
    const { id } = asked(it);
    const outcome = { kind: 'selected', option: 'again' } as const;
    const stale = { kind: 'question/answer', question: id, hash: 'another', outcome } as const;
    await expect(it.backend.perform(it.key, stale, never)).rejects.toMatchObject({ code: 'gone' });
    expect(asked(it).id).toBe(id);
  });

  test('[demand 7] an agent that dies while the person is asked ends the turn, and the question', async () => {
    const it = await world();
    await refused(it);
    await probe(it);
    await it.agent.exit({ code: 7, signal: null });
    await expect.poll(() => lastEnd(it)).toMatchObject({ reason: 'agent gone' });
    expect(kinds(it).filter((kind) => kind === 'question/settled')).toHaveLength(1);
  });

  test('[demand 7] an agent that works elsewhere is not ended for it: the person is told', async () => {
    const it = await world();
    const other = await another(it, it.agent, 's2');
    await it.backend.perform(other, { kind: 'prompt', turn: 'long', prompt: text('work') }, never);
    await it.agent.next('session/prompt');
    await refused(it);
    await probe(it);
    await answer(it, 'Open a terminal with the agent');
    await expect.poll(() => it.terminals.length).toBe(1);
    it.terminals[0]?.end({ code: 0, signal: null });
    const { id } = await it.agent.next('session/prompt');
    await it.agent.say({ id, error: { code: -32000, message: 'Who are you?' } });
    await expect
      .poll(() => asked(it).signIn?.problem)
      .toBe(
        'Agent works in another session, and learns of it only when it is started anew. Restart it when that has ended.',
      );
    expect(it.agents).toHaveLength(1);
    expect(it.terminals[0]?.disposed).toBe(true);
  });

  test('[acp 4] started anew, the agent gets back every session that it had', async () => {
    const it = await world();
    const other = await another(it, it.agent, 's2');
    await it.backend.perform(other, { kind: 'prompt', turn: 'one', prompt: text('work') }, never);
    const { id } = await it.agent.next('session/prompt');
    await it.agent.say({ id, result: { stopReason: 'end_turn' } });
    await refused(it);
    await probe(it);
    await answer(it, 'Open a terminal with the agent');
    await expect.poll(() => it.terminals.length).toBe(1);
    const started = it.started();
    it.terminals[0]?.end({ code: 0, signal: null });
    const next = await started;
    const sessionCapabilities = { resume: {}, close: {} };
    await next.answer('initialize', { ...intro, agentCapabilities: { sessionCapabilities } });
    // Of the one nothing was taken yet, so that it is begun anew; the other is taken up where it was.
    const seen = [await next.hear(), await next.hear()];
    expect(new Set(seen.map(({ method }) => method))).toEqual(new Set(['session/new', 'session/resume']));
    for (const { id: asking, method } of seen)
      await next.say({ id: asking, result: method === 'session/new' ? { sessionId: 'n' } : {} });
    expect(await next.next('session/prompt')).toMatchObject({ params: { sessionId: 'n', prompt: text('hi') } });
    expect(it.events(other).at(-1)).toMatchObject({ kind: 'link', link: { state: 'ready' } });
    expect(kinds(it, other)).not.toContain('reset');
    expect(JSON.stringify(it.events(other))).not.toContain('"failed"');
  });

  test('[acp 4] one that cannot take up what was said says so, and the prompt is not lost in silence', async () => {
    const it = await world();
    await it.backend.perform(it.key, { kind: 'prompt', turn: 'one', prompt: text('work') }, never);
    const { id } = await it.agent.next('session/prompt');
    await it.agent.say({ id, result: { stopReason: 'end_turn' } });
    await refused(it);
    await probe(it);
    await answer(it, 'Open a terminal with the agent');
    await expect.poll(() => it.terminals.length).toBe(1);
    const started = it.started();
    it.terminals[0]?.end({ code: 0, signal: null });
    await (await started).answer('initialize', intro);
    await expect.poll(() => lastEnd(it)).toMatchObject({ turn: 't', reason: 'agent gone' });
    expect(it.events(it.key)).toContainEqual(
      expect.objectContaining({ kind: 'link', link: expect.objectContaining({ forgotten: true }) as unknown }),
    );
  });
});

const update = (words: string) => ({
  method: 'session/update',
  params: { sessionId: 's', update: { sessionUpdate: 'agent_message_chunk', content: { type: 'text', text: words } } },
});
