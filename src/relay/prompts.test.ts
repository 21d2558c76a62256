import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  codeOf,
  named,
  paramsOf,
  phone,
  RelayRoom,
  resultOf,
  stamped,
  tablet,
  type TestClient,
} from '../../test/tools/relay.ts';
import { question } from '../../test/tools/sessions.ts';
import type { SessionKey } from '../model/session.ts';

let room: RelayRoom;
let key: SessionKey;
let web: TestClient;
beforeEach(async () => {
  room = new RelayRoom();
  key = await room.session();
  web = room.client({ client: 'web' });
});
afterEach(() => room.close());

const prompt = [{ type: 'text', text: 'hello' }];
const queueing = (client: TestClient): void =>
  void client.ask('initialize', { clientCapabilities: { _meta: { 'wheelhouse.queue': true } } });
const queued = (client: TestClient): readonly unknown[] =>
  named(client.take(), '_chances/unstable/queue').map((message) => paramsOf(message)['items']);

describe('a prompt', () => {
  test('[relay 9 a turn] is echoed with who asked, and ends with the stamped response, for all who look', async () => {
    const pad = room.client({ client: 'pad', device: tablet, session: key });
    const id = web.ask('session/prompt', { sessionId: key, prompt });
    await room.settled();
    expect(room.backend.performed).toMatchObject([{ kind: 'prompt', prompt }]);
    room.end(key);
    const heard = pad.take();
    expect(stamped(heard)).toEqual(stamped(web.take()));
    expect(paramsOf(named(heard, 'session/update').at(-1))).toMatchObject({
      update: { sessionUpdate: 'user_message_chunk', content: prompt[0] },
      _meta: { 'wheelhouse.prompt': { client: 'web', requestId: id } },
    });
    expect(stamped(heard).at(-1)).toEqual({
      rseq: room.get(key).at.seq,
      jsonrpc: '2.0',
      id,
      result: { stopReason: 'end_turn' },
    });
  });

  test('[relay 9 a turn] of the editor has its device as the client, and its own id as the request’s', async () => {
    const never = new AbortController().signal;
    await room.router.perform(
      key,
      { kind: 'prompt', prompt: [{ type: 'text', text: 'x' }], turn: 't1' },
      'Desk',
      never,
    );
    room.end(key);
    const heard = web.take();
    expect(paramsOf(named(heard, 'session/update').at(-1))['_meta']).toEqual({
      'wheelhouse.prompt': { client: 'Desk', requestId: 't1' },
    });
    expect(stamped(heard).at(-1)).toMatchObject({ id: 't1', result: { stopReason: 'end_turn' } });
  });

  test.each([
    ['failed', { message: 'No quota.', code: 429, next: 'Wait.' }, { code: 429, message: 'No quota.' }],
    ['agent gone', undefined, { code: -32603 }],
    ['unknown', undefined, { code: -32603 }],
  ])('[relay 9 a turn] that ended as “%s” is answered with an error', async (reason, error, expected) => {
    const id = web.ask('session/prompt', { sessionId: key, prompt });
    await room.settled();
    const { turn } = room.get(key);
    if (turn.state !== 'running') throw new Error('No turn runs.');
    room.append(key, { kind: 'turn/ended', turn: turn.id, reason, ...(error === undefined ? {} : { error }) });
    expect(web.take().find((message) => message['id'] === id)).toMatchObject({ error: expected });
  });

  test('[relay 9 busy] is refused while a turn runs, unless its client can wait', async () => {
    web.ask('session/prompt', { sessionId: key, prompt });
    expect(await web.request('session/prompt', { sessionId: key, prompt })).toMatchObject({
      error: { code: -32012, message: 'the session is running a turn' },
    });
    const patient = room.client({ client: 'patient', session: key });
    queueing(patient);
    const id = patient.ask('session/prompt', { sessionId: key, prompt });
    await room.settled();
    expect(queued(patient)).toEqual([[{ client: 'patient', requestId: id, prompt }]]);
    room.end(key);
    expect(room.get(key).turn.state).toBe('running');
    room.end(key);
    expect(resultOf(await patient.answerTo(id))).toEqual({ stopReason: 'end_turn' });
  });

  test('[relay 9 busy] fifty wait at the most', async () => {
    queueing(web);
    for (let index = 0; index < 51; index += 1) web.ask('session/prompt', { sessionId: key, prompt });
    await room.settled();
    expect(room.get(key).queue).toHaveLength(50);
    expect(codeOf(await web.request('session/prompt', { sessionId: key, prompt }))).toBe(-32012);
  });

  test('[relay 9 busy] one that waits is withdrawn by its own client alone, and answered so', async () => {
    queueing(web);
    web.ask('session/prompt', { sessionId: key, prompt });
    const id = web.ask('session/prompt', { sessionId: key, prompt });
    await room.settled();
    const other = room.client({ client: 'other', session: key });
    other.say({ jsonrpc: '2.0', method: '$/cancel_request', params: { requestId: id } });
    await room.settled();
    expect(room.get(key).queue).toHaveLength(1);
    web.say({ jsonrpc: '2.0', method: '$/cancel_request', params: { requestId: id } });
    expect(codeOf(await web.answerTo(id))).toBe(-32800);
    expect(room.get(key).queue).toHaveLength(0);
  });

  test('[relay 9 busy] a running turn passes a withdrawal over, and ends by session/cancel alone', async () => {
    const id = web.ask('session/prompt', { sessionId: key, prompt });
    await room.settled();
    web.say({ jsonrpc: '2.0', method: '$/cancel_request', params: { requestId: id } });
    await room.settled();
    expect(room.get(key).turn).toMatchObject({ state: 'running', cancelling: false });
    web.say({ jsonrpc: '2.0', method: 'session/cancel', params: { sessionId: key } });
    await room.settled();
    expect(room.get(key).turn).toMatchObject({ state: 'running', cancelling: true });
    room.end(key, 'cancelled');
    expect(resultOf(await web.answerTo(id))).toEqual({ stopReason: 'cancelled' });
  });

  test('[relay 9 busy] that somebody else removed from the queue is answered as withdrawn', async () => {
    queueing(web);
    web.ask('session/prompt', { sessionId: key, prompt });
    const id = web.ask('session/prompt', { sessionId: key, prompt });
    await room.settled();
    await room.router.perform(key, { kind: 'queue/clear' }, 'editor', new AbortController().signal);
    expect(codeOf(await web.answerTo(id))).toBe(-32800);
  });

  test('[relay 8 prompt in two sessions concurrently] each turn is its own session’s, and is answered there', async () => {
    const other = await room.session();
    const pad = room.client({ client: 'pad', device: tablet, session: other });
    const one = web.ask('session/prompt', { sessionId: key, prompt });
    const two = pad.ask('session/prompt', { sessionId: other, prompt });
    await room.settled();
    expect([room.get(key).turn.state, room.get(other).turn.state]).toEqual(['running', 'running']);
    room.end(other);
    expect(resultOf(await pad.answerTo(two))).toEqual({ stopReason: 'end_turn' });
    expect(await web.answerTo(one)).toBeUndefined();
    room.end(key);
    expect(resultOf(await web.answerTo(one))).toEqual({ stopReason: 'end_turn' });
    expect(stamped(pad.take())).toEqual([]);
  });

  test('[relay 9 targeted] to a session that its client does not look at is answered to it, un-stamped', async () => {
    const other = await room.session();
    const id = web.ask('session/prompt', { sessionId: other, prompt });
    await room.settled();
    web.take();
    room.end(other);
    expect((await web.answerTo(id)) ?? {}).toEqual({ jsonrpc: '2.0', id, result: { stopReason: 'end_turn' } });
  });

  test('[relay 9 only a turn’s response waits] its client was away when it ended: it finds it in the replay', async () => {
    const id = web.ask('session/prompt', { sessionId: key, prompt });
    await room.settled();
    const { seq } = room.get(key).at;
    web.leave();
    room.end(key);
    const again = room.client({ client: 'web', session: key, lastSeq: seq });
    expect(again.take().at(-1)).toMatchObject({ id, rseq: seq + 1, result: { stopReason: 'end_turn' } });
  });

  test.each([
    ['none', undefined],
    ['an empty one', []],
    ['no list', 'hello'],
    ['a block without a type', [{ text: 'x' }]],
    ['text that is none', [{ type: 'text', text: 3 }]],
  ])('[relay 4] with %s is −32602, and nothing is sent', async (_what, bad) => {
    expect(codeOf(await web.request('session/prompt', { sessionId: key, prompt: bad }))).toBe(-32602);
    expect(room.backend.performed).toEqual([]);
  });

  test('[relay 8 unknown sessionId] is −32602, never another session’s', async () => {
    expect(await web.request('session/prompt', { sessionId: 'nobody', prompt })).toMatchObject({
      error: { code: -32602, message: 'unknown session' },
    });
    const without = room.client({ client: 'none', session: '' });
    expect(codeOf(await without.request('session/prompt', { prompt }))).toBe(-32602);
    expect(room.backend.performed).toEqual([]);
  });

  test('[relay 9 prompt to a session not live] starts its agent, without a switch', async () => {
    const other = await room.session();
    await room.router.perform(other, { kind: 'close' }, 'editor', new AbortController().signal);
    const id = web.ask('session/prompt', { sessionId: other, prompt });
    await room.settled();
    expect(room.get(other)).toMatchObject({ link: { state: 'ready' }, turn: { state: 'running' } });
    room.end(other);
    expect(resultOf(await web.answerTo(id))).toEqual({ stopReason: 'end_turn' });
    expect(web.take().some((message) => message['rseq'] !== undefined)).toBe(false);
  });

  test('[relay 9 no agent] to a session whose agent does not start is −32603 with the reason', async () => {
    const other = await room.session();
    await room.router.perform(other, { kind: 'close' }, 'editor', new AbortController().signal);
    room.backend.onAttach = () => Promise.reject(new Error('The program is gone.'));
    expect(await web.request('session/prompt', { sessionId: other, prompt })).toMatchObject({
      error: { code: -32603, message: 'The program is gone.' },
    });
  });

  test('[relay 9 no agent] one that the agent has forgotten begins afresh', async () => {
    const other = await room.session();
    room.append(other, { kind: 'turn/started', turn: 't', prompt: [{ type: 'text', text: 'x' }], device: 'd' });
    room.end(other);
    await room.router.perform(other, { kind: 'close' }, 'editor', new AbortController().signal);
    room.backend.onAttach = () => Promise.resolve({ kind: 'forgotten', why: 'It remembers nothing.' });
    web.ask('session/prompt', { sessionId: other, prompt });
    await room.settled();
    expect(room.get(other)).toMatchObject({ link: { state: 'ready' }, turn: { state: 'running' } });
  });

  test('[relay 9 session/close] a turn that ends with its session is answered, once', async () => {
    const id = web.ask('session/prompt', { sessionId: key, prompt });
    await room.settled();
    room.backend.onPerform = (of, command) => {
      if (command.kind === 'cancel') room.end(of, 'cancelled');
      return Promise.resolve();
    };
    expect(resultOf(await web.request('session/close', { sessionId: key }))).toEqual({});
    expect(resultOf(await web.answerTo(id))).toEqual({ stopReason: 'cancelled' });
    expect(web.heard.filter((message) => message['id'] === id)).toHaveLength(1);
  });
});

