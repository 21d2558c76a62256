import { expect, test } from 'vitest';
import { readHistory } from './history.ts';

test('[gateway 4 history] messages with texts or blocks, calls with input and output, the system’s words left out', () => {
  const messages = [
    { id: 'm1', role: 'user', content: 'hello', timestamp: '2026-01-01T00:00:00Z' },
    { id: 'm2', role: 'system', content: 'be kind', timestamp: '2026-01-01T00:00:01Z' },
    {
      id: 'm3',
      role: 'assistant',
      content: [{ type: 'text', text: 'one' }, { type: 'image' }, { type: 'text', text: 'two' }],
      timestamp: '2026-01-01T00:00:02Z',
      toolCalls: [{ name: 'write', input: { path: 'x' }, output: 'done' }, 7],
    },
    'garbage',
    { role: 'user', content: 'nobody can name it' },
  ];
  const { messages: kept, more } = readHistory({ messages, hasMore: true });
  expect(more).toBe(true);
  expect(kept.map(({ id, events }) => [id, events])).toEqual([
    [
      'm1',
      [
        {
          kind: 'update',
          update: { sessionUpdate: 'user_message_chunk', messageId: 'm1', content: { type: 'text', text: 'hello' } },
        },
      ],
    ],
    ['m2', []],
    [
      'm3',
      [
        {
          kind: 'update',
          update: {
            sessionUpdate: 'agent_message_chunk',
            messageId: 'm3',
            content: { type: 'text', text: 'one\ntwo' },
          },
        },
        {
          kind: 'update',
          update: {
            sessionUpdate: 'tool_call',
            toolCallId: 'm3 0',
            title: 'write',
            kind: 'other',
            status: 'completed',
            rawInput: { path: 'x' },
            rawOutput: 'done',
          },
        },
      ],
    ],
  ]);
});

test.each([undefined, 7, {}, { messages: 'none' }, { messages: [], hasMore: true }])(
  '[gateway 4 history] %j is nothing, and nothing more is asked for',
  (payload) => {
    expect(readHistory(payload)).toEqual({ messages: [], more: false });
  },
);
