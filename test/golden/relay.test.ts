import { describe, test } from 'vitest';
import type { SessionKey } from '../../src/model/session.ts';
import { type ClientOptions, RelayRoom, type RoomOptions, tablet, type TestClient } from '../tools/relay.ts';
import { question, says, update } from '../tools/sessions.ts';
import { agreed } from './agreed.ts';

/** What a relay and its clients say to each other, word for word: the wire that other houses build on. */
class Transcript {
  readonly room: RelayRoom;
  readonly #clients = new Map<string, TestClient>();
  readonly #lines: string[] = [];

  constructor(options: RoomOptions = {}) {
    this.room = new RelayRoom(options);
  }

  note(text: string): void {
    this.#lines.push('', `# ${text}`);
  }

  join(name: string, options: ClientOptions): void {
    const { device: _, ...query } = options;
    this.#lines.push('', `* ${name} connects ${JSON.stringify(query)}`);
    this.#clients.set(name, this.room.client(options));
    this.#hear();
  }

  leave(name: string): void {
    this.#lines.push('', `* ${name} is cut off`);
    this.#of(name).leave();
    this.#clients.delete(name);
  }

  async say(name: string, message: object): Promise<void> {
    const line = JSON.stringify({ jsonrpc: '2.0', ...message });
    this.#lines.push('', `${name} > ${line}`);
    this.#of(name).say(line);
    await this.room.settled();
    this.#hear();
  }

  append(
    key: SessionKey,
    ...events: Parameters<RelayRoom['append']> extends [unknown, ...infer Rest] ? Rest : never
  ): void {
    this.room.append(key, ...events);
    this.#hear();
  }

  end(key: SessionKey): void {
    this.room.end(key);
    this.#hear();
  }

  async over(name: string): Promise<void> {
    await this.room.close();
    await agreed(name, `${this.#lines.join('\n').trim()}\n`);
  }

  /** One entry for each WebSocket message; its further lines are indented. */
  #hear(): void {
    for (const [name, client] of this.#clients)
      for (const text of client.takeTexts())
        this.#lines.push(`${name} < ${text.trim().replaceAll('\n', `\n${' '.repeat(name.length + 3)}`)}`);
  }

  #of(name: string): TestClient {
    const client = this.#clients.get(name);
    if (client === undefined) throw new Error(`${name} is not connected.`);
    return client;
  }
}

const text = (words: string) => ({ type: 'text', text: words }) as const;

