import fc from 'fast-check';
import type { SessionEvent } from '../../src/model/event.ts';
import { question } from '../tools/sessions.ts';

// Few ids, so that things meet each other.
const id = fc.constantFrom('1', '2', '3');
const words = fc.constantFrom('', 'a', 'some words ', '\n\n', 'größer 🎉', 'x'.repeat(200));
const orNull = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: null });

const block = fc.oneof(
  { weight: 5, arbitrary: words.map((text) => ({ type: 'text', text })) },
  { weight: 1, arbitrary: fc.constant({ type: 'image', data: 'AA==', mimeType: 'image/png' }) },
  { weight: 1, arbitrary: fc.constant({ type: 'hologram', beam: 1 }) },
);
const chunk = fc.record(
  {
    sessionUpdate: fc.constantFrom('user_message_chunk', 'agent_message_chunk', 'agent_thought_chunk'),
    content: block,
    messageId: orNull(id),
  },
  { requiredKeys: ['sessionUpdate', 'content'] },
);
const toolContent = fc.oneof(
  block.map((content) => ({ type: 'content', content })),
  fc.constant({ type: 'diff', path: '/w/a', newText: 'b' }),
  fc.constant({ type: 'terminal', terminalId: '1' }),
);
const tool = fc.record(
  {
    sessionUpdate: fc.constantFrom('tool_call', 'tool_call_update'),
    toolCallId: id,
    title: orNull(words),
    kind: fc.constantFrom('edit', 'execute', null),
    status: fc.constantFrom('pending', 'in_progress', 'completed', 'failed', null, 'paused'),
    content: orNull(fc.array(toolContent, { maxLength: 2 })),
    locations: orNull(fc.constant([{ path: '/w/a', line: 3 }])),
    rawOutput: fc.constantFrom(null, 1, { a: 1 }),
  },
  { requiredKeys: ['sessionUpdate', 'toolCallId'] },
);
const otherUpdates = fc.constantFrom<unknown>(
  { sessionUpdate: 'plan', entries: [{ content: 'do', priority: 'high', status: 'pending' }] },
  { sessionUpdate: 'plan', entries: [] },
  { sessionUpdate: 'available_commands_update', availableCommands: [{ name: '/tour', description: 'd' }] },
  { sessionUpdate: 'current_mode_update', currentModeId: 'plan' },
  {
    sessionUpdate: 'config_option_update',
    configOptions: [{ id: 'b', name: 'B', type: 'boolean', currentValue: true }],
  },
  { sessionUpdate: 'session_info_update', title: 'named' },
  { sessionUpdate: 'session_info_update', title: null },
  { sessionUpdate: 'usage_update', used: 1, size: 2 },
  { sessionUpdate: 'notice', severity: 'odd', title: 'note' },
  { sessionUpdate: 'compaction_update', compactionId: '1', status: 'in_progress' },
  { sessionUpdate: 'compaction_summary_chunk', compactionId: '1', content: { type: 'text', text: 'sum' } },
  { sessionUpdate: 'plan_update', plan: { type: 'items', planId: '1', entries: [{ content: 'do' }] } },
  { sessionUpdate: 'plan_update', plan: { type: 'markdown', planId: '1', content: '# do' } },
  { sessionUpdate: 'plan_update', plan: { type: 'file', planId: '2', uri: 'file:///w/PLAN.md' } },
  { sessionUpdate: 'plan_update', plan: { type: 'hologram', planId: '2' } },
  { sessionUpdate: 'plan_removed', planId: '1' },
  { sessionUpdate: 'subagent_update', sessionId: '1', title: 'Helper', state: { state: 'running' } },
  { sessionUpdate: 'subagent_update', sessionId: '1', title: null, state: null },
  { sessionUpdate: 'of_the_future', value: 1 },
);

