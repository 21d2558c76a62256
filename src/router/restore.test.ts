import { describe, expect, test } from 'vitest';
import { entriesOf, fold, number, question, says, blank } from '../../test/tools/sessions.ts';
import type { SessionEvent } from '../model/event.ts';
import { reduce } from '../model/reduce.ts';
import type { Session } from '../model/session.ts';
import { headerOf, type Stored } from './journal.ts';
import { restore, RESTORED } from './restore.ts';

const stored = (more: Partial<Stored> = {}): Stored => ({
  header: headerOf(blank()),
  tail: [],
  clean: true,
  tornBytes: 0,
  lost: { events: 0, values: 0, snapshot: false },
  ...more,
});
const started: SessionEvent = { kind: 'turn/started', turn: 't', prompt: [{ type: 'text', text: 'go' }], device: 'd' };
const terminal = { id: '1', command: 'ls', tail: 'x', bytes: 1, released: false };

/** As the store has it when the events are appended. */
const mended = (from: Stored): Session => {
  const { session, events } = restore(from);
  return reduce(
    session,
    number(
      events.map(({ event }) => event),
      session.at.seq,
    ),
  );
};

describe('a session from its journal', () => {
  test('[I3] is the fold of what is stored, whether it was folded before or not', () => {
    const events = [started, says('a'), says('b')];
    const whole = restore(stored({ tail: number(events) })).session;
    const snapshot = fold(blank(), ...events.slice(0, 2));
    expect(restore(stored({ snapshot, tail: number(events.slice(2), 2) })).session).toEqual(whole);
    expect(whole).toEqual(fold(blank(), ...events));
  });

  test('[I7] what waits is held, also where the session was left in order without its agent', () => {
    const prompt = [{ type: 'text' as const, text: 'x' }];
    const queued = { id: 'q', prompt, device: 'd', at: 1, state: 'waiting' } as const;
    const tail = number([
      { kind: 'link', link: { state: 'disconnected', detail: RESTORED } },
      { kind: 'queue/changed', queue: [queued], paused: false },
    ]);
    expect(mended(stored({ tail, clean: true }))).toMatchObject({ queuePaused: true, queue: [{ state: 'waiting' }] });
  });

  test('[I7] a turn without an end has one, is not resent, and nobody has allowed anything', () => {
    const tail = number([
      started,
      { kind: 'question/asked', question: question('q') },
      { kind: 'terminal/changed', terminal },
      { kind: 'link', link: { state: 'ready' } },
    ]);
    const session = mended(stored({ tail }));
    expect(session.turn).toMatchObject({ state: 'idle', last: { id: 't', reason: 'unknown' } });
    expect(session.turn.state === 'idle' && session.turn.last?.error?.message).toContain('not known');
    expect(session.questions).toEqual([]);
    expect(entriesOf(session)[1]).toMatchObject({
      kind: 'tool',
      status: 'abandoned',
      decision: { outcome: 'cancelled', by: 'agent gone' },
    });
    expect(session.terminals['1']).toMatchObject({ exit: { code: null, signal: null }, released: true });
    expect(session.link).toEqual({ state: 'disconnected', detail: RESTORED });
    expect(restore(stored({ tail })).events.some(({ event }) => event.kind === 'turn/started')).toBe(false);
  });

  test('[I4] the epoch is that of the journal, the number goes on, and a session in order is left alone', () => {
    const snapshot = fold(blank(), says('a'), { kind: 'link', link: { state: 'disconnected', detail: RESTORED } });
    const header = { ...headerOf(blank()), epoch: 'next' };
    const { session, events } = restore(stored({ header, snapshot }));
    expect(session.at).toEqual({ epoch: 'next', seq: 2 });
    expect(events).toEqual([]);
  });

  test('[I1] whatever is or may be missing stands in the transcript', () => {
    const session = mended(stored({ clean: false, lost: { events: 3, values: 2, snapshot: true } }));
    const notices = entriesOf(session).map((entry) => (entry.kind === 'notice' ? entry.description : entry.kind));
    expect(notices).toEqual([
      'What came before this could not be read from disk.',
      'Events could not be read from disk. (3)',
      'Large texts or images could not be read from disk. (2)',
      'Wheelhouse ended without warning: its last 50 ms may be missing.',
    ]);
  });

  test('[Q4] questions that the far side owns are the far side’s to settle', () => {
    const header = { ...headerOf(blank()), owns: { history: 'us', queue: 'us', questions: 'them' } as const };
    const tail = number([{ kind: 'question/asked', question: question('q') }]);
    expect(mended(stored({ header, tail })).questions).toHaveLength(1);
  });
});