describe('a conversation over the relay', () => {
  test('[relay 8] a turn, seen by two: prompt, answer, permission, end', async () => {
    const talk = new Transcript();
    talk.join('web', { client: 'web', session: '' });
    await talk.say('web', {
      id: 'web:1',
      method: 'initialize',
      params: { protocolVersion: 1, clientCapabilities: {} },
    });
    await talk.say('web', { id: 'web:2', method: 'session/new', params: { cwd: '/w', mcpServers: [] } });
    const [key] = talk.room.store.all().map((session) => session.key);
    if (key === undefined) throw new Error('There is no session.');
    talk.join('pad', { client: 'pad/1', device: tablet, session: key });
    await talk.say('web', {
      id: 'web:3',
      method: 'session/prompt',
      params: { sessionId: key, prompt: [text('Fix it.'), text('Gently.')] },
    });
    talk.append(key, says('I look at it.'));
    const call = { sessionUpdate: 'tool_call', toolCallId: 'q1', title: 'Edit a.ts', kind: 'edit', status: 'pending' };
    talk.append(key, update(call), { kind: 'question/asked', question: question('q1') });
    await talk.say('pad', { id: 'q1', result: { outcome: { outcome: 'selected', optionId: 'odd one' } } });
    await talk.say('pad', { id: 'q1', result: { outcome: { outcome: 'selected', optionId: 'yes' } } });
    await talk.say('web', {
      id: 'web:4',
      method: 'session/prompt',
      params: { sessionId: key, prompt: [text('More.')] },
    });
    talk.append(key, update({ sessionUpdate: 'tool_call_update', toolCallId: 'q1', status: 'completed' }));
    talk.end(key);
    await talk.say('web', { id: 'web:5', method: '_chances/unstable/list_sessions' });
    await talk.say('web', { id: 'web:6', method: 'session/close', params: { sessionId: key } });
    await talk.over('relay-turn');
  });

  test('[relay 8] the wheel: claimed, refused, taken, fenced, given back', async () => {
    const talk = new Transcript({ lease: true });
    const key = await talk.room.session();
    talk.join('web', { client: 'web' });
    talk.join('pad', { client: 'pad', device: tablet });
    await talk.say('web', { id: 1, method: 'session/prompt', params: { sessionId: key, prompt: [text('Go.')] } });
    await talk.say('pad', { id: 1, method: 'session/cancel', params: { sessionId: key } });
    talk.append(key, { kind: 'question/asked', question: question('q1') });
    await talk.say('pad', { id: 'q1', result: { outcome: { outcome: 'selected', optionId: 'yes' } } });
    await talk.say('pad', { id: 2, method: '_chances/unstable/take_control' });
    await talk.say('pad', {
      id: 'q1',
      result: { outcome: { outcome: 'selected', optionId: 'no' }, _meta: { 'wheelhouse.controlEpoch': 0 } },
    });
    await talk.say('pad', {
      id: 'q1',
      result: { outcome: { outcome: 'selected', optionId: 'no' }, _meta: { 'wheelhouse.controlEpoch': 1 } },
    });
    await talk.say('web', { id: 2, method: '_chances/unstable/release_control' });
    await talk.say('pad', { id: 3, method: '_chances/unstable/release_control' });
    await talk.over('relay-wheel');
  });

  test('[relay 8] a reconnect: what was missed, a cursor that is too old, one of another process', async () => {
    const talk = new Transcript({ limits: { ringFrames: 4 } });
    const key = await talk.room.session();
    talk.join('web', { client: 'web' });
    talk.append(key, { kind: 'turn/started', turn: 'turn-1', prompt: [text('Fix it.')], device: 'Desk' });
    const { seq: lastSeq } = talk.room.get(key).at;
    talk.leave('web');
    const call = { sessionUpdate: 'tool_call', toolCallId: 'c1', title: 'Read', kind: 'read', status: 'in_progress' };
    talk.append(key, says('I '), update(call));
    talk.join('web', { client: 'web', session: key, lastSeq, host: 'host-1' });
    talk.leave('web');
    talk.append(key, says('look '), says('at '), says('it.'), { kind: 'question/asked', question: question('q1') });
    talk.end(key);
    talk.note('Of what it asks for the ring has lost the beginning: the session is told as it is.');
    talk.join('web', { client: 'web', session: key, lastSeq, host: 'host-1' });
    talk.note('It is at the head of the numbers of another process.');
    talk.join('web', { client: 'web', session: key, lastSeq: talk.room.get(key).at.seq, host: 'host-0' });
    await talk.over('relay-reconnect');
  });

  test('[relay 8 without client_id] two plain ACP clients with equal ids', async () => {
    const talk = new Transcript();
    talk.join('one', {});
    talk.join('two', { device: tablet });
    await talk.say('one', { id: 0, method: 'initialize', params: { protocolVersion: 1 } });
    await talk.say('one', { id: 1, method: 'session/new', params: { cwd: '/w', mcpServers: [] } });
    const [key] = talk.room.store.all().map((session) => session.key);
    if (key === undefined) throw new Error('There is no session.');
    await talk.say('two', { id: 1, method: 'session/load', params: { sessionId: key, cwd: '/w', mcpServers: [] } });
    await talk.say('one', { id: 2, method: 'session/prompt', params: { sessionId: key, prompt: [text('Fix it.')] } });
    talk.append(key, says('May I?'), { kind: 'question/asked', question: question('q1') });
    await talk.say('two', { id: 'q1', result: { outcome: { outcome: 'selected', optionId: 'yes' } } });
    await talk.say('two', { id: 2, method: 'session/prompt', params: { sessionId: key, prompt: [text('More.')] } });
    talk.end(key);
    await talk.over('relay-plain');
  });

  test('[relay 8] prompts that wait, and one that is withdrawn', async () => {
    const talk = new Transcript();
    const key = await talk.room.session();
    talk.join('web', { client: 'web' });
    const clientCapabilities = { _meta: { 'wheelhouse.queue': true } };
    await talk.say('web', { id: 'web:1', method: 'initialize', params: { protocolVersion: 1, clientCapabilities } });
    for (const [id, words] of [
      ['web:2', 'First.'],
      ['web:3', 'Second.'],
      ['web:4', 'Third.'],
    ] as const)
      await talk.say('web', { id, method: 'session/prompt', params: { sessionId: key, prompt: [text(words)] } });
    await talk.say('web', { method: '$/cancel_request', params: { requestId: 'web:3' } });
    talk.end(key);
    talk.end(key);
    await talk.over('relay-queue');
  });
});
