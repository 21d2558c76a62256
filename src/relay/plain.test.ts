import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  codeOf,
  type Message,
  named,
  paramsOf,
  phone,
  RelayRoom,
  resultOf,
  tablet,
  type TestClient,
} from '../../test/tools/relay.ts';
import { question, says, update } from '../../test/tools/sessions.ts';
import type { SessionKey } from '../model/session.ts';

let room: RelayRoom;
let plain: TestClient;
beforeEach(() => {
  room = new RelayRoom();
  plain = room.client({});
});
afterEach(() => room.close());

const prompt = [{ type: 'text', text: 'hello' }];
const updates = (messages: readonly Message[]): readonly unknown[] =>
  named(messages, 'session/update').map((message) => (paramsOf(message)['update'] as Message)['sessionUpdate']);
const open = async (client: TestClient): Promise<SessionKey> =>
  resultOf(await client.request('session/new', { cwd: '/w', mcpServers: [] }))['sessionId'] as SessionKey;

describe('a client without client_id', () => {
  test('[relay 8 without client_id] is told nothing before it asks, and of nothing but its session', async () => {
    const other = await room.session();
    room.append(other, says('somewhere'));
    expect(plain.take()).toEqual([]);
    const key = await open(plain);
    room.append(other, says('else'));
    room.append(key, says('here'));
    const heard = plain.take();
    expect(updates(heard)).toEqual(['agent_message_chunk']);
    expect(JSON.stringify(heard)).not.toContain('else');
  });

  test('[relay 8 without client_id] gets one line a frame, without a stamp, and nothing that ACP has no word for', async () => {
    const key = await open(plain);
    const rich = { sessionUpdate: 'notice', severity: 'info', title: 'Ours' };
    room.append(key, says('a'), update(rich), { kind: 'link', link: { state: 'ready' } }, says('b'));
    plain.ask('session/prompt', { sessionId: key, prompt: [...prompt, ...prompt] });
    await room.settled();
    room.append(key, { kind: 'question/asked', question: question('q') });
    plain.answer('q', 'yes');
    await room.settled();
    room.end(key);
    const texts = plain.socket.frames.map(({ text }) => text);
    expect(texts.every((text) => text.indexOf('\n') === text.length - 1)).toBe(true);
    expect(texts.some((text) => text.includes('rseq') || text.includes('_chances/') || text.includes('notice'))).toBe(
      false,
    );
    expect(plain.take().map((message) => message['method'])).toEqual([
      'session/update',
      'session/update',
      'session/request_permission',
      undefined,
    ]);
  });

  test('[relay 8 foreign ids ignored] two with equal request ids share a session, and each gets its own answers alone', async () => {
    const other = room.client({ device: tablet });
    const key = await open(plain);
    other.ask('session/load', { sessionId: key, cwd: '/w', mcpServers: [] }, 1);
    await room.settled();
    other.take();
    plain.take();
    plain.ask('session/prompt', { sessionId: key, prompt }, 2);
    await room.settled();
    other.ask('session/prompt', { sessionId: key, prompt }, 2);
    await room.settled();
    expect(other.take().map((message) => [message['id'], codeOf(message), message['method']])).toEqual([
      [undefined, undefined, 'session/update'],
      [2, -32012, undefined],
    ]);
    room.append(key, says('for both'));
    room.end(key);
    expect(updates(other.take())).toEqual(['agent_message_chunk']);
    // Its own words it knows already.
    expect(plain.take().map((message) => message['method'] ?? resultOf(message))).toEqual([
      'session/update',
      { stopReason: 'end_turn' },
    ]);
  });

  test('[relay 8 without client_id] loads a session: its past as updates, what waits, then the answer', async () => {
    const key = await room.session();
    room.append(
      key,
      { kind: 'turn/started', turn: 't', prompt: [{ type: 'text', text: 'x' }], device: 'Desk' },
      says('a'),
    );
    room.append(key, { kind: 'question/asked', question: question('q') });
    const id = plain.ask('session/load', { sessionId: key, cwd: '/w', mcpServers: [] });
    await room.settled();
    const heard = plain.take();
    expect(updates(heard)).toEqual(['user_message_chunk', 'agent_message_chunk']);
    // Once, since it waits: what happened may be settled, and a plain client would not know.
    expect(named(heard, 'session/request_permission').map((message) => message['id'])).toEqual(['q']);
    expect(heard.at(-1)).toEqual({ jsonrpc: '2.0', id, result: {} });
  });

  test('[relay 8 without client_id] has none of the relay’s own methods', async () => {
    for (const method of ['take_control', 'list_sessions', 'read_file', 'ping', 'terminal_open'])
      expect(codeOf(await plain.request(`_chances/unstable/${method}`))).toBe(-32601);
    const { agentCapabilities } = resultOf(await plain.request('initialize', { protocolVersion: 1 }));
    expect(agentCapabilities).not.toHaveProperty('_meta');
  });

  test('[relay 8 without client_id] drives while the wheel is free or its device’s, and takes it from nobody', async () => {
    const key = await open(plain);
    room.lease.enable(true);
    const cancel = async (client: TestClient): Promise<unknown> =>
      codeOf(await client.request('session/set_mode', { sessionId: key, modeId: 'none' }));
    expect(await cancel(plain)).toBe(-32602);
    expect(room.lease.state.holder).toBeUndefined();
    const web = room.client({ client: 'web', device: phone });
    await web.request('_chances/unstable/take_control');
    expect(await cancel(plain)).toBe(-32602);
    const pad = room.client({ client: 'pad', device: tablet });
    await pad.request('_chances/unstable/take_control');
    expect(await cancel(plain)).toBe(-32010);
  });

  test('[relay 8 without client_id] is asked to fill in a form only where it said that it can', async () => {
    const form = { schema: { type: 'object', properties: {} } } as const;
    const ask = (key: SessionKey): void =>
      room.append(key, { kind: 'question/asked', question: question('e', { kind: 'elicitation', form }) });
    const key = await open(plain);
    ask(key);
    expect(named(plain.take(), 'elicitation/create')).toEqual([]);
    const able = room.client({});
    await able.request('initialize', { clientCapabilities: { elicitation: { form: {} } } });
    await able.request('session/load', { sessionId: key });
    expect(named(able.heard, 'elicitation/create').length).toBeGreaterThan(0);
  });

  test('[relay 9 slow socket] that does not keep up goes on where it left off, without a welcome', async () => {
    await room.close();
    room = new RelayRoom({ limits: { unsentFrames: 2 } });
    plain = room.client({});
    const key = await open(plain);
    plain.take();
    room.append(key, { kind: 'question/asked', question: question('before') });
    plain.socket.stall();
    const words = ['a', 'b', 'c', 'd', 'e', 'f'];
    for (const text of words) room.append(key, says(text));
    room.append(key, { kind: 'question/asked', question: question('meanwhile') });
    plain.socket.drain();
    const heard = plain.take();
    expect(named(heard, 'session/request_permission').map((message) => message['id'])).toEqual(['before', 'meanwhile']);
    const said = named(heard, 'session/update').map(
      (message) => ((paramsOf(message)['update'] as Message)['content'] as Message)['text'],
    );
    expect(said).toEqual(words);
  });
});
