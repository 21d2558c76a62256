import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  codeOf,
  type Message,
  named,
  owner,
  paramsOf,
  RelayRoom,
  resultOf,
  stamped,
  stamps,
  type TestClient,
} from '../../test/tools/relay.ts';
import { question, says } from '../../test/tools/sessions.ts';
import { PeerError } from '../base/failure.ts';
import type { SessionKey } from '../model/session.ts';

let room: RelayRoom;
let web: TestClient;
const use = (options: ConstructorParameters<typeof RelayRoom>[0] = {}): void => {
  room = new RelayRoom(options);
  web = room.client({ client: 'web' });
  web.take();
};
beforeEach(() => use());
afterEach(() => room.close());

const never = new AbortController().signal;
const prompt = [{ type: 'text', text: 'hello' }] as const;
const upTo = (last: number, from = 1): readonly number[] =>
  Array.from({ length: last - from + 1 }, (_, index) => from + index);
const head = (key: SessionKey): number => room.get(key).at.seq;
const keyOf = (message: Message | undefined): SessionKey => resultOf(message)['sessionId'] as SessionKey;
const relayOf = (message: Message | undefined): unknown => {
  const { _meta: meta } = resultOf(message);
  return (meta as Message | undefined)?.['wheelhouse.relay'];
};
const fallAsleep = (key: SessionKey): Promise<void> => room.router.perform(key, { kind: 'close' }, 'editor', never);

describe('session/new', () => {
  test('[relay 9 session/new] answers first, then tells the session from its start, and looks at it', async () => {
    const id = web.ask('session/new', { cwd: '/w', mcpServers: [] });
    await room.settled();
    const heard = web.take();
    const answered = heard.findIndex((message) => message['id'] === id);
    const key = keyOf(heard[answered]);
    expect(heard.findIndex((message) => message['rseq'] !== undefined)).toBeGreaterThan(answered);
    expect(stamps(heard)).toEqual(upTo(head(key)));
    expect(relayOf(heard[answered])).toEqual({
      hostId: 'host-1',
      headSeq: head(key),
      oldestSeq: 1,
      reset: false,
      complete: true,
      busy: false,
      pendingPermissionIds: [],
      promptCapabilities: { image: true, audio: false, embeddedContext: false },
    });
    room.append(key, says('next'));
    expect(stamps(web.take())).toEqual([head(key)]);
  });

  test('[relay 8 2nd new] a second one is another session, whose numbers begin anew', async () => {
    const one = keyOf(await web.request('session/new', { cwd: '/w', mcpServers: [] }));
    room.append(one, says('a'), says('b'));
    const before = web.heard.length;
    const two = keyOf(await web.request('session/new', { cwd: '/w', mcpServers: [] }));
    expect(two).not.toBe(one);
    const numbers = stamps(web.heard.slice(before));
    expect(numbers.slice(numbers.lastIndexOf(1))).toEqual(upTo(head(two)));
    web.take();
    room.append(one, says('of the other'));
    expect(stamped(web.take())).toEqual([]);
  });

  test.each([
    ['outside of the folders', { cwd: '/etc' }],
    ['that is no absolute path', { cwd: 'w' }],
    ['missing', {}],
  ])('[relay 9 small print] a cwd %s is −32602, and nothing is made', async (_what, params) => {
    expect(codeOf(await web.request('session/new', params))).toBe(-32602);
    expect(room.store.all()).toEqual([]);
  });

  test('[relay 9 session/new] a program as a server of tools is for the owner alone', async () => {
    const mcpServers = [{ name: 'files', command: '/bin/files', args: [], env: [] }];
    expect(codeOf(await web.request('session/new', { cwd: '/w', mcpServers }))).toBe(-32602);
    const remote = [{ type: 'http', name: 'files', url: 'https://example.com/', headers: [] }];
    expect(codeOf(await web.request('session/new', { cwd: '/w', mcpServers: remote }))).toBeUndefined();
    const desk = room.client({ client: 'desk', device: owner });
    expect(codeOf(await desk.request('session/new', { cwd: '/w', mcpServers }))).toBeUndefined();
  });

  test.each([
    ['no servers', 'files'],
    ['a server without a name', [{ command: '/bin/x', args: [], env: [] }]],
    [
      'a program dressed as an address',
      [{ type: 'http', name: 'x', url: 'https://x/', headers: [], command: '/bin/x' }],
    ],
  ])('[relay 9 session/new] %s is −32602', async (_what, mcpServers) => {
    expect(codeOf(await web.request('session/new', { cwd: '/w', mcpServers }))).toBe(-32602);
  });

  test('[relay 9 session/new] the agent may be named, and has to be one that is here', async () => {
    const params = (agent: string): object => ({ cwd: '/w', _meta: { 'wheelhouse.agent': agent } });
    expect(codeOf(await web.request('session/new', params('nobody')))).toBe(-32602);
    expect(codeOf(await web.request('session/new', params('demo')))).toBeUndefined();
  });

  test('[relay 9 session/new] the agent’s own error passes as it is; a start that fails is −32603 with the reason', async () => {
    room.backend.onCreate = () => Promise.reject(new PeerError(-32000, 'Sign in first.', { why: 'key' }));
    expect(await web.request('session/new', { cwd: '/w' })).toMatchObject({
      error: { code: -32000, message: 'Sign in first.', data: { why: 'key' } },
    });
    room.backend.onCreate = () => Promise.reject(new Error('There is no such program.'));
    expect(await web.request('session/new', { cwd: '/w' })).toMatchObject({
      error: { code: -32603, message: 'There is no such program.' },
    });
    expect(stamped(web.take())).toEqual([]);
  });

  test('[relay 8 session/new without an answer] keeps no other line of its client waiting, and may be taken back', async () => {
    room.backend.onCreate = (_key, _options, signal) =>
      new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    const id = web.ask('session/new', { cwd: '/w' });
    expect(await web.answerTo(id)).toBeUndefined();
    expect(resultOf(await web.request('_chances/unstable/ping'))).toEqual({});
    web.say({ jsonrpc: '2.0', method: '$/cancel_request', params: { requestId: id } });
    expect(codeOf(await web.answerTo(id))).toBe(-32800);
  });
});

