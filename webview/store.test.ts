import { afterEach, describe, expect, test, vi } from 'vitest';
import { entryCount, PAGE } from '../src/model/entry.ts';
import type { SessionEvent } from '../src/model/event.ts';
import { endOf } from '../src/model/older.ts';
import type { Session } from '../src/model/session.ts';
import { summary } from '../src/model/summary.ts';
import type { ToSurface } from '../src/protocol/view/messages.ts';
import { after, aSession, KEY, keyOf, logged, ready, says, Screen, turn } from './testing.tsx';

const screens: Screen[] = [];
const open = (saved?: unknown): Screen => {
  const screen = new Screen(saved);
  screens.push(screen);
  return screen;
};
afterEach(() => {
  vi.restoreAllMocks();
  for (const screen of screens.splice(0)) screen.dispose();
});

const running = after(aSession(), ready, turn('go'));
/** Three pages and the beginning of a fourth, of which a new turn needs only that. */
const long = after(
  aSession(),
  ready,
  ...Array.from({ length: 3 * PAGE }, (_, index): SessionEvent => ({
    kind: 'notice',
    severity: 'info',
    title: `Notice ${index}`,
  })),
  turn('go'),
);
const pageOf = (whole: Session, from: number, to: number): ToSurface => ({
  type: 'page',
  key: KEY,
  at: whole.at,
  from,
  pages: whole.entries.slice(from, to),
});

