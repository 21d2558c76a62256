import { line, type Json } from './wire.ts';

/** Always the same throws for the same seed, so that a finding comes again. */
const dice = (seed: number): ((below: number) => number) => {
  let state = (seed % 2147483646) + 1;
  return (below) => {
    state = (state * 48271) % 2147483647;
    return state % below;
  };
};

const updates = (): readonly Json[] => [
  { sessionUpdate: 'agent_message_chunk', content: { type: 'text', text: 'some words é 🚀' }, messageId: 'm' },
  { sessionUpdate: 'agent_thought_chunk', content: { type: 'text', text: 'a thought' } },
  { sessionUpdate: 'user_message_chunk', content: { type: 'image', data: 'AAAA', mimeType: 'image/png' } },
  { sessionUpdate: 'tool_call', toolCallId: 'c', title: 'Read', kind: 'read', status: 'pending', locations: [] },
  { sessionUpdate: 'tool_call_update', toolCallId: 'c', content: [{ type: 'diff', path: '/f', newText: 'x' }] },
  { sessionUpdate: 'plan', entries: [{ content: 'A step', priority: 'high', status: 'pending' }] },
  { sessionUpdate: 'available_commands_update', availableCommands: [{ name: 'x', description: 'y' }] },
  { sessionUpdate: 'usage_update', used: 1, size: 2, cost: { amount: 1, currency: 'EUR' } },
  { sessionUpdate: 'session_info_update', title: 'A title' },
];

/** Valid lines of one session: what the damage is done to. Nothing here asks for anything that outlives the turn. */
const corpus = (sessionId: string): readonly Buffer[] =>
  [
    ...updates().map((update) => ({ method: 'session/update', params: { sessionId, update } })),
    { id: 'stranger', result: { outcome: {} } },
    { id: 'stranger', error: { code: -32603, message: 'no' } },
    { id: 'asked', method: 'fs/read_text_file', params: { sessionId, path: '/nowhere' } },
    { id: 'vendor', method: '_vendor/thing', params: {} },
    { method: '$/cancel_request', params: { requestId: 'asked' } },
  ].map((message) => Buffer.from(line(message)));

const SPOILS: readonly string[] = [
  '\0',
  '\r',
  '\n',
  '\uFEFF',
  '{',
  '}',
  '[',
  ']',
  '"',
  '\\',
  ',',
  '1e999',
  'null',
  '\\ud800',
];

type Damage = (bytes: Buffer, other: Buffer, roll: (below: number) => number) => Buffer;

const damages: readonly Damage[] = [
  // A byte is another one, also in the middle of a character.
  (bytes, _, roll) => {
    const copy = Buffer.from(bytes);
    copy[roll(copy.length)] = roll(256);
    return copy;
  },
  (bytes, _, roll) => bytes.subarray(0, roll(bytes.length)),
  (bytes, _, roll) => bytes.subarray(roll(bytes.length)),
  (bytes, other, roll) => Buffer.concat([bytes.subarray(0, roll(bytes.length)), other.subarray(roll(other.length))]),
  (bytes, _, roll) => {
    const at = roll(bytes.length);
    const spoil = Buffer.from(SPOILS[roll(SPOILS.length)] ?? '');
    return Buffer.concat([bytes.subarray(0, at), spoil, bytes.subarray(at)]);
  },
  (bytes) => Buffer.from(`[${bytes.toString('utf8').trim()},${bytes.toString('utf8').trim()}]`),
  // A value of another type.
  (bytes, _, roll) =>
    Buffer.from(
      bytes.toString('utf8').replace(/"(?:text|content|title|update|params)":/u, (name) => `${name}${roll(9)},"x":`),
    ),
  (_, __, roll) => Buffer.from(Array.from({ length: roll(200) }, () => roll(256))),
  (_, __, roll) => Buffer.from('['.repeat(roll(2000))),
];

/** So many lines that are damaged in one way or several, each with its end; some of them are still good. */
export function* fuzzedLines(count: number, seed: number, sessionId: string): Generator<Buffer> {
  const roll = dice(seed);
  const good = corpus(sessionId);
  const one = (): Buffer => good[roll(good.length)] ?? Buffer.alloc(0);
  for (let made = 0; made < count; made += 1) {
    let bytes = one();
    for (let times = roll(3); times >= 0; times -= 1)
      bytes = damages[roll(damages.length)]?.(bytes, one(), roll) ?? bytes;
    yield Buffer.concat([bytes, Buffer.from('\n')]);
  }
}
