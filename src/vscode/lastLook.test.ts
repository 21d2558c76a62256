import { afterEach, describe, expect, test } from 'vitest';
import { Emitter } from '../base/event.ts';
import { type ManualClock, manualClock } from '../base/testing.ts';
import { reduce } from '../model/reduce.ts';
import { emptySession, type Session, type SessionKey } from '../model/session.ts';
import type { SessionEvent } from '../model/event.ts';
import type { ToSurface } from '../protocol/view/messages.ts';
import type { Appended, Listed } from '../router/store.ts';
import { LastLook } from './lastLook.ts';

const [A, B] = ['a', 'b'].map((key) => key as SessionKey) as [SessionKey, SessionKey];
const owns = { history: 'us', queue: 'us', questions: 'us' } as const;
const blank = (key: SessionKey): Session =>
  emptySession({ key, backend: 'x', agentLabel: 'X', title: '', cwd: '/w', owns, createdAt: 0, epoch: 'e' });
const says: SessionEvent = {
  kind: 'update',
  update: { sessionUpdate: 'agent_message_chunk', content: { type: 'text', text: 'x' } },
};
const command = (id: string): SessionEvent => ({
  kind: 'update',
  update: { sessionUpdate: 'tool_call', toolCallId: id, title: id, kind: 'execute', status: 'completed' },
});

const made: LastLook[] = [];
afterEach(() => {
  for (const one of made.splice(0)) one.dispose();
});

/** What outlives a window. */
interface Kept {
  readonly clock: ManualClock;
  readonly values: Map<string, unknown>;
  readonly sessions: Map<SessionKey, Session>;
}

const world = (kept: Partial<Kept> = {}) => {
  const {
    clock = manualClock(),
    values = new Map<string, unknown>(),
    sessions = new Map([A, B].map((key) => [key, blank(key)])),
  } = kept;
  const [appended, listed] = [new Emitter<Appended>(), new Emitter<Listed>()];
  const told: Extract<ToSurface, { type: 'since' }>[] = [];
  let writes = 0;
  let sight: { key: SessionKey | undefined; focused: boolean } = { key: undefined, focused: true };
  const lastLook = new LastLook({
    store: { get: (key) => sessions.get(key), onAppended: appended.event, onListed: listed.event },
    clock,
    memory: {
      get: (name) => values.get(name),
      update: async (name, value) => {
        writes += 1;
        values.set(name, structuredClone(value));
      },
    },
    sight: () => sight,
    tell: (news) => told.push(news),
  });
  made.push(lastLook);
  return {
    lastLook,
    told,
    kept: { clock, values, sessions },
    get writes() {
      return writes;
    },
    see(key: SessionKey | undefined, focused = true): void {
      sight = { key, focused };
      lastLook.look();
    },
    hear(key: SessionKey, ...events: readonly SessionEvent[]): void {
      const before = sessions.get(key) ?? blank(key);
      const logged = events.map((event, index) => ({ seq: before.at.seq + index + 1, at: 0, event }));
      const session = reduce(before, logged);
      sessions.set(key, session);
      appended.fire({ key, session, logged });
    },
    put(session: Session): void {
      sessions.set(session.key, session);
      listed.fire({ sessions: [], removed: [] });
    },
  };
};

describe('where the person left', () => {
  test('[since] who has looked all the time is told nothing, and neither is who sees a session for the first time', () => {
    const { see, hear, told } = world();
    see(A);
    hear(A, command('1'));
    see(A);
    hear(B, command('1'));
    see(B);
    expect(told).toEqual([]);
  });

  test('[since] who comes back from another session is told what happened meanwhile, and only once', () => {
    const { see, hear, told, kept } = world();
    see(A);
    hear(A, command('1'));
    see(B);
    kept.clock.advance(90_000);
    hear(A, command('2'), command('3'));
    see(A);
    expect(told).toMatchObject([{ type: 'since', key: A, away: 90_000, commands: 2 }]);
    see(B);
    see(A);
    expect(told).toHaveLength(1);
  });

  test('[since] words alone are no news', () => {
    const { see, hear, told } = world();
    see(A);
    see(undefined);
    hear(A, says);
    see(A);
    expect(told).toEqual([]);
  });

  test('[since] a glance at another program is no absence, a longer one is', () => {
    const { see, hear, told, kept } = world();
    see(A);
    see(A, false);
    kept.clock.advance(59_000);
    hear(A, command('1'));
    see(A);
    expect(told).toEqual([]);
    see(A, false);
    hear(A, command('2'));
    kept.clock.advance(60_000);
    see(A);
    expect(told).toMatchObject([{ commands: 1, away: 60_000 }]);
  });

  test('[since] the place outlives a window that ended in order, and what ended with it is told', () => {
    const first = world();
    first.see(A);
    first.hear(A, command('1'));
    first.lastLook.dispose();
    const { see, hear, told } = world(first.kept);
    hear(A, command('2'));
    see(A, false);
    expect(told).toEqual([]);
    see(A);
    expect(told).toMatchObject([{ commands: 1 }]);
  });

  test('[since] a window that died without a word had written the place down, and not for each event', () => {
    const first = world();
    first.see(A);
    for (let count = 0; count < 100; count += 1) first.hear(A, command(`${count}`));
    expect(first.writes).toBe(1);
    first.kept.clock.advance(10_000);
    expect(first.writes).toBe(2);
    first.kept.clock.advance(100_000);
    expect(first.writes).toBe(2);
    const { see, hear, told } = world(first.kept);
    hear(A, command('after'));
    see(A);
    expect(told).toMatchObject([{ commands: 1 }]);
  });

  test('[since] a session that sleeps, or is not here whole, is waited for; who leaves before that loses nothing', () => {
    const first = world();
    first.see(A);
    first.lastLook.dispose();
    first.hear(A, command('1'));
    const whole = first.kept.sessions.get(A) ?? blank(A);
    first.kept.sessions.delete(A);
    const { see, hear, put, told } = world(first.kept);
    see(A);
    see(B);
    see(A);
    put({ ...whole, older: { pages: 1, over: [], unfinished: [], compactions: [], changed: 1 } });
    expect(told).toEqual([]);
    put(whole);
    expect(told).toMatchObject([{ commands: 1 }]);
    hear(A, command('2'));
    expect(told).toHaveLength(1);
  });

  test('[since] what another version wrote is read loosely', () => {
    const { see, hear, told } = world({
      values: new Map([['lastLooks', { [A]: { seq: 'x', at: 1 }, [B]: { seq: 0, at: 0 }, c: 'd' }]]),
    });
    hear(A, command('1'));
    hear(B, command('1'));
    see(A);
    see(B);
    expect(told).toMatchObject([{ key: B }]);
  });
});
