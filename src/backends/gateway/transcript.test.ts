import { describe, expect, test } from 'vitest';
import type { SessionEvent } from '../../model/event.ts';
import type { Cursor } from '../../model/session.ts';
import { GatewayTranscript } from './transcript.ts';

const made = (cursor?: Cursor, canConfirm = true): GatewayTranscript =>
  new GatewayTranscript({ device: 'editor', clock: { now: () => 7 }, canConfirm: () => canConfirm }, cursor);

const kinds = (events: readonly SessionEvent[]): readonly string[] =>
  events.map((event) => (event.kind === 'update' ? event.update.sessionUpdate : event.kind));

/** Tells numbered events, one after another. */
const teller = (transcript: GatewayTranscript, from = 1) => {
  let sequence = from - 1;
  return (name: string, data: object = {}): readonly SessionEvent[] =>
    transcript.hear(name, { sequence: (sequence += 1), executionId: 'run', ...data });
};

describe('runs', () => {
  test('[gateway 9 execution_end] the second end does not end the run that has begun before it came', () => {
    const transcript = made();
    const say = teller(transcript);
    say('execution_start');
    expect(kinds(say('execution_end'))).toEqual(['turn/ended']);
    say('execution_start', { executionId: 'next' });
    expect(transcript.hear('execution_end', {})).toEqual([]);
    expect(kinds(say('execution_end', { executionId: 'next' }))).toEqual(['turn/ended']);
  });

  test('[gateway 6] a run whose beginning was lost is the prompt’s that waits for it', () => {
    const transcript = made();
    transcript.sent('turn');
    const say = teller(transcript, 4);
    expect(kinds(say('content_delta', { delta: 'x' }))).toEqual(['agent_message_chunk']);
    expect(say('execution_end')).toMatchObject([{ kind: 'turn/ended', turn: 'turn', reason: 'end_turn' }]);
  });

  test('[gateway 6] what comes after the end of a run begins none', () => {
    const transcript = made();
    const say = teller(transcript);
    say('execution_start');
    say('execution_end');
    expect(kinds(say('tool_result', { callId: 'c', name: 'late', result: 'x' }))).toEqual(['tool_call']);
    expect(transcript.mark.run).toBeUndefined();
  });

  test.each([
    [{ aborted: true }, 'cancelled'],
    [{ stopReason: 'length' }, 'max_tokens'],
    [{ stopReason: 'content_filter' }, 'refusal'],
    [{ stopReason: 'max_ticks' }, 'max_turn_requests'],
    [{ stopReason: 'whatever' }, 'end_turn'],
    [{ error: { message: 'broken' } }, 'failed'],
  ])('[gateway 6] the end %j is %s', (data, reason) => {
    const transcript = made();
    const say = teller(transcript);
    say('execution_start');
    expect(say('execution_end', data)).toMatchObject([{ kind: 'turn/ended', reason }]);
  });

  test('[gateway 9 reconnect] what a status says is of when it was asked for', () => {
    const transcript = made();
    const say = teller(transcript);
    const before = transcript.mark;
    say('execution_start');
    // It did not run when that was asked.
    expect(transcript.settle(before, false)).toEqual([]);
    const during = transcript.mark;
    say('execution_end');
    expect(transcript.settle(during, true)).toEqual([]);
    expect(transcript.settle(transcript.mark, true)).toMatchObject([{ kind: 'turn/started', device: 'elsewhere' }]);
  });
});