describe('the store of the surface', () => {
  test('[view V4] folds a batch and acknowledges it at once', () => {
    const screen = open();
    screen.show(running);
    screen.events(running, says('one'), says(' two'));
    expect(screen.posts('ack').at(-1)).toEqual({ type: 'ack', key: KEY, seq: running.at.seq + 2 });
    expect(entryCount(screen.chat.store.session.value?.entries ?? [])).toBe(2);
  });

  test('[view V2] [acp 4.2.6] a batch behind a hole is not folded, and attaches again with our own position, once', () => {
    const screen = open();
    screen.show(running);
    const before = screen.posts('attach').length;
    const beyond = running.at.seq + 5;
    const { epoch } = running.at;
    const hole = { type: 'events', key: KEY, epoch, after: beyond, events: logged(beyond, [says('lost?')]) } as const;
    screen.send(hole, hole, hole);
    expect(screen.posts('attach').slice(before)).toEqual([{ type: 'attach', key: KEY, position: running.at }]);
    expect(screen.chat.store.session.value?.at).toEqual(running.at);
    screen.events(running, says('found'));
    expect(screen.chat.store.session.value?.at.seq).toBe(running.at.seq + 1);
  });

  test('[I4] a batch of another epoch is not folded, whatever number it follows', () => {
    const screen = open();
    screen.show(running);
    const { seq } = running.at;
    screen.send({ type: 'events', key: KEY, epoch: 'other', after: seq, events: logged(seq, [says('of another?')]) });
    expect(screen.chat.store.session.value?.at).toEqual(running.at);
    expect(screen.posts('attach').at(-1)).toEqual({ type: 'attach', key: KEY, position: running.at });
  });

  test('[view V2] [acp 4.2.6] a hole that nobody answers is asked about again', () => {
    const now = vi.spyOn(performance, 'now').mockReturnValue(10_000);
    const screen = open();
    screen.show(running);
    const hole = { type: 'events', key: KEY, epoch: 'e1', after: 99, events: logged(99, [says('x')]) } as const;
    screen.send(hole);
    now.mockReturnValue(12_500);
    screen.send(hole);
    expect(screen.posts('attach')).toHaveLength(3);
  });

  test('[view V1] a snapshot of another epoch replaces what was folded', () => {
    const screen = open();
    screen.show(running);
    const other = { ...aSession('Another numbering'), at: { epoch: 'e2', seq: 0 } };
    screen.send({ type: 'snapshot', key: KEY, session: other });
    expect(screen.chat.store.session.value?.at).toEqual({ epoch: 'e2', seq: 0 });
  });

  test('[view] comes back to a session with the position that it left', () => {
    const screen = open();
    screen.show(running);
    const other = aSession('Other', keyOf('s2'));
    screen.send({ type: 'catalogue', sessions: [summary(other)], removed: [] });
    screen.chat.store.show(other.key);
    expect(screen.posts('detach')).toEqual([{ type: 'detach', key: KEY }]);
    screen.chat.store.show(KEY);
    expect(screen.posts('attach').at(-1)).toEqual({ type: 'attach', key: KEY, position: running.at });
    expect(screen.chat.store.session.value?.at).toEqual(running.at);
  });

  test('[demand 1] [acp 4.2.6] after a reload shows the session that was shown, not the one that changed last', () => {
    const screen = open({ key: 's1', drafts: { s1: 'half a thought' }, anchors: {} });
    screen.welcome();
    const newer = { ...summary(aSession('Newer', keyOf('s2'))), changedAt: 99 };
    screen.send({ type: 'catalogue', sessions: [newer, summary(aSession())], removed: [] });
    expect(screen.posts('attach')).toEqual([{ type: 'attach', key: 's1' }]);
    expect(screen.chat.prompts.draft.value).toBe('half a thought');
  });

  test('[view] a session that is gone gives way to another one', () => {
    const screen = open();
    screen.show(running);
    const other = aSession('Other', keyOf('s2'));
    screen.send({ type: 'catalogue', sessions: [summary(other)], removed: [KEY] });
    expect(screen.chat.store.shown.value).toBe('s2');
  });

  test('[view O1] puts what it lacked in front, asks for one piece at a time, and says so meanwhile', () => {
    const screen = open();
    const end = endOf(long, 1);
    const pages = end.older?.pages ?? 0;
    screen.show(end);
    const { store } = screen.chat;
    store.older();
    store.older();
    expect(screen.posts('page')).toEqual([{ type: 'page', key: KEY, before: pages }]);
    expect(store.loadingOlder.value).toBe(true);
    screen.send(pageOf(long, 1, pages));
    expect(store.session.value?.older?.pages).toBe(1);
    expect(store.loadingOlder.value).toBe(false);
    store.older();
    screen.send(pageOf(long, 0, 1));
    expect(store.session.value).toEqual(long);
    store.older();
    expect(screen.posts('page')).toHaveLength(2);
  });

  test('[view O1] a piece that is ahead of what is folded waits for it', () => {
    const screen = open();
    const end = endOf(long, 1);
    const pages = end.older?.pages ?? 0;
    screen.show(end);
    screen.chat.store.older();
    screen.send(pageOf(after(long, says('more')), 0, pages));
    expect(screen.chat.store.session.value).toEqual(end);
    screen.events(end, says('more'));
    expect(screen.chat.store.session.value).toEqual(after(long, says('more')));
  });

  test('[view O1] a piece of another numbering, or from before a reset, is not put anywhere', () => {
    const screen = open();
    const end = endOf(long, 1);
    const pages = end.older?.pages ?? 0;
    screen.show(end);
    screen.chat.store.older();
    screen.events(end, { kind: 'reset', why: 'again' });
    screen.send(pageOf(long, 0, pages));
    expect(screen.chat.store.session.value).toEqual(after(long, { kind: 'reset', why: 'again' }));
    expect(screen.chat.store.loadingOlder.value).toBe(false);
  });

  test('[demand 1] after a reload goes back to where the reader was, however far that is', async () => {
    const screen = open({ key: 's1', drafts: {}, anchors: { s1: { unit: 'e2:0', offset: 0 } } });
    const end = endOf(long, 1);
    screen.show(end);
    for (let before = end.older?.pages ?? 0; before > 0; before -= 1) {
      await vi.waitFor(() => expect(screen.posts('page').at(-1)?.before).toBe(before));
      await vi.waitFor(() => expect(screen.root.textContent).toContain('Loading older…'));
      screen.send(pageOf(long, before - 1, before));
    }
    await vi.waitFor(() => expect(screen.all('[role=log] article')[0]?.textContent).toContain('Notice 0'));
    expect(screen.root.textContent).not.toContain('Loading older…');
  });

  test('[view] what was saved is read loosely', () => {
    for (const saved of [null, 7, 'x', { key: 4, drafts: [1], anchors: { a: 1, b: { unit: 'e1:0', offset: 'x' } } }]) {
      expect(open(saved).chat.store.memory).toMatchObject({ key: undefined, anchors: {} });
    }
  });

  test('[view] a core of another version is told apart, not guessed at', async () => {
    const screen = open();
    screen.send({ type: 'welcome', version: 99, strings: {}, setup: { folder: true, trusted: true, agents: [] } });
    await vi.waitFor(() => expect(screen.root.textContent).toContain('another version'));
  });
});