const outcome = fc.constantFrom(
  { kind: 'selected', option: 'yes' },
  { kind: 'selected', option: 'never offered' },
  { kind: 'accepted', content: { a: 1 } },
  { kind: 'declined' },
  { kind: 'cancelled' },
);
const questions = fc.oneof(
  fc.tuple(id, fc.constantFrom('permission', 'elicitation')).map(([name, kind]) => ({
    kind: 'question/asked',
    question: { ...question(name), kind },
  })),
  fc.tuple(id, outcome).map(([name, what]) => ({
    kind: 'question/settled',
    question: name,
    by: { kind: 'person', device: 'editor' },
    outcome: what,
  })),
);
const rule = (name: string, more: object = {}): object => ({
  id: name,
  scope: 'session',
  tool: 'edit',
  decision: 'allow',
  ...more,
});
const rules = fc.oneof(
  id.map((name) => ({ kind: 'question/changed', question: name })),
  fc.constantFrom(
    { kind: 'rules/changed', rules: [rule('1'), rule('2', { match: 'src/**' })] },
    { kind: 'rules/changed', rules: [rule('1', { match: ['ls'] }), null, rule('3', { decision: 'perhaps' })] },
    { kind: 'rules/changed', rules: [], wary: true },
  ),
);
const turns = fc.oneof(
  fc
    .tuple(id, fc.array(block, { maxLength: 3 }))
    .map(([turn, prompt]) => ({ kind: 'turn/started', turn, prompt, device: 'd' })),
  id.map((turn) => ({ kind: 'cancel/requested', turn, device: 'd' })),
  fc
    .tuple(id, fc.constantFrom('end_turn', 'cancelled', 'refusal', 'failed', 'agent gone', 'max_tokens', 'odd'))
    .map(([turn, reason]) => ({
      kind: 'turn/ended',
      turn,
      reason,
      ...(reason === 'failed' ? { error: { message: 'no' } } : {}),
    })),
);
const queued = (name: string, more: object = {}): object => ({
  id: name,
  prompt: [{ type: 'text', text: name }],
  device: 'd',
  at: 1,
  state: 'waiting',
  ...more,
});
const others = fc.constantFrom<unknown>(
  { kind: 'session/opened', agentSession: 's', agent: { name: 'a', image: true, embeddedContext: false }, options: [] },
  { kind: 'session/renamed', title: 'mine' },
  { kind: 'terminal/changed', terminal: { id: '1', command: 'ls', tail: 'a', bytes: 1, released: false } },
  { kind: 'link', link: { state: 'ready' } },
  { kind: 'link', link: { state: 'ready', silent: 40 } },
  { kind: 'link', link: { state: 'replaying' } },
  { kind: 'link', link: { state: 'disconnected', detail: 'forgotten', forgotten: true } },
  { kind: 'queue/changed', queue: [queued('1'), queued('2', { now: true })], paused: false },
  { kind: 'queue/changed', queue: [queued('3', { state: 'unknown' }), queued('1')], paused: true, why: 'why' },
  { kind: 'queue/changed', queue: [], paused: true },
  { kind: 'control', control: { epoch: 1 } },
  { kind: 'gap', why: 'lost', lost: 3 },
  { kind: 'call/noted', call: '1', note: 'noted' },
  { kind: 'call/noted', call: '3' },
  { kind: 'subagent/said', session: '1', text: 'said' },
  { kind: 'unknown', name: 'n', value: [1] },
);

/** Events as agents and people make them, often about the same few things. */
export const someEvent: fc.Arbitrary<SessionEvent> = fc
  .oneof(
    { weight: 12, arbitrary: chunk.map((update) => ({ kind: 'update', update })) },
    { weight: 8, arbitrary: tool.map((update) => ({ kind: 'update', update })) },
    { weight: 4, arbitrary: otherUpdates.map((update) => ({ kind: 'update', update })) },
    { weight: 3, arbitrary: questions },
    { weight: 1, arbitrary: rules },
    { weight: 4, arbitrary: turns },
    { weight: 2, arbitrary: others },
    { weight: 1, arbitrary: fc.constant({ kind: 'reset', why: 'again' }) },
  )
  // The fold is total: that it is handed the right types is not assumed by what it is tested with.
  .map((event) => event as SessionEvent);

const names = [
  [
    'kind',
    'update',
    'sessionUpdate',
    'content',
    'toolCallId',
    'status',
    'entries',
    'title',
    'question',
    'outcome',
    'by',
  ],
  [
    'turn',
    'prompt',
    'reason',
    'error',
    'options',
    'terminal',
    'link',
    'control',
    'agent',
    'agentSession',
    'type',
    'text',
  ],
  [
    'configOptions',
    'queue',
    'paused',
    'why',
    'now',
    'availableCommands',
    'id',
    'name',
    'state',
    'hash',
    'tool',
    'form',
    'url',
    'plan',
    'planId',
    'uri',
    'sessionId',
    'call',
    'compactionId',
    'summary',
  ],
  ['__proto__', 'constructor', 'toString'],
].flat();
const anything = fc.oneof(
  fc.anything({ withNullPrototype: true, withBigInt: false, maxDepth: 3 }),
  fc.dictionary(fc.constantFrom(...names), fc.anything({ maxDepth: 2 }), { maxKeys: 4 }),
);

/** A good event with any of its fields, at any depth, replaced by anything at all. */
export const brokenEvent: fc.Arbitrary<SessionEvent> = fc
  .oneof(
    anything,
    fc
      .tuple(someEvent, fc.array(fc.tuple(fc.nat(), anything), { minLength: 1, maxLength: 3 }))
      .map(([event, blows]) => blows.reduce<unknown>((value, [where, what]) => replaced(value, where, what), event)),
  )
  .map((event) => event as SessionEvent);

/** The value with one thing inside it replaced; `where` chooses the thing. */
const replaced = (value: unknown, where: number, what: unknown): unknown => {
  if (typeof value !== 'object' || value === null) return what;
  const keys = Object.keys(value);
  const key = keys[where % (keys.length + 1)];
  if (key === undefined) return what;
  const inner: unknown = Reflect.get(value, key);
  const deeper = replaced(inner, Math.floor(where / (keys.length + 1)), what);
  if (Array.isArray(value)) return value.map((item: unknown, index) => (String(index) === key ? deeper : item));
  return { ...value, [key]: deeper };
};
