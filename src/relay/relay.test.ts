import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { named, paramsOf, RelayRoom, resultOf, stamps, tablet, type Message } from '../../test/tools/relay.ts';
import { question, says } from '../../test/tools/sessions.ts';
import type { SessionKey } from '../model/session.ts';

let room: RelayRoom;
let key: SessionKey;
beforeEach(async () => {
  room = new RelayRoom();
  key = await room.session();
});
afterEach(() => room.close());

const prompt = [{ type: 'text', text: 'hello' }];
const head = (): number => room.get(key).at.seq;
const upTo = (last: number, from = 1): readonly number[] =>
  Array.from({ length: last - from + 1 }, (_, index) => from + index);
const texts = (messages: readonly Message[]): readonly unknown[] =>
  named(messages, 'session/update').map((message) => {
    const { content } = paramsOf(message)['update'] as { content?: { text?: string } };
    return content?.text;
  });

describe('attaching', () => {
  test('[relay 8 welcome first] the welcome comes first, with `type` as its first key, un-stamped', () => {
    const client = room.client({ client: 'web' });
    const [welcome] = client.take();
    expect(Object.keys(welcome ?? {})[0]).toBe('type');
    expect(welcome).toEqual({
      type: 'relay_welcome',
      epoch: 1,
      headSeq: head(),
      reset: false,
      busy: false,
      pendingPermissionIds: [],
      lease: false,
      holder: null,
      controlEpoch: 0,
      hostId: 'host-1',
      sessionId: key,
      oldestSeq: 1,
      complete: true,
    });
  });

  test('[relay 8 disjoint replay+live] what was missed and what happens are one sequence without a hole or a double', () => {
    room.append(key, says('one'), says('two'));
    const client = room.client({ client: 'web' });
    room.append(key, says('three'));
    expect(stamps(client.take())).toEqual(upTo(head()));
    const again = room.client({ client: 'pad', session: key, lastSeq: head() - 1 });
    room.append(key, says('four'));
    expect(stamps(again.take())).toEqual(upTo(head(), head() - 1));
  });

  test('[relay 8 LF batching] several lines of one message are several requests; each frame ends with a line feed', async () => {
    const client = room.client({ client: 'web' });
    client.take();
    const ping = { jsonrpc: '2.0', method: '_chances/unstable/ping' };
    client.say(JSON.stringify({ ...ping, id: 'a' }), '', '  ', `  ${JSON.stringify({ ...ping, id: 'b' })}  `);
    await room.settled();
    const sent = client.takeTexts();
    expect(sent.map((text) => JSON.parse(text).id)).toEqual(['a', 'b']);
    expect(sent.every((text) => text.endsWith('}\n') && text.indexOf('\n') === text.length - 1)).toBe(true);
  });

  test('[relay 8 LF batching] a prompt of several blocks is one frame of several lines, of which the last is stamped', async () => {
    const client = room.client({ client: 'web' });
    client.ask('session/prompt', { sessionId: key, prompt: [...prompt, { type: 'text', text: 'and more' }] });
    await room.settled();
    const echo = client.takeTexts().find((text) => text.includes('user_message_chunk')) ?? '';
    const lines = echo.trim().split('\n');
    expect(lines.map((text) => JSON.parse(text).rseq)).toEqual([undefined, head()]);
    expect(texts(lines.map((text) => JSON.parse(text)))).toEqual(['hello', 'and more']);
  });

  test('[relay 8 open permission dedupe] what waits is sent again to the byte, after the replay, and listed', () => {
    const live = room.client({ client: 'web' });
    room.append(key, { kind: 'question/asked', question: question('q1') });
    const [asked] = live.takeTexts().filter((text) => text.includes('"q1"'));
    room.append(key, says('meanwhile'));
    const fresh = room.client({ client: 'pad', session: key });
    const sent = fresh.takeTexts();
    expect(JSON.parse(sent[0] ?? '').pendingPermissionIds).toEqual(['q1']);
    // Once in the replay, and once more behind it.
    expect(sent.filter((text) => text === asked)).toHaveLength(2);
    expect(sent.at(-1)).toBe(asked);
    const late = room.client({ client: 'tv', session: key, lastSeq: head() });
    expect(late.takeTexts().slice(1)).toEqual([asked]);
  });

  test('[relay 8 other hostId] a cursor of another process of the host is void', () => {
    const client = room.client({ client: 'web', session: key, lastSeq: head(), host: 'host-0' });
    const heard = client.take();
    expect(heard[0]).toMatchObject({ reset: true, complete: true });
    expect(stamps(heard)).toEqual(upTo(head()));
    const ours = room.client({ client: 'pad', session: key, lastSeq: head(), host: 'host-1' });
    expect(ours.take()).toEqual([expect.objectContaining({ reset: false })]);
  });

  test('[relay 8 reset handling] a cursor beyond the head is void, one before it is not', () => {
    expect(room.client({ client: 'a', session: key, lastSeq: head() + 1 }).take()[0]).toMatchObject({ reset: true });
    expect(room.client({ client: 'b', session: key, lastSeq: head() }).take()[0]).toMatchObject({ reset: false });
  });

  test('[relay 8 reconnect with session_id] whoever is cut off goes on where it was, in the session that it names', async () => {
    const other = await room.session();
    const client = room.client({ client: 'web', session: other });
    expect(client.take()[0]).toMatchObject({ sessionId: other });
    const { seq } = room.get(other).at;
    client.leave();
    room.append(other, says('missed'));
    const again = room.client({ client: 'web', session: other, lastSeq: seq });
    expect(stamps(again.take())).toEqual([seq + 1]);
  });

  test('[relay 9 which session] none where it is asked for none, and a reset where it is asked for one that is not there', () => {
    expect(room.client({ client: 'a', session: '' }).take()).toEqual([
      expect.objectContaining({ sessionId: null, headSeq: 0, reset: false }),
    ]);
    expect(room.client({ client: 'b', session: 'nobody' }).take()).toEqual([
      expect.objectContaining({ sessionId: null, headSeq: 0, reset: true }),
    ]);
  });

  test('[relay 9 which session] without a word the oldest one that has an agent', async () => {
    await room.session();
    expect(room.client({ client: 'a' }).take()[0]).toMatchObject({ sessionId: key, epoch: 1 });
    await room.router.perform(key, { kind: 'close' }, 'editor', new AbortController().signal);
    expect(room.client({ client: 'b' }).take()[0]).toMatchObject({ epoch: 2 });
    expect(room.client({ client: 'c' }).take()[0]?.['sessionId']).not.toBe(key);
  });

  test('[relay 9 same client_id] the newer socket takes the place of the older one', () => {
    const old = room.client({ client: 'web' });
    const fresh = room.client({ client: 'web' });
    old.take();
    expect(old.socket.closed?.code).toBe(4000);
    room.append(key, says('only to the new one'));
    expect(old.take()).toEqual([]);
    expect(texts(fresh.take())).toContain('only to the new one');
    expect(room.relay.clients).toBe(1);
  });

  test('[relay 8 welcome in mid-connection] a slow socket gets its own answers alone, and a welcome where it left off', async () => {
    await room.close();
    room = new RelayRoom({ limits: { unsentFrames: 3 } });
    key = await room.session();
    const slow = room.client({ client: 'slow' });
    const quick = room.client({ client: 'quick', session: key });
    slow.take();
    slow.socket.stall();
    for (const text of 'abcdefgh') room.append(key, says(text));
    const last = stamps(slow.take()).at(-1) ?? 0;
    expect(last).toBe(head() - 4);
    expect(stamps(quick.take())).toEqual(upTo(head()));
    expect(resultOf(await slow.request('_chances/unstable/ping'))).toEqual({});
    slow.socket.drain();
    const caughtUp = slow.take();
    expect(caughtUp[0]).toMatchObject({ type: 'relay_welcome', reset: false, headSeq: head() });
    expect(stamps(caughtUp)).toEqual(upTo(head(), last + 1));
    room.append(key, says('i'));
    expect(stamps(slow.take())).toEqual([head()]);
  });

  test('[relay 9 slow socket] more than 4 MiB unsent counts as slow, whatever the number of frames', async () => {
    await room.close();
    room = new RelayRoom({ limits: { unsentBytes: 1000 } });
    key = await room.session();
    const slow = room.client({ client: 'slow' });
    slow.socket.stall();
    room.append(key, says('x'.repeat(2000)));
    room.append(key, says('never sent'));
    expect(texts(slow.take())).not.toContain('never sent');
  });

  test('[relay 9 reset] a session that is told anew is told from its start, with a welcome in between', () => {
    const client = room.client({ client: 'web' });
    room.append(key, says('old'));
    client.take();
    room.append(key, { kind: 'reset', why: 'told anew' }, says('new'));
    const heard = client.take();
    const welcome = heard.findIndex((message) => message['type'] === 'relay_welcome');
    expect(heard[welcome]).toMatchObject({ reset: true, headSeq: head() });
    expect(texts(heard.slice(welcome))).toEqual(['new']);
    room.append(key, says('more'));
    expect(stamps(client.take())).toEqual([head()]);
  });
});

