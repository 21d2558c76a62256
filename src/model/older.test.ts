import { describe, expect, test } from 'vitest';
import { eachEntry, entryCount, PAGE } from './entry.ts';
import type { SessionEvent } from './event.ts';
import { endOf, joined, type Piece } from './older.ts';
import { reduce } from './reduce.ts';
import { emptySession, type Session, type SessionKey } from './session.ts';

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
const notices = (count: number): readonly SessionEvent[] =>
  Array.from({ length: count }, () => ({ kind: 'notice', severity: 'info', title: 'n' }));
const turn = (id: string): SessionEvent => ({
  kind: 'turn/started',
  turn: id,
  prompt: [{ type: 'text', text: id }],
  device: 'd',
});
const ended = (id: string): SessionEvent => ({ kind: 'turn/ended', turn: id, reason: 'end_turn' });
const call = (toolCallId: string, status?: 'pending' | 'completed'): SessionEvent => ({
  kind: 'update',
  update: { sessionUpdate: 'tool_call', toolCallId, title: toolCallId, ...(status === undefined ? {} : { status }) },
});
const update = (toolCallId: string, title: string): SessionEvent => ({
  kind: 'update',
  update: { sessionUpdate: 'tool_call_update', toolCallId, title },
});
const piece = (whole: Session, from: number, to: number): Piece => ({
  at: whole.at,
  from,
  pages: whole.entries.slice(from, to),
});
/** The first call is in the first page, five turns of a page each follow. */
const long = after(
  empty,
  turn('t'),
  call('old', 'completed'),
  ended('t'),
  ...['1', '2', '3', '4', '5'].flatMap((id) => [turn(id), ...notices(PAGE - 1), ended(id)]),
);

describe('the end of a session', () => {
  test('[O1] of a short one is the session itself', () => {
    const short = after(empty, turn('t'), ...notices(30));
    expect(endOf(short, 200)).toBe(short);
  });

  test('[O1] holds so many entries at least, and every index means the same as before', () => {
    const end = endOf(long, 70);
    expect([...eachEntry(end.entries)].length).toBeGreaterThanOrEqual(70);
    expect(end.entries.map((page) => page.length > 0)).toEqual([false, false, false, true, true, true]);
    expect(entryCount(end.entries)).toBe(entryCount(long.entries));
    expect(end.older).toEqual({ pages: 3, over: ['old'], unfinished: [], compactions: [], changed: long.at.seq });
  });

  test('[O1] holds the running turn whole', () => {
    const running = after(long, turn('6'), ...notices(3 * PAGE));
    expect(endOf(running, 1).older?.pages).toBe(5);
  });

  test('[O1] begins no later than a call that is still open: the end of the turn will close it', () => {
    const open = after(long, call('open', 'pending'), ...notices(2 * PAGE), turn('6'));
    expect(open.entries[endOf(open, 1).older?.pages ?? 0]?.some((entry) => entry.kind === 'tool')).toBe(true);
  });

  test('[O1] makes no second entry of a call that it does not hold, and notes that it changed', () => {
    const end = after(endOf(long, 1), update('old', 'late news'));
    expect(entryCount(end.entries)).toBe(entryCount(long.entries));
    expect(end.older?.changed).toBe(end.at.seq);
    const anew = after(endOf(long, 1), call('old'));
    expect(entryCount(anew.entries)).toBe(entryCount(long.entries) + 1);
    expect(anew.older?.changed).toBe(long.at.seq);
  });

  test('[O1] lacks nothing any more after a reset', () => {
    const end = after(endOf(long, 1), { kind: 'reset', why: 'again' });
    expect(end).toEqual(after(long, { kind: 'reset', why: 'again' }));
  });
});

describe('a piece of the beginning', () => {
  const end = endOf(long, 1);
  const pages = end.older?.pages ?? 0;

  test('[O1] is put in front, and with the last one the session is whole', () => {
    const more = joined(end, piece(long, pages - 2, pages));
    expect(more).toMatchObject({ older: { pages: pages - 2 } });
    expect(joined(more as Session, piece(long, 0, pages - 2))).toEqual(long);
  });

  test('[O1] that is ahead waits, and one that changed on the way is asked for again', () => {
    const news = after(long, update('old', 'late news'));
    const late = piece(news, 0, pages);
    expect(joined(end, late)).toBe('early');
    const then = after(end, update('old', 'late news'));
    expect(joined(then, late)).toEqual(news);
    expect(joined(then, piece(long, 0, pages))).toBe('outdated');
  });

  test.each<[string, Piece]>([
    ['of another numbering', { ...piece(long, 0, pages), at: { epoch: 'other', seq: long.at.seq } }],
    ['that leaves a hole', piece(long, 0, pages - 1)],
    ['that is held already', piece(long, 0, pages + 1)],
    ['that is empty', piece(long, pages, pages)],
  ])('[O1] %s does not fit', (_, wrong) => {
    expect(joined(end, wrong)).toBeUndefined();
    expect(joined(long, wrong)).toBeUndefined();
  });
});
