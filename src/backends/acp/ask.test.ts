import { describe, expect, test } from 'vitest';
import type { Question } from '../../model/question.ts';
import {
  chunk,
  keyOf,
  kinds,
  never,
  openWorld,
  permission,
  probe,
  text,
  update,
  type ScriptedWorld,
} from './testing.ts';

const asked = (world: ScriptedWorld): Question[] =>
  world.events(keyOf('k')).flatMap((event) => (event.kind === 'question/asked' ? [event.question] : []));

describe('what an agent asks a person', () => {
  test('[acp 3] [S27] a permission is frozen with what was seen of its call, and answered once', async () => {
    const world = await openWorld();
    const diff = { type: 'diff', path: '/ws/a', oldText: null, newText: 'x' };
    await world.agent.say(
      update({
        sessionUpdate: 'tool_call',
        toolCallId: 't1',
        title: 'Editing files',
        kind: 'edit',
        content: [diff],
        rawInput: { a: 1 },
      }),
      permission('p', { toolCallId: 't1', title: 'Edit files', locations: [{ path: '/ws/a', line: 3 }] }),
      update({ sessionUpdate: 'tool_call_update', toolCallId: 't1', content: [{ ...diff, newText: 'rm -rf' }] }),
    );
    await probe(world);
    const [question] = asked(world);
    expect(question).toMatchObject({
      kind: 'permission',
      title: 'Edit files',
      tool: {
        call: 't1',
        toolKind: 'edit',
        content: [diff],
        locations: [{ path: '/ws/a', line: 3 }],
        rawInput: { a: 1 },
      },
      options: [
        { id: 'yes', name: 'Yes', kind: 'allow_once' },
        { id: 'no', name: 'No', kind: 'reject_once' },
      ],
      hash: expect.stringMatching(/^[\da-f]{64}$/u) as string,
    });
    const answer = { kind: 'question/answer', question: question?.id ?? '', hash: question?.hash ?? '' } as const;
    const selected = (option: string) => ({ ...answer, outcome: { kind: 'selected', option } }) as const;
    await expect(world.backend.perform(world.key, { ...selected('no'), hash: 'other' }, never)).rejects.toMatchObject({
      code: 'changed',
    });
    await expect(world.backend.perform(world.key, selected('never offered'), never)).rejects.toMatchObject({
      code: 'invalid',
    });
    await world.backend.perform(world.key, selected('no'), never);
    expect(await world.agent.next()).toMatchObject({
      id: 'p',
      result: { outcome: { outcome: 'selected', optionId: 'no' } },
    });
    await expect(world.backend.perform(world.key, selected('yes'), never)).rejects.toMatchObject({ code: 'gone' });
  });

  test('[S27] each part of what is shown changes the hash', async () => {
    const world = await openWorld();
    const call = {
      toolCallId: 't',
      title: 'a',
      kind: 'execute',
      rawInput: { command: 'ls' },
      locations: [{ path: '/a' }],
      content: [],
    };
    const variants: object[] = [
      call,
      { ...call, title: 'b' },
      { ...call, kind: 'read' },
      { ...call, rawInput: { command: 'rm' } },
      { ...call, locations: [{ path: '/b' }] },
      { ...call, content: [{ type: 'content', content: { type: 'text', text: 'x' } }] },
      { ...call, toolCallId: 'u' },
    ];
    await world.agent.say(...variants.map((variant, index) => permission(index, variant)));
    await probe(world);
    expect(new Set(asked(world).map((question) => question.hash)).size).toBe(variants.length);
  });

  test('[acp 3] [acp 4.1.11] an option of a kind that nobody knows is asked; a request that cannot be answered is refused', async () => {
    const world = await openWorld();
    const odd = permission('odd');
    const options = [
      { optionId: 'x', name: 'Maybe', kind: 'maybe' },
      { optionId: 'y', name: 'Of no kind' },
    ];
    await world.agent.say(
      { ...odd, params: { ...odd.params, options } },
      { ...odd, id: 'none', params: { ...odd.params, options: [] } },
      { ...odd, id: 'call', params: { ...odd.params, toolCall: {} } },
      { ...odd, id: 'session', params: { ...odd.params, sessionId: 'other' } },
    );
    const refusals = [await world.agent.next(), await world.agent.next(), await world.agent.next()];
    expect(Object.fromEntries(refusals.map(({ id, error }) => [id, (error as { code: number }).code]))).toEqual({
      none: -32602,
      call: -32602,
      session: -32002,
    });
    expect(asked(world).map((question) => question.options)).toEqual([
      [
        { id: 'x', name: 'Maybe', kind: 'maybe' },
        { id: 'y', name: 'Of no kind', kind: '' },
      ],
    ]);
  });

  test('[I5] [S32] more than 32 open questions: the next is refused, and nothing of it is shown', async () => {
    const world = await openWorld();
    await world.agent.say(...Array.from({ length: 33 }, (_, index) => permission(index)));
    expect(await world.agent.next()).toMatchObject({ id: 32, error: { code: -32000 } });
    expect(asked(world)).toHaveLength(32);
  });

  test('[acp 9] [acp 4.1.11] [acp 4.1.12] cancel tells the agent first, then answers all that it asked, and what it asks before the end as well', async () => {
    const world = await openWorld();
    await world.backend.perform(world.key, { kind: 'prompt', turn: 'turn', prompt: text('hi') }, never);
    const { id } = await world.agent.next('session/prompt');
    const form = {
      id: 'form',
      method: 'elicitation/create',
      params: { sessionId: 's', mode: 'form', message: 'Which?', requestedSchema: { type: 'object', properties: {} } },
    };
    await world.agent.say(permission('p'), form);
    await probe(world);
    await world.backend.perform(world.key, { kind: 'cancel' }, never);
    expect((await world.agent.next('session/cancel')).params).toEqual({ sessionId: 's' });
    const answers = [await world.agent.next(), await world.agent.next()];
    expect(Object.fromEntries(answers.map(({ id: answered, result }) => [answered, result]))).toEqual({
      p: { outcome: { outcome: 'cancelled' } },
      form: { action: 'cancel' },
    });
    const [question] = asked(world);
    await world.backend.perform(
      world.key,
      { kind: 'question/answer', question: question?.id ?? '', hash: '', outcome: { kind: 'cancelled' } },
      never,
    );
    await world.agent.say(permission('late'), update(chunk('last words')));
    expect(await world.agent.next()).toMatchObject({ id: 'late', result: { outcome: { outcome: 'cancelled' } } });
    await world.agent.say({ id, result: { stopReason: 'cancelled' } }, permission('next turn'));
    await probe(world);
    expect(asked(world).map(({ kind }) => kind)).toEqual(['permission', 'elicitation', 'permission']);
    expect(kinds(world).slice(-3)).toEqual(['agent_message_chunk', 'turn/ended', 'question/asked']);
  });

  test('[acp 8] a form is asked with its schema and answered in all of its ways; another mode is not taken', async () => {
    const world = await openWorld();
    const schema = { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] };
    const form = (id: string, mode = 'form') => ({
      id,
      method: 'elicitation/create',
      params: { sessionId: 's', mode, message: 'Who?', requestedSchema: schema },
    });
    await world.agent.say(form('a'), form('b'), form('c'), form('url', 'telepathy'));
    expect(await world.agent.next()).toMatchObject({ id: 'url', error: { code: -32602 } });
    const outcomes = [
      { kind: 'accepted', content: { name: 'x' } },
      { kind: 'declined' },
      { kind: 'selected', option: 'cancel' },
    ] as const;
    const answers = [{ action: 'accept', content: { name: 'x' } }, { action: 'decline' }, { action: 'cancel' }];
    for (const [index, question] of asked(world).entries()) {
      expect(question).toMatchObject({ kind: 'elicitation', title: 'Who?', form: { schema } });
      const outcome = outcomes[index];
      if (outcome === undefined) throw new Error('one question too many');
      await world.backend.perform(
        world.key,
        { kind: 'question/answer', question: question.id, hash: question.hash, outcome },
        never,
      );
      expect((await world.agent.next())['result']).toEqual(answers[index]);
    }
  });

  test('[acp 3] [acp 4.1.11] a request that the agent takes back is no longer asked', async () => {
    const world = await openWorld();
    const takeBack = (requestId: string) => ({ method: '$/cancel_request', params: { requestId } });
    await world.agent.say(permission('o'), takeBack('o'));
    expect(await world.agent.next()).toMatchObject({ id: 'o', error: { code: -32800 } });
    expect(asked(world)).toEqual([]);
    await world.agent.say(permission('p'));
    await probe(world);
    await world.agent.say(takeBack('p'));
    expect(await world.agent.next()).toMatchObject({ id: 'p', error: { code: -32800 } });
    expect(kinds(world).slice(-2)).toEqual(['question/asked', 'question/settled']);
  });

  test('[acp 4.1.11] nothing but a person answers: a day goes by, and the question is still there to be answered', async () => {
    const world = await openWorld();
    await world.backend.perform(world.key, { kind: 'prompt', turn: 'turn', prompt: text('hi') }, never);
    await world.agent.next('session/prompt');
    await world.agent.say(permission('p'));
    await probe(world);
    world.clock.advance(24 * 60 * 60 * 1000);
    // Its answer is the next that the agent hears: nothing was said to it meanwhile.
    await probe(world);
    const [question] = asked(world);
    if (question === undefined) throw new Error('nothing was asked');
    const { id, hash } = question;
    const outcome = { kind: 'selected', option: 'yes' } as const;
    await world.backend.perform(world.key, { kind: 'question/answer', question: id, hash, outcome }, never);
    expect(await world.agent.next()).toMatchObject({ id: 'p', result: { outcome: { optionId: 'yes' } } });
  });

  test('[acp 4.1.11] one without any refusal is asked as it is, and answered by an option or by Stop alone', async () => {
    const world = await openWorld();
    await world.backend.perform(world.key, { kind: 'prompt', turn: 'turn', prompt: text('hi') }, never);
    await world.agent.next('session/prompt');
    const message = permission('p');
    const options = [{ optionId: 'a', name: 'Go on', kind: 'allow_once' }];
    await world.agent.say({ ...message, params: { ...message.params, options } });
    await probe(world);
    const [question] = asked(world);
    expect(question?.options).toEqual([{ id: 'a', name: 'Go on', kind: 'allow_once' }]);
    const { id = '', hash = '' } = question ?? {};
    const outcome = { kind: 'selected', option: 'reject' } as const;
    await expect(
      world.backend.perform(world.key, { kind: 'question/answer', question: id, hash, outcome }, never),
    ).rejects.toMatchObject({ code: 'invalid' });
    await world.backend.perform(world.key, { kind: 'cancel' }, never);
    await world.agent.next('session/cancel');
    expect(await world.agent.next()).toMatchObject({ id: 'p', result: { outcome: { outcome: 'cancelled' } } });
  });

  test.each([
    ['cancelled', { result: { stopReason: 'cancelled' } }, 'cancelled'],
    ['end_turn', { result: { stopReason: 'end_turn' } }, 'end_turn'],
    ['an error', { error: { code: -32603, message: 'AbortError' } }, 'cancelled'],
  ])('[acp 4.1.12] after a cancel what it tells counts until it answers, with %s', async (_, answer, reason) => {
    const world = await openWorld();
    await world.backend.perform(world.key, { kind: 'prompt', turn: 'turn', prompt: text('hi') }, never);
    const { id } = await world.agent.next('session/prompt');
    await world.agent.say(update({ sessionUpdate: 'tool_call', toolCallId: 't', title: 'x', status: 'in_progress' }));
    await world.backend.perform(world.key, { kind: 'cancel' }, never);
    await world.agent.next('session/cancel');
    await world.agent.say(
      update({ sessionUpdate: 'tool_call_update', toolCallId: 't', status: 'completed' }),
      update(chunk('last words')),
      { id, ...answer },
    );
    await probe(world);
    expect(kinds(world).slice(-4)).toEqual(['tool_call', 'tool_call_update', 'agent_message_chunk', 'turn/ended']);
    expect(world.events(world.key).at(-1)).toEqual({ kind: 'turn/ended', turn: 'turn', reason });
    // Stopped is stopped: an error of the next turn is one again.
    await world.backend.perform(world.key, { kind: 'prompt', turn: 'next', prompt: text('hi') }, never);
    const next = await world.agent.next('session/prompt');
    await world.agent.say({ id: next['id'], error: { code: -32603, message: 'AbortError' } });
    await probe(world);
    expect(world.events(world.key).at(-1)).toMatchObject({ turn: 'next', reason: 'failed' });
  });
});
