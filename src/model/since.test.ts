import { describe, expect, test } from 'vitest';
import type { SessionEvent } from './event.ts';
import type { Question, Settler } from './question.ts';
import { reduce } from './reduce.ts';
import { emptySession, type Session, type SessionKey } from './session.ts';
import { isNews, since } from './since.ts';

const empty = emptySession({
  key: 'k' as SessionKey,
  backend: 'demo',
  agentLabel: 'Demo',
  title: '',
  cwd: '/w',
  createdAt: 1,
  owns: { history: 'us', queue: 'us', questions: 'us' },
  epoch: 'e',
});
const after = (session: Session, ...events: readonly SessionEvent[]): Session =>
  reduce(
    session,
    events.map((event, index) => ({ seq: session.at.seq + index + 1, at: 1, event })),
  );
const turn = (id: string): SessionEvent => ({ kind: 'turn/started', turn: id, prompt: [], device: 'd' });
const ended = (id: string, reason = 'end_turn', message?: string): SessionEvent => ({
  kind: 'turn/ended',
  turn: id,
  reason,
  ...(message === undefined ? {} : { error: { message } }),
});
const call = (toolCallId: string, fields: object): SessionEvent => ({
  kind: 'update',
  update: { sessionUpdate: 'tool_call', toolCallId, title: toolCallId, ...fields },
});
const update = (toolCallId: string, fields: object): SessionEvent => ({
  kind: 'update',
  update: { sessionUpdate: 'tool_call_update', toolCallId, ...fields },
});
const diff = (path: string) => ({ type: 'diff', path, oldText: null, newText: 'x' });
const terminal = (id: string, code: number): SessionEvent => ({
  kind: 'terminal/changed',
  terminal: { id, command: 'c', tail: '', bytes: 0, released: true, exit: { code, signal: null } },
});
const question = (id: string, more: Partial<Question> = {}): SessionEvent => ({
  kind: 'question/asked',
  question: { id, kind: 'permission', title: id, hash: id, at: 1, options: [], ...more },
});
const settled = (id: string, by: Settler): SessionEvent => ({
  kind: 'question/settled',
  question: id,
  by,
  outcome: { kind: 'cancelled' },
});

describe('what happened since', () => {
  test('[since] is nothing for who has seen the last event', () => {
    const session = after(empty, turn('t'), call('a', { kind: 'edit', status: 'completed', content: [diff('/w/a')] }));
    expect(isNews(since(session, session.at.seq))).toBe(false);
    expect(isNews(since(session, 0))).toBe(true);
  });

  test('[since] a file is counted once, and leads to its last change', () => {
    const session = after(
      empty,
      turn('t'),
      call('a', { kind: 'edit', status: 'completed', content: [diff('/w/a'), diff('/w/b')] }),
      call('b', { kind: 'edit', status: 'completed', content: [diff('/w/a')] }),
      call('c', { kind: 'delete', status: 'completed', locations: [{ path: '/w/c' }] }),
      call('d', { kind: 'read', status: 'completed', locations: [{ path: '/w/d' }] }),
      call('e', { kind: 'edit', status: 'failed', content: [diff('/w/e')] }),
    );
    expect(since(session, 1)).toMatchObject({
      files: 3,
      edits: [
        { path: '/w/a', entry: 'e3', kind: 'diff', index: 0 },
        { path: '/w/b', entry: 'e2', kind: 'diff', index: 1 },
        { path: '/w/c', entry: 'e4', kind: 'location', index: 0 },
      ],
      commands: 0,
    });
  });

  test('[since] a call counts when it ended, and not again for a late word', () => {
    const begun = after(empty, turn('t'), call('a', { kind: 'edit', status: 'pending', content: [diff('/w/a')] }));
    const done = after(begun, update('a', { status: 'completed' }));
    expect(since(done, begun.at.seq).files).toBe(1);
    const late = after(done, update('a', { status: 'completed', title: 'Done' }));
    expect(since(late, done.at.seq).files).toBe(0);
    expect(since(late, begun.at.seq).files).toBe(1);
  });

  test('[since] a command failed by its own word or by the code that it ended with, and did not run unallowed', () => {
    const content = [{ type: 'terminal', terminalId: 't1' }];
    const session = after(
      empty,
      turn('t'),
      call('a', { kind: 'execute', status: 'completed' }),
      call('b', { kind: 'execute', status: 'failed' }),
      terminal('t1', 2),
      call('c', { kind: 'other', status: 'completed', content }),
      call('d', { kind: 'execute', status: 'in_progress' }),
      question('q', { tool: { call: 'e', toolKind: 'execute', content: [], locations: [] } }),
      settled('q', { kind: 'person', device: 'phone' }),
      update('e', { status: 'failed' }),
    );
    expect(since(session, 0)).toMatchObject({ commands: 3, failed: 2 });
  });

  test('[since] questions that a rule answered were put to nobody; of the others those that wait are named', () => {
    const rule = { id: 'r', scope: 'session', tool: 'edit', decision: 'allow' } as const;
    const session = after(
      empty,
      turn('t'),
      question('before'),
      question('a'),
      question('b'),
      question('c'),
      settled('a', { kind: 'rule', rule }),
      settled('b', { kind: 'person', device: 'phone' }),
    );
    expect(since(session, 2)).toMatchObject({ asked: 2, waiting: ['c'] });
    expect(since(session, 0).waiting).toEqual(['before', 'c']);
  });

  test('[since] each turn ended in its own way, said as the transcript says it', () => {
    const session = after(
      empty,
      turn('1'),
      ended('1'),
      turn('2'),
      { kind: 'cancel/requested', turn: '2', device: 'd' },
      ended('2', 'cancelled'),
      turn('3'),
      ended('3', 'failed', `Overloaded${'!'.repeat(1000)}`),
    );
    const { ends } = since(session, 2);
    expect(ends.map(({ reason, title }) => [reason, title?.slice(0, 10)])).toEqual([
      ['cancelled', 'Stopped.'],
      ['failed', 'Overloaded'],
    ]);
    expect(ends[1]?.title).toHaveLength(300);
    expect(since(session, 1).ends[0]).toEqual({ kind: 'ended', seq: 2, reason: 'end_turn' });
  });
});