describe('session/load', () => {
  test('[relay 8 load live] a live one is replayed with what waits there, and then answered', async () => {
    const key = await room.session();
    room.append(key, says('said'), { kind: 'question/asked', question: question('q1') });
    const id = web.ask('session/load', { sessionId: key, cwd: '/w', mcpServers: [] });
    await room.settled();
    const heard = web.take();
    expect(stamps(heard)).toEqual([...upTo(head(key)), head(key)]);
    expect(heard.at(-1)).toMatchObject({ id });
    expect(relayOf(heard.at(-1))).toMatchObject({ reset: false, complete: true, pendingPermissionIds: ['q1'] });
    expect(relayOf(await web.request('session/load', { sessionId: key }))).toMatchObject({ headSeq: head(key) });
    expect(stamped(web.take())).toEqual([]);
  });

  test('[relay 8 load live] a cursor that is known there saves what is known; one of another process does not', async () => {
    const key = await room.session();
    room.append(key, says('said'));
    const load = (cursor: object): Promise<Message | undefined> =>
      web.request('session/load', { sessionId: key, _meta: { 'wheelhouse.relay': cursor } });
    expect(relayOf(await load({ lastSeq: head(key) - 1, hostId: 'host-1' }))).toMatchObject({ reset: false });
    expect(stamps(web.heard)).toEqual([head(key)]);
    const pad = room.client({ client: 'pad', session: '' });
    const cursor = { lastSeq: 1, hostId: 'host-0' };
    const answer = await pad.request('session/load', { sessionId: key, _meta: { 'wheelhouse.relay': cursor } });
    expect(relayOf(answer)).toMatchObject({ reset: true, complete: true });
    expect(stamps(pad.heard)).toEqual(upTo(head(key)));
  });

  test('[relay 8 load stored] one that sleeps is read, told, and gets its agent back; what that tells again is not shown', async () => {
    const key = await room.session();
    room.append(key, { kind: 'turn/started', turn: 't', prompt, device: 'd' }, says('said'));
    room.end(key);
    await fallAsleep(key);
    const asked: unknown[] = [];
    room.backend.onAttach = (_key, agentSession, { haveHistory }) => {
      asked.push({ agentSession, haveHistory });
      return Promise.resolve({ kind: 'attached' });
    };
    const id = web.ask('session/load', { sessionId: key });
    await room.settled();
    const heard = web.take();
    expect(asked).toEqual([{ agentSession: 'agent-1', haveHistory: true }]);
    expect(room.get(key).link.state).toBe('ready');
    expect(
      named(heard, 'session/update').map((message) => (paramsOf(message)['update'] as Message)['sessionUpdate']),
    ).toEqual(['session_info_update', 'user_message_chunk', 'agent_message_chunk']);
    expect(relayOf(heard.find((message) => message['id'] === id))).toMatchObject({ reset: true, complete: true });
    expect(stamps(heard).at(-1)).toBe(head(key));
  });

  test('[relay 8 load stored] without an agent the history stands, and prompts are −32603', async () => {
    const key = await room.session();
    room.append(key, says('said'));
    await fallAsleep(key);
    room.backend.onAttach = () => Promise.reject(new Error('The program is gone.'));
    expect(codeOf(await web.request('session/load', { sessionId: key }))).toBeUndefined();
    expect(web.heard.some((message) => JSON.stringify(message).includes('said'))).toBe(true);
    expect(codeOf(await web.request('session/prompt', { sessionId: key, prompt }))).toBe(-32603);
  });

  test('[relay 8 load unknown] what is not listed, or not named, is −32602', async () => {
    expect(await web.request('session/load', { sessionId: 'nobody' })).toMatchObject({
      error: { code: -32602, message: 'unknown session' },
    });
    expect(codeOf(await web.request('session/load', {}))).toBe(-32602);
    expect(codeOf(await web.request('session/load', { sessionId: 3 }))).toBe(-32602);
  });

  test('[relay 9 session/resume] is the same without the replay', async () => {
    const key = await room.session();
    room.append(key, says('said'));
    const answer = await web.request('session/resume', { sessionId: key });
    expect(relayOf(answer)).toMatchObject({ headSeq: head(key) });
    expect(stamps(web.heard)).toEqual([]);
    room.append(key, says('next'));
    expect(stamps(web.take())).toEqual([head(key)]);
  });

  test('[relay 9 attaching] to one that sleeps reads it, starts no agent, and hears what was said meanwhile', async () => {
    const key = await room.session();
    room.append(key, says('said'));
    await fallAsleep(key);
    const late = room.client({ client: 'late', session: key });
    late.say({ jsonrpc: '2.0', id: 'early', method: '_chances/unstable/ping' });
    await room.settled();
    const heard = late.take();
    expect(heard[0]).toMatchObject({ type: 'relay_welcome', sessionId: key });
    expect(heard.at(-1)).toMatchObject({ id: 'early' });
    expect(room.get(key).link.state).toBe('disconnected');
  });

  test('[relay 9 replay] a history ends with the number after which the next one comes, whatever told nothing of it', async () => {
    const key = await room.session();
    room.append(key, says('said'), { kind: 'link', link: { state: 'ready', detail: 'told by no entry' } });
    await fallAsleep(key);
    await room.catalogue.wake(key, never);
    await fallAsleep(key);
    const late = room.client({ client: 'late', session: key });
    await room.settled();
    const heard = late.take();
    expect(heard[0]).toMatchObject({ reset: true, headSeq: head(key), oldestSeq: head(key) + 1 });
    expect(stamps(heard).at(-1)).toBe(head(key));
    room.append(key, says('next'));
    expect(stamps(late.take())).toEqual([head(key)]);
  });

  test('[relay 9 attaching] who looks at a session while it falls asleep and wakes misses nothing', async () => {
    const key = await room.session();
    const viewer = room.client({ client: 'viewer', session: key });
    viewer.take();
    const { seq } = room.get(key).at;
    await fallAsleep(key);
    await web.request('session/prompt', { sessionId: key, prompt });
    const numbers = stamps(viewer.take());
    expect(numbers).toEqual(upTo(head(key), seq + 1));
  });
});

