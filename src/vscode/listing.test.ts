import { beforeEach, describe, expect, test } from 'vitest';
import { manualClock, type ManualClock } from '../base/testing.ts';
import { Emitter } from '../base/event.ts';
import { emptySession, type SessionKey } from '../model/session.ts';
import { summary, type Summary } from '../model/summary.ts';
import type { Listed } from '../router/store.ts';
import { Listing } from './listing.ts';

const session = (key: string, title: string): Summary => {
  const owns = { history: 'us', queue: 'us', questions: 'us' } as const;
  const about = { key: key as SessionKey, backend: 'a', agentLabel: 'Agent', title, cwd: '/w', owns };
  return summary(emptySession({ ...about, createdAt: 0, epoch: 'e' }));
};

describe('the list that the window shows', () => {
  let clock: ManualClock;
  let source: Emitter<Listed>;
  let listing: Listing;
  let told: Listed[];
  const change = (...sessions: readonly Summary[]): void => source.fire({ sessions, removed: [] });
  const remove = (key: string): void => source.fire({ sessions: [], removed: [key as SessionKey] });

  beforeEach(() => {
    clock = manualClock();
    source = new Emitter();
    told = [];
    listing = new Listing({ onListed: source.event }, clock, (failure) => {
      throw failure;
    });
    listing.onChanged((listed) => told.push(listed));
  });

  test('[P5] is told a moment later, changes that came together in one piece, the last of each session', () => {
    change(session('a', 'one'));
    change(session('b', 'two'), session('a', 'three'));
    expect(told).toEqual([]);
    clock.advance(1000);
    expect(told).toEqual([{ sessions: [session('a', 'three'), session('b', 'two')], removed: [] }]);
    expect(clock.waiting).toBe(0);
  });

  test('[view] of a session that went meanwhile only its end is told, of one that came back only what it is', () => {
    change(session('a', 'one'), session('b', 'two'));
    remove('a');
    remove('b');
    change(session('b', 'three'));
    clock.advance(1000);
    expect(told).toEqual([{ sessions: [session('b', 'three')], removed: ['a'] }]);
  });

  test('[I13] leaves no timer behind', () => {
    change(session('a', 'one'));
    listing.dispose();
    expect(clock.waiting).toBe(0);
    change(session('a', 'two'));
    clock.advance(1000);
    expect(told).toEqual([]);
  });
});
