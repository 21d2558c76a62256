import { describe, expect, test } from 'vitest';
import { blank, entriesOf, fold, question, update } from '../../../test/tools/sessions.ts';
import type { ToolEntry } from '../entry.ts';
import type { SessionEvent } from '../event.ts';
import type { Outcome } from '../question.ts';
import type { Session } from '../session.ts';

const call = (fields: object = {}): SessionEvent =>
  update({ sessionUpdate: 'tool_call', toolCallId: '1', title: 'Edit', ...fields });
const change = (fields: object = {}): SessionEvent =>
  update({ sessionUpdate: 'tool_call_update', toolCallId: '1', ...fields });
const started = (turn: string): SessionEvent => ({ kind: 'turn/started', turn, prompt: [], device: 'd' });
const ended = (turn: string, reason = 'end_turn'): SessionEvent => ({ kind: 'turn/ended', turn, reason });
const tools = (session: Session): readonly ToolEntry[] => entriesOf(session).filter((entry) => entry.kind === 'tool');
const diff = { type: 'diff', path: '/w/a', oldText: null, newText: 'x' };
const text = (words: string) => ({ type: 'content', content: { type: 'text', text: words } });

describe('tool calls', () => {
  test('[I9] a word of ours about a call stays on it; about one that nobody knows it stands by itself', () => {
    const noted: SessionEvent = { kind: 'call/noted', call: '1', note: 'On the disk.' };
    const session = fold(blank(), call(), noted, change({ status: 'completed' }));
    expect(tools(session)).toMatchObject([{ note: 'On the disk.', status: 'completed' }]);
    expect(fold(session, noted).entries).toBe(session.entries);
    expect(entriesOf(fold(blank(), noted))).toMatchObject([
      { kind: 'notice', severity: 'info', title: 'On the disk.' },
    ]);
  });

  test('[acp 5] [acp 4.1.13] only what was sent changes; lists are replaced; null is unchanged', () => {
    const first = fold(
      blank(),
      call({ kind: 'edit', content: [text('a'), diff], locations: [{ path: '/w/a', line: 3 }], rawInput: { a: 1 } }),
    );
    const second = fold(
      first,
      change({ status: 'in_progress', title: null, content: null, locations: null, rawInput: null }),
    );
    expect(tools(second)).toEqual([{ ...tools(first)[0], status: 'in_progress', changed: 2 }]);
    expect(tools(fold(second, change({ content: [text('b')] })))[0]?.content).toEqual([text('b')]);
    expect(tools(fold(second, change({ locations: [] })))[0]?.locations).toEqual([]);
  });

  test('[reduce] an update that changes nothing leaves the entry as it is', () => {
    const before = fold(blank(), call());
    const after = fold(before, change(), change({ title: 'Edit', status: 'pending' }));
    expect(after.entries).toBe(before.entries);
  });

  test('[acp 10 gemini] [acp 4.1.11] [acp 4.1.13] an update or a permission that comes first makes the call', () => {
    expect(tools(fold(blank(), change({ status: 'in_progress' })))[0]).toMatchObject({
      call: '1',
      status: 'in_progress',
      toolKind: 'other',
    });
    const asked = fold(blank(), { kind: 'question/asked', question: question('1') });
    expect(tools(asked)[0]).toMatchObject({ call: '1', title: 'May I 1?', toolKind: 'edit', status: 'pending' });
    expect(tools(fold(asked, call(), change({ status: 'completed' })))).toMatchObject([
      { title: 'Edit', status: 'completed' },
    ]);
  });

  test('[acp 10 cline] [acp 4.1.13] a call that is announced again does not go back, nor stand twice', () => {
    const session = fold(blank(), change({ status: 'in_progress' }), call({ status: 'pending', kind: 'execute' }));
    expect(tools(session)).toMatchObject([{ status: 'in_progress', title: 'Edit', toolKind: 'execute' }]);
    expect(tools(fold(session, change({ status: 'completed' }), change({ status: 'in_progress' })))[0]?.status).toBe(
      'completed',
    );
  });

  test('[acp 10 codex] a permission that tells less leaves what the call had said', () => {
    const tool = { call: '1', toolKind: 'other', content: [], locations: [{ path: '/w/b' }] };
    const session = fold(blank(), call({ kind: 'edit', content: [diff] }), {
      kind: 'question/asked',
      question: question('q', { title: 'Bash', tool }),
    });
    expect(tools(session)[0]).toMatchObject({
      title: 'Edit',
      toolKind: 'edit',
      content: [diff],
      locations: [{ path: '/w/b' }],
    });
  });

  test('[acp 9] [acp 4.1.12] a cancel closes what is open, and a late end still wins', () => {
    const open = fold(
      blank(),
      started('t'),
      call(),
      update({ sessionUpdate: 'tool_call', toolCallId: '2', title: 'b', status: 'completed' }),
    );
    const stopped = fold(open, { kind: 'cancel/requested', turn: 't', device: 'd' });
    expect(tools(stopped).map((tool) => tool.status)).toEqual(['cancelled', 'completed']);
    expect(tools(fold(stopped, change({ status: 'in_progress' })))[0]?.status).toBe('cancelled');
    expect(tools(fold(stopped, change({ status: 'completed' })))[0]?.status).toBe('completed');
  });

  test('[acp 10 codex] [acp 4.1.12] what is open at the end of the turn is abandoned, or cancelled when the turn was', () => {
    const open = fold(blank(), started('t'), call(), change({ status: 'in_progress' }));
    expect(tools(fold(open, ended('t')))[0]?.status).toBe('abandoned');
    expect(tools(fold(open, ended('t', 'cancelled')))[0]?.status).toBe('cancelled');
  });

  test('[reduce] an agent that counts its calls anew in each turn makes new ones', () => {
    const session = fold(
      blank(),
      started('a'),
      call({ status: 'completed' }),
      ended('a'),
      started('b'),
      call(),
      change({ status: 'failed' }),
    );
    expect(tools(session).map((tool) => tool.status)).toEqual(['completed', 'failed']);
    const late = fold(blank(), started('a'), call(), ended('a'), started('b'), change({ status: 'completed' }));
    expect(tools(late).map((tool) => tool.status)).toEqual(['completed']);
  });

  test('[acp 4.1.17] a kind that nobody knows is kept, a status that nobody knows changes nothing', () => {
    const session = fold(
      blank(),
      call({ kind: 'teleport', status: 'paused', content: [{ type: 'smell', of: 'roses' }, 5] }),
    );
    expect(tools(session)[0]).toMatchObject({
      toolKind: 'teleport',
      status: 'pending',
      content: [
        { type: 'unknown', name: 'smell', value: { type: 'smell', of: 'roses' } },
        { type: 'unknown', name: 'number', value: 5 },
      ],
    });
  });
});