describe('the lists', () => {
  test('[relay 9 lists] ACP’s own, and one with all that a device shows', async () => {
    const key = await room.session();
    const asleep = await room.session();
    room.append(key, { kind: 'session/renamed', title: 'Mine' }, { kind: 'question/asked', question: question('q') });
    await fallAsleep(asleep);
    const time = new Date(room.clock.now()).toISOString();
    const { sessions } = resultOf(await web.request('session/list'));
    expect(sessions).toEqual(
      expect.arrayContaining([
        { sessionId: key, cwd: '/w', title: 'Mine', updatedAt: time },
        { sessionId: asleep, cwd: '/w', updatedAt: time },
      ]),
    );
    const common = { updatedAt: time, busy: false, cwd: '/w', agent: 'Demo' };
    expect(resultOf(await web.request('_chances/unstable/list_sessions'))['sessions']).toEqual(
      expect.arrayContaining([
        { id: key, title: 'Mine', live: true, waiting: true, ...common },
        { id: asleep, title: asleep, live: false, waiting: false, ...common },
      ]),
    );
    expect(resultOf(await web.request('session/list', { cwd: '/elsewhere' }))).toEqual({ sessions: [] });
  });

  test('[relay 9 session_changed] everybody is told of every session, whatever they look at', async () => {
    const changes = (): readonly Message[] => named(web.take(), '_chances/unstable/session_changed').map(paramsOf);
    const key = await room.session();
    expect(changes()).toEqual([{ sessionId: key, state: 'live', busy: false, waiting: false }]);
    const turn = { turn: 't', prompt, device: 'd' };
    room.append(key, { kind: 'turn/started', ...turn }, { kind: 'question/asked', question: question('q') });
    expect(changes()).toEqual([{ sessionId: key, state: 'live', busy: true, waiting: true, title: 'hello' }]);
    room.append(key, { kind: 'link', link: { state: 'failed', detail: 'It is gone.' } });
    expect(changes()).toMatchObject([{ sessionId: key, state: 'stopped', reason: 'agent_exit', waiting: false }]);
    room.end(key, 'agent gone');
    expect(changes()).toMatchObject([{ sessionId: key, state: 'stopped', busy: false }]);
    await web.request('session/delete', { sessionId: key });
    web.take();
    expect(named(web.heard, '_chances/unstable/session_changed').map(paramsOf).at(-1)).toMatchObject({
      sessionId: key,
      state: 'deleted',
    });
    expect(codeOf(await web.request('session/load', { sessionId: key }))).toBe(-32602);
  });

  test('[relay 9 lists] session/close stops the agent and leaves the session', async () => {
    const key = await room.session();
    expect(resultOf(await web.request('session/close', { sessionId: key }))).toEqual({});
    expect(named(web.heard, '_chances/unstable/session_changed').map(paramsOf).at(-1)).toMatchObject({
      sessionId: key,
      state: 'stopped',
      reason: 'closed',
    });
    expect(room.catalogue.all()).toMatchObject([{ key, asleep: true }]);
    expect(codeOf(await web.request('session/close', {}))).toBe(-32602);
  });
});