describe('what is said', () => {
  test('[gateway 6] streamed and said whole: once; said whole alone: as well', () => {
    const transcript = made();
    const say = teller(transcript);
    say('execution_start');
    say('message_start', { id: 'm' });
    expect(kinds(say('content_delta', { delta: 'a', blockIndex: 0 }))).toEqual(['agent_message_chunk']);
    expect(say('content', { content: { type: 'text', text: 'a' }, blockIndex: 0 })).toEqual([]);
    expect(kinds(say('content', { content: { type: 'text', text: 'b' }, blockIndex: 1 }))).toHaveLength(1);
    const text = [{ type: 'text', text: 'ab' }];
    expect(say('message', { message: { role: 'assistant', content: text } })).toEqual([]);
    expect(kinds(say('message', { message: { role: 'assistant', content: text } }))).toEqual(['agent_message_chunk']);
    expect(say('content_delta', { delta: '{"a"', blockIndex: 2, blockType: 'tool_use' })).toEqual([]);
  });

  test('[gateway 9 unknown] an event that nobody knows is kept whole', () => {
    expect(made().hear('of the future', { a: 1 })).toEqual([
      { kind: 'unknown', name: 'of the future', value: { a: 1 } },
    ]);
    expect(made().hear('of a call', { callId: 'c' })).toMatchObject([{ kind: 'unknown', name: 'of a call' }]);
  });

  test('[gateway 6] how full the context is, as soon as its size is known', () => {
    const transcript = made();
    const say = teller(transcript);
    expect(say('usage', { usage: { inputTokens: 5 } })).toEqual([]);
    expect(kinds(say('context_update', { inputTokens: 5, contextWindow: 10 }))).toEqual(['usage_update']);
    expect(kinds(say('usage', { usage: { inputTokens: 6 } }))).toEqual(['usage_update']);
  });

  test('[gateway 6] a run inside is known by its path, or by who began it, and its calls are its own', () => {
    const transcript = made();
    const say = teller(transcript);
    say('execution_start');
    const inner = { executionId: 'inner', sequence: 1 };
    expect(kinds(transcript.hear('execution_start', { ...inner, parentExecutionId: 'run' }))).toEqual([
      'subagent_update',
    ]);
    expect(transcript.hear('content_delta', { ...inner, delta: 'x' })).toEqual([
      { kind: 'subagent/said', session: 'inner', text: 'x' },
    ]);
    expect(transcript.hear('tool_call', { ...inner, callId: 'c', name: 'n' })).toEqual([]);
    const asked = transcript.hear('tool_confirmation_required', { ...inner, callId: 'c', message: 'May it?' });
    expect(kinds(asked)).toEqual(['tool_call', 'question/asked']);
    expect(kinds(transcript.hear('tool_result', { ...inner, callId: 'c', result: 'ok' }))).toEqual([
      'question/settled',
      'tool_call_update',
    ]);
    expect(kinds(transcript.hear('execution_end', { ...inner, stopReason: 'x' }))).toEqual(['subagent_update']);
    expect(transcript.mark.run?.turn).toBe('run');
  });
});

describe('confirmations', () => {
  const asked = (transcript: GatewayTranscript) => {
    const say = teller(transcript);
    say('execution_start');
    say('tool_confirmation_required', { callId: 'c', name: 'write', message: 'May it?' });
    return say;
  };
  const yes = { kind: 'selected', option: 'once' } as const;

  test('[gateway 9 tool confirmation] ours is ours, whichever comes first: the event or the answer', () => {
    const transcript = made();
    const say = asked(transcript);
    transcript.answering('c', yes);
    expect(say('tool_confirmation_result', { callId: 'c', confirmed: true })).toMatchObject([
      { kind: 'question/settled', by: { kind: 'person', device: 'editor' } },
    ]);
    expect(say('tool_confirmation_result', { callId: 'c', confirmed: true })).toEqual([]);
  });

  test('[gateway 9 tool confirmation] another answer than ours was somebody else’s', () => {
    const transcript = made();
    const say = asked(transcript);
    transcript.answering('c', yes);
    expect(say('tool_confirmation_result', { callId: 'c', confirmed: false })).toMatchObject([
      { by: { device: 'elsewhere' }, outcome: { option: 'no' } },
    ]);
  });

  test('[gateway 9 tool confirmation] a result settles what was answered while nobody listened', () => {
    const say = asked(made());
    expect(say('tool_result', { callId: 'c', result: 'ok' })).toMatchObject([
      { kind: 'question/settled', by: { device: 'elsewhere' }, outcome: { option: 'once' } },
      { kind: 'update' },
    ]);
  });

  test('[gateway 9 tool confirmation] a question that was open when the window was closed is open, until it is over there', () => {
    const before = made();
    asked(before);
    const after = made(before.cursor);
    expect(after.settle(after.mark, true)).toMatchObject([{ kind: 'turn/started' }]);
    expect(after.answered('c', yes)).toMatchObject([{ kind: 'question/settled', by: { device: 'editor' } }]);
    const later = made(before.cursor);
    expect(later.settle(later.mark, false)).toMatchObject([
      { kind: 'question/settled', by: { kind: 'turn cancelled' } },
    ]);
  });

  test('[gateway 8] where none can be given the person is told, and not asked', () => {
    const transcript = made(undefined, false);
    expect(kinds(transcript.hear('tool_confirmation_required', { callId: 'c', message: 'May it?' }))).toEqual([
      'tool_call',
      'notice',
    ]);
  });
});