describe('questions', () => {
  const asked = (more: Parameters<typeof question>[1] = {}): Session =>
    fold(blank(), call(), { kind: 'question/asked', question: question('1', more) });
  const settle = (session: Session, outcome: Outcome): Session =>
    fold(session, { kind: 'question/settled', question: '1', by: { kind: 'person', device: 'phone' }, outcome });

  test.each([
    [{ kind: 'selected', option: 'yes' } as const, 'allowed', 'Yes'],
    [{ kind: 'selected', option: 'no' } as const, 'rejected', 'No'],
    [{ kind: 'selected', option: 'odd' } as const, 'rejected', 'Allow'],
    [{ kind: 'selected', option: 'not offered' } as const, 'rejected', undefined],
    [{ kind: 'cancelled' } as const, 'cancelled', undefined],
    [{ kind: 'accepted', content: {} } as const, 'cancelled', undefined],
  ])('[S31] a permission answered with %j stands on its call as %s', (outcome, decided, option) => {
    const session = settle(asked(), outcome);
    expect(session.questions).toEqual([]);
    expect(tools(session)[0]?.decision).toEqual({
      outcome: decided,
      by: 'phone',
      at: 1002,
      ...(option ? { option } : {}),
    });
  });

  test('[S27] a question asked again under its id is still what was shown first', () => {
    const again = fold(asked(), {
      kind: 'question/asked',
      question: question('1', { title: 'May I do worse?', hash: 'other' }),
    });
    expect(again.questions).toEqual([question('1')]);
  });

  test('[reduce] an answer to a form stands in the transcript', () => {
    const { tool: _, ...form } = question('1', {
      kind: 'elicitation',
      title: 'Which one?',
      options: [],
      form: { schema: { type: 'object' } },
    });
    const open = fold(blank(), { kind: 'question/asked', question: form });
    const told = (outcome: Outcome) => entriesOf(settle(open, outcome)).at(-1);
    expect(told({ kind: 'accepted', content: { color: 'red', sizes: ['s', 'm'] } })).toMatchObject({
      kind: 'notice',
      title: 'Answered',
      description: 'Which one?\ncolor: red\nsizes: s, m',
    });
    expect(told({ kind: 'declined' })).toMatchObject({ title: 'Declined' });
    expect(told({ kind: 'cancelled' })).toMatchObject({ title: 'Dismissed' });
  });

  test('[I5] a question that was settled, or never asked, is settled without a trace', () => {
    const session = settle(asked(), { kind: 'selected', option: 'no' });
    const again = settle(session, { kind: 'selected', option: 'yes' });
    expect({ ...again, at: session.at, changedAt: session.changedAt }).toEqual(session);
  });
});
