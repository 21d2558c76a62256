import { describe, expect, test } from 'vitest';
import type { SessionEvent } from '../event.ts';
import { eachEntry } from '../entry.ts';
import { reduce } from '../reduce.ts';
import { emptySession, type Session, type SessionKey } from '../session.ts';

const owns = { history: 'us', queue: 'us', questions: 'us' } as const;
const key = 'k' as SessionKey;
const blank = emptySession({ key, backend: 'b', agentLabel: 'B', title: '', cwd: '/', createdAt: 0, owns, epoch: 'e' });
const fold = (...events: readonly object[]): Session =>
  reduce(
    blank,
    events.map((event, index) => ({ seq: index + 1, at: index, event: event as SessionEvent })),
  );
const tell = (update: object): object => ({ kind: 'update', update });
const plan = (about: object): object => tell({ sessionUpdate: 'plan_update', plan: about });
const turn = (id: string): object => ({
  kind: 'turn/started',
  turn: id,
  prompt: [{ type: 'text', text: id }],
  device: 'd',
});
const ended = (id: string): object => ({ kind: 'turn/ended', turn: id, reason: 'end_turn' });
const plans = (session: Session) => [...eachEntry(session.entries)].filter(({ kind }) => kind === 'plan');
const step = { content: 'Look', priority: 'high', status: 'pending' };

describe('plans', () => {
  test('[acp 6] named ones stand beside each other and beside the one without a name', () => {
    const items = { type: 'items', planId: 'a', entries: [step] };
    const session = fold(
      turn('t'),
      tell({ sessionUpdate: 'plan', entries: [step] }),
      plan(items),
      plan({ type: 'markdown', planId: 'b', content: '# B' }),
      plan({ ...items, entries: [{ ...step, status: 'completed' }] }),
      tell({ sessionUpdate: 'plan', entries: [step, step] }),
    );
    expect(plans(session)).toMatchObject([
      { items: [step, step] },
      { plan: 'a', items: [{ status: 'completed' }] },
      { plan: 'b', text: '# B', items: [] },
    ]);
  });

  test('[acp 6] one changes its kind in its place, and is taken back there', () => {
    const session = fold(
      turn('t'),
      plan({ type: 'items', planId: 'a', entries: [step] }),
      plan({ type: 'file', planId: 'a', uri: 'file:///p' }),
    );
    expect(plans(session)).toMatchObject([{ plan: 'a', uri: 'file:///p', items: [] }]);
    const removed = fold(
      turn('t'),
      plan({ type: 'file', planId: 'a', uri: 'file:///p' }),
      tell({ sessionUpdate: 'plan_removed', planId: 'a' }),
      tell({ sessionUpdate: 'plan_removed', planId: 'nobody’s' }),
    );
    expect(plans(removed)).toMatchObject([{ plan: 'a', withdrawn: true }]);
    expect([...eachEntry(removed.entries)]).toHaveLength(2);
  });

  test('[acp 6] a later turn has its own, and the one before stays as it was left', () => {
    const items = { type: 'items', planId: 'a', entries: [step] };
    const session = fold(turn('t'), plan(items), ended('t'), turn('u'), plan(items));
    expect(plans(session)).toHaveLength(2);
  });

  test('[acp 6] what has no shape is kept whole', () => {
    const session = fold(plan({ type: 'hologram', planId: 'a' }), plan({ type: 'items', planId: 'a' }));
    expect([...eachEntry(session.entries)].map(({ kind }) => kind)).toEqual(['unknown', 'unknown']);
  });
});

describe('helpers', () => {
  const about = (fields: object): object => tell({ sessionUpdate: 'subagent_update', sessionId: 'c', ...fields });
  const only = (session: Session) => session.subagents['c'];

  test('[acp 6] what is absent stays, null clears it, and a state is its word', () => {
    const session = fold(
      about({ title: 'Reviewer', description: 'Reads', state: { state: 'running' } }),
      about({ description: null, state: 'idle', cwd: '/c' }),
    );
    expect(only(session)).toEqual({ session: 'c', title: 'Reviewer', state: 'idle', cwd: '/c', said: '' });
    expect([...eachEntry(session.entries)]).toMatchObject([{ kind: 'subagent', session: 'c' }]);
  });

  test('[acp 6] of what it says the end is kept', () => {
    const said = (text: string): object => ({ kind: 'subagent/said', session: 'c', text });
    expect(only(fold(said('a'), said('b')))?.said).toBe('ab');
    expect(only(fold(said('x'.repeat(5000)), said('end')))?.said).toHaveLength(4096);
  });

  test('[F1] a helper with a name of the language is one like any other', () => {
    const session = fold(tell({ sessionUpdate: 'subagent_update', sessionId: 'constructor', title: 'x' }));
    expect(Object.values(session.subagents)).toMatchObject([{ session: 'constructor', title: 'x', said: '' }]);
  });
});