describe('a question', () => {
  const ask = (id = 'q1', more = {}): void =>
    room.append(key, { kind: 'question/asked', question: question(id, more) });

  test('[relay 9 requests to clients] the first valid answer wins, all are told who, and a later one is passed over', async () => {
    const pad = room.client({ client: 'pad/2', device: tablet, session: key });
    ask();
    web.answer('q1', 'yes');
    pad.answer('q1', 'no');
    await room.settled();
    const heard = web.take();
    expect(named(heard, '_chances/unstable/permission_settled').map(paramsOf)).toEqual([
      { sessionId: key, requestId: 'q1', outcome: { outcome: 'selected', optionId: 'yes' }, by: 'web' },
    ]);
    expect(pad.take().filter((message) => message['id'] === 'q1' && message['error'] !== undefined)).toEqual([]);
    expect(room.backend.performed).toHaveLength(1);
  });

  test('[I5] a thousand errors, unknown ids and things that were not offered settle nothing', async () => {
    ask();
    const bad = [
      { id: 'q1', error: { code: -32603, message: 'crashed' } },
      { id: 'q2', result: { outcome: { outcome: 'selected', optionId: 'yes' } } },
      { id: 'q1', result: { outcome: { outcome: 'selected', optionId: 'always' } } },
      { id: 'q1', result: { outcome: { outcome: 'allowed' } } },
      { id: 'q1', result: { outcome: 'yes' } },
      { id: 'q1', result: true },
      { id: 'q1', result: { action: 'accept' } },
    ];
    for (let index = 0; index < 1000; index += 1) web.say({ jsonrpc: '2.0', ...bad[index % bad.length] });
    await room.settled();
    expect(room.get(key).questions.map(({ id }) => id)).toEqual(['q1']);
    const refusals = web.take().filter((message) => message['id'] === 'q1' && message['error'] !== undefined);
    // Each one of the five that answer it, and neither the errors nor what nobody asked.
    expect(new Set(refusals.map(codeOf))).toEqual(new Set([-32602]));
    expect(refusals).toHaveLength(
      bad.filter(({ id, error }) => id === 'q1' && error === undefined).length * Math.floor(1000 / bad.length) + 4,
    );
    web.answer('q1', 'no');
    await room.settled();
    expect(room.get(key).questions).toEqual([]);
  });

  test('[relay 8 permission answered for background session] one of a session that nobody looks at can be answered', async () => {
    const other = await room.session();
    room.append(other, { kind: 'question/asked', question: question('far') });
    web.take();
    web.answer('far', 'yes');
    await room.settled();
    expect(room.get(other).questions).toEqual([]);
    // Its settling stands in the frames of its own session.
    expect(web.take().filter((message) => message['rseq'] !== undefined)).toEqual([]);
  });

  test('[relay 9 small print] dismissed by a client it is that client’s; cancelled with its turn it is nobody’s', async () => {
    ask('q1');
    web.say({ jsonrpc: '2.0', id: 'q1', result: { outcome: { outcome: 'cancelled' } } });
    await room.settled();
    ask('q2');
    web.say({ jsonrpc: '2.0', method: 'session/cancel', params: { sessionId: key } });
    await room.settled();
    expect(named(web.take(), '_chances/unstable/permission_settled').map(paramsOf)).toMatchObject([
      { requestId: 'q1', outcome: { outcome: 'cancelled' }, by: 'web' },
      { requestId: 'q2', outcome: { outcome: 'cancelled' }, by: null },
    ]);
  });

  test('[relay 9 requests to clients] an elicitation is asked and answered in ACP’s words for it', async () => {
    const form = { schema: { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] } } as const;
    ask('e1', { kind: 'elicitation', title: 'Who?', form, tool: undefined });
    const [asked] = named(web.take(), 'elicitation/create');
    expect(asked).toMatchObject({ id: 'e1', params: { sessionId: key, mode: 'form', message: 'Who?' } });
    web.say({ jsonrpc: '2.0', id: 'e1', result: { action: 'accept', content: {} } });
    await room.settled();
    expect(web.take().map(codeOf)).toContain(-32602);
    web.say({ jsonrpc: '2.0', id: 'e1', result: { action: 'accept', content: { name: 'Ann' } } });
    await room.settled();
    expect(named(web.take(), '_chances/unstable/permission_settled').map(paramsOf)).toMatchObject([
      { requestId: 'e1', outcome: 'accept', by: 'web' },
    ]);
  });

  test('[relay 9 requests to clients] no disconnect settles one', async () => {
    ask();
    web.leave();
    room.relay.revoked(phone.id);
    await room.settled();
    expect(room.get(key).questions).toHaveLength(1);
  });
});
