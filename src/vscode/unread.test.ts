import { afterEach, describe, expect, test } from 'vitest';
import { Emitter } from '../base/event.ts';
import type { SessionEvent } from '../model/event.ts';
import { emptySession, type SessionKey } from '../model/session.ts';
import type { Appended } from '../router/store.ts';
import { Unread } from './unread.ts';

const key = 'k' as SessionKey;
const owns = { history: 'us', queue: 'us', questions: 'us' } as const;
const session = emptySession({
  key,
  backend: 'a',
  agentLabel: 'A',
  title: '',
  cwd: '/w',
  owns,
  createdAt: 0,
  epoch: 'e',
});

const made: Unread[] = [];
afterEach(() => {
  for (const unread of made.splice(0)) unread.dispose();
});

const world = (stored?: unknown) => {
  const values = new Map<string, unknown>([['unread', stored]]);
  const memory = {
    get: (name: string) => values.get(name),
    update: async (name: string, value: unknown) => void values.set(name, value),
  };
  const appended = new Emitter<Appended>();
  const seen = new Set<SessionKey>();
  const unread = new Unread({ store: { onAppended: appended.event }, memory, inSight: (shown) => seen.has(shown) });
  made.push(unread);
  const hear = (event: SessionEvent, of = key): void =>
    appended.fire({ key: of, session, logged: [{ seq: 1, at: 0, event }] });
  return { unread, hear, seen, values };
};

describe('what the person has not seen', () => {
  test('[sessions] a turn that ended out of sight is unread until it is looked at, over a reload too', () => {
    const { unread, hear, values } = world();
    const told: SessionKey[] = [];
    unread.onChanged((changed) => told.push(changed));
    hear({ kind: 'update', update: { sessionUpdate: 'plan', entries: [] } });
    expect(unread.has(key)).toBe(false);
    hear({ kind: 'turn/ended', turn: 't', reason: 'end_turn' });
    hear({ kind: 'turn/ended', turn: 'u', reason: 'end_turn' });
    expect(unread.has(key)).toBe(true);
    expect(told).toEqual([key]);
    expect(world(values.get('unread')).unread.has(key)).toBe(true);
    unread.read(key);
    expect(unread.has(key)).toBe(false);
    expect(values.get('unread')).toEqual([]);
    expect(told).toEqual([key, key]);
  });

  test('[sessions] what happens in sight is read, and what another version wrote is read loosely', () => {
    const { unread, hear, seen } = world({ not: 'a list' });
    seen.add(key);
    hear({ kind: 'link', link: { state: 'failed' } });
    expect(unread.has(key)).toBe(false);
    seen.clear();
    hear({ kind: 'link', link: { state: 'failed' } });
    expect(unread.has(key)).toBe(true);
  });

  test('[acp 4.2.7] what a window remembers of it is small, however many there are', () => {
    const { unread, hear, values } = world();
    for (let count = 0; count < 10_000; count += 1)
      hear({ kind: 'turn/ended', turn: 't', reason: 'end_turn' }, `0d9f8a52-1c1f-4a39-b3d3-${count}` as SessionKey);
    expect(JSON.stringify(values.get('unread')).length).toBeLessThan(32 * 1024);
    expect(unread.has('0d9f8a52-1c1f-4a39-b3d3-9999' as SessionKey)).toBe(true);
  });
});