describe('at the limit of live sessions', () => {
  const full = async (limit: number): Promise<readonly SessionKey[]> => {
    await room.close();
    use({ limits: { liveSessions: limit } });
    const keys: SessionKey[] = [];
    for (let index = 0; index < limit; index += 1) {
      keys.push(await room.session());
      room.clock.advance(1000);
    }
    web.take();
    return keys;
  };

  test('[relay 9 eviction] the one that is idle longest loses its agent, and everybody is told', async () => {
    const [one, two] = await full(2);
    if (one === undefined || two === undefined) throw new Error('There are no sessions.');
    room.append(one, says('used last'));
    expect(codeOf(await web.request('session/new', { cwd: '/w' }))).toBeUndefined();
    const stopped = named(web.heard, '_chances/unstable/session_changed').map(paramsOf);
    expect(stopped).toContainEqual(expect.objectContaining({ sessionId: two, state: 'stopped', reason: 'evicted' }));
    expect(room.store.get(two)).toBeUndefined();
    expect(room.catalogue.get(two)).toMatchObject({ asleep: true });
    expect(room.get(one).link.state).toBe('ready');
  });

  test('[relay 9 eviction] none that works, is asked for, is looked at or waits is taken: −32013, and nothing is started', async () => {
    const [working, asked, viewed, waiting] = await full(4);
    if (working === undefined || asked === undefined || viewed === undefined || waiting === undefined)
      throw new Error('There are no sessions.');
    room.append(working, { kind: 'turn/started', turn: 't', prompt, device: 'd' });
    room.append(asked, { kind: 'question/asked', question: question('q') });
    room.client({ client: 'viewer', session: viewed });
    const queued = { id: 'x', prompt, device: 'd', at: 1, state: 'unknown' } as const;
    room.append(waiting, { kind: 'queue/changed', queue: [queued], paused: true });
    expect(await web.request('session/new', { cwd: '/w' })).toMatchObject({
      error: { code: -32013, data: { limit: 4 } },
    });
    expect(room.store.all()).toHaveLength(4);
    // One that somebody looks at through another door counts as well.
    room.end(working);
    room.append(working, says('now idle'));
    expect(codeOf(await web.request('session/new', { cwd: '/w' }))).toBeUndefined();
    expect(room.store.get(working)).toBeUndefined();
  });

  test('[relay 9 eviction] two that start at once do not both take the last place', async () => {
    await full(1);
    const { promise, resolve } = Promise.withResolvers<void>();
    room.backend.onCreate = () => promise;
    const [one, two] = [web.ask('session/new', { cwd: '/w' }), web.ask('session/new', { cwd: '/w' })];
    expect(codeOf(await web.answerTo(two))).toBe(-32013);
    resolve();
    expect(keyOf(await web.answerTo(one))).toBeDefined();
  });
});