describe('one event', () => {
  const count = (clients: number): number => {
    for (let index = 0; index < clients; index += 1) room.client({ client: `viewer-${index}`, session: key });
    const stringify = vi.spyOn(JSON, 'stringify');
    try {
      room.append(key, says('counted'));
      return stringify.mock.calls.length;
    } finally {
      stringify.mockRestore();
    }
  };

  test('[P8] is made into text once, for one viewer and for eight, and all get the same object', () => {
    expect(count(1)).toBe(1);
    const others = [room.client({ client: 'x', session: key }), room.client({ client: 'y', session: key })];
    expect(count(8)).toBe(1);
    const [one, other] = others.map((client) => client.socket.frames.at(-1));
    expect(one).toBe(other);
  });

  test('[P8] is made into text only where somebody looks at the session', () => {
    expect(count(0)).toBe(0);
  });
});

describe('what a client says', () => {
  test.each([
    ['{', -32700],
    ['[{"jsonrpc":"2.0","id":1,"method":"session/list"}]', -32600],
    ['{"id":1}', -32600],
    ['3', -32600],
  ])('[relay 9 same client_id] %s is answered with %d and id null, and the socket lives', async (line, code) => {
    const client = room.client({ client: 'web' });
    client.take();
    client.say(line);
    expect(client.take()).toEqual([{ jsonrpc: '2.0', id: null, error: { code, message: expect.any(String) } }]);
    expect(resultOf(await client.request('_chances/unstable/ping'))).toEqual({});
  });

  test('[relay 4] a request without an id that only asks does nothing', async () => {
    const client = room.client({ client: 'web' });
    client.take();
    client.say({ jsonrpc: '2.0', method: '_chances/unstable/list_sessions' }, { jsonrpc: '2.0', method: 'made/up' });
    await room.settled();
    expect(client.take()).toEqual([]);
  });

  test('[relay 9 classes] what nobody knows is −32601', async () => {
    const client = room.client({ client: 'web' });
    expect(await client.request('made/up')).toMatchObject({ error: { code: -32601 } });
    expect(await client.request('authenticate', { methodId: 'x' })).toMatchObject({ error: { code: -32601 } });
  });

  test('[relay 9 initialize] is answered by the relay itself', async () => {
    const client = room.client({ client: 'web' });
    expect(resultOf(await client.request('initialize', { protocolVersion: 1 }))).toEqual({
      protocolVersion: 1,
      agentCapabilities: {
        loadSession: true,
        sessionCapabilities: { list: {}, resume: {}, close: {}, delete: {} },
        promptCapabilities: { image: true, audio: false, embeddedContext: false },
        _meta: {
          'wheelhouse.relay': {
            workspaceQueries: false,
            workspaceEdits: false,
            terminal: false,
            lease: false,
            sessions: true,
            roots: ['/w'],
          },
        },
      },
      authMethods: [],
    });
  });
});

describe('an end', () => {
  test('[S9] of a device closes its sockets, and nothing more is sent there', () => {
    const phones = [room.client({ client: 'a' }), room.client({ client: 'b' })];
    const other = room.client({ client: 'c', device: tablet });
    for (const client of [...phones, other]) client.take();
    room.relay.revoked('d-phone');
    room.append(key, says('secret'));
    for (const client of phones) {
      expect(client.socket.closed?.code).toBe(4001);
      client.say({ jsonrpc: '2.0', id: 1, method: 'session/prompt', params: { sessionId: key, prompt } });
      expect(client.take()).toEqual([]);
    }
    expect(texts(other.take())).toEqual(['secret']);
    expect(room.get(key).turn.state).toBe('idle');
  });

  test('[relay 9 close codes] of the relay closes every socket with 1001', () => {
    const client = room.client({ client: 'a' });
    room.relay.dispose();
    expect(client.socket.closed?.code).toBe(1001);
  });
});
