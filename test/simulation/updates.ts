import type { Emitted } from '../../src/model/event.ts';
import { readUpdate } from '../../src/protocol/acp/update.ts';
import { JOURNAL_LIMITS } from '../../src/router/journal.ts';

const chunk = (sessionUpdate: string, text: string, messageId?: string): object => ({
  sessionUpdate,
  content: { type: 'text', text },
  ...(messageId === undefined ? {} : { messageId }),
});

const tool = (sessionUpdate: string, number: number, more: object): object => ({
  sessionUpdate,
  toolCallId: `t${number % 5}`,
  ...more,
});

/** Everything that an agent may say, each with its own number in it; the first are the most frequent. */
const makers: readonly ((number: number) => object)[] = [
  (n) => chunk('agent_message_chunk', `word ${n} `),
  (n) => chunk('agent_message_chunk', `word ${n}\n`),
  (n) => chunk('agent_thought_chunk', `thought ${n} `),
  (n) => tool('tool_call', n, { title: `call ${n}`, kind: 'edit', status: 'pending' }),
  (n) => tool('tool_call_update', n, { status: 'in_progress', title: `now ${n}` }),
  (n) => tool('tool_call_update', n, { status: n % 2 === 0 ? 'completed' : 'failed', rawOutput: { n } }),
  (n) => chunk('agent_message_chunk', `named ${n} `, `m${n % 3}`),
  (n) => chunk('user_message_chunk', `told ${n} `),
  (n) => tool('tool_call_update', n, { content: [{ type: 'diff', path: '/w/a', newText: `new ${n}` }] }),
  (n) => ({ sessionUpdate: 'plan', entries: [{ content: `step ${n}`, priority: 'high', status: 'pending' }] }),
  (n) => ({ sessionUpdate: 'usage_update', used: n, size: 1_000_000 }),
  (n) => ({ sessionUpdate: 'session_info_update', title: `title ${n}` }),
  (n) => ({ sessionUpdate: 'compaction_update', compactionId: `c${n % 2}`, status: 'in_progress' }),
  (n) => ({ ...chunk('compaction_summary_chunk', `sum ${n} `), compactionId: `c${n % 2}` }),
  (n) => ({ sessionUpdate: 'notice', severity: 'warning', title: `note ${n}` }),
  (n) => ({ sessionUpdate: 'of_the_future', value: n }),
  (n) => ({ sessionUpdate: 'plan_update', plan: { type: 'markdown', planId: `p${n % 2}`, content: `plan ${n}` } }),
  (n) => ({ sessionUpdate: 'plan_removed', planId: `p${n % 2}` }),
  (n) => ({ sessionUpdate: 'subagent_update', sessionId: `h${n % 2}`, title: `helper ${n}` }),
  (n) => ({ sessionUpdate: 'agent_message_chunk', content: { type: 'image', data: 'AA==', mimeType: `image/${n}` } }),
  (n) => chunk('agent_message_chunk', `${n} ${'long '.repeat(100)}`),
];

/** Half of them come with the agent's own line, as over a wire. */
export const updateOf = (kind: number, number: number): Emitted => {
  const payload = (makers[kind % makers.length] ?? makers[0])?.(number) ?? {};
  const event = readUpdate(payload);
  if (number % 2 === 0) return { event };
  return {
    event,
    raw: JSON.stringify({ jsonrpc: '2.0', method: 'session/update', params: { sessionId: 's', update: payload } }),
  };
};

/** A long text that stands in its event: a few of them are more than is held to catch a surface up. */
export const longUpdate = (number: number): Emitted => ({
  event: readUpdate(chunk('agent_message_chunk', `${number} ${'x'.repeat(JOURNAL_LIMITS.value * 0.9)}`)),
});

/** A text that is kept apart from its event. */
export const hugeUpdate = (number: number): Emitted => ({
  event: readUpdate(chunk('agent_message_chunk', `${number} ${'x'.repeat(JOURNAL_LIMITS.value)}`)),
});
