import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { eachEntry, entryCount, PAGE } from '../../src/model/entry.ts';
import type { Logged, SessionEvent } from '../../src/model/event.ts';
import { endOf } from '../../src/model/older.ts';
import { reduce } from '../../src/model/reduce.ts';
import { emptySession, type Session, type SessionKey } from '../../src/model/session.ts';
import { Follower } from '../../src/protocol/view/follower.ts';
import type { FromSurface, ToSurface } from '../../src/protocol/view/messages.ts';
import { someEvent } from './events.ts';

const key = 'k' as SessionKey;
/** So few that the beginning is often not held. */
const LEAST = 3;

type Step =
  | { readonly do: 'append'; readonly events: readonly SessionEvent[] }
  /** The core sends what it has not sent: it may wait for the surface, while a page does not. */
  | { readonly do: 'flush' }
  /** The surface takes so many of the messages that wait. */
  | { readonly do: 'take'; readonly count: number }
  | { readonly do: 'older' }
  /** Messages are lost, and the surface wakes up. */
  | { readonly do: 'wake'; readonly lost: number }
  /** The core has to give a snapshot, since the surface was too slow. */
  | { readonly do: 'snapshot' }
  /** Another surface in its place, which holds nothing. */
  | { readonly do: 'reload' };

/** The whole session, a surface that holds the end of it, and messages on their way between them. */
class World {
  readonly #states = new Map<number, Session>();
  #whole = emptySession({
    key,
    backend: 'demo',
    agentLabel: 'Demo',
    title: '',
    cwd: '/w',
    createdAt: 1,
    owns: { history: 'us', queue: 'us', questions: 'us' },
    epoch: 'e',
  });
  #waiting: ToSurface[] = [];
  #sent = 0;
  #follower = new Follower(key, (message) => this.#answer(message));
  /** How often something was not held, and changed where it is not held. */
  readonly seen = { partial: 0, touched: 0, pages: 0 };

  constructor(past: readonly SessionEvent[]) {
    this.#states.set(0, this.#whole);
    this.#append(past);
    this.#follower.attach();
  }

  run(step: Step): void {
    switch (step.do) {
      case 'append':
        this.#append(step.events);
        return;
      case 'flush':
        this.#events(this.#sent);
        return;
      case 'take':
        for (const message of this.#waiting.splice(0, step.count)) this.#receive(message);
        return;
      case 'older':
        this.#follower.wantOlder();
        return;
      case 'wake':
        this.#waiting.splice(0, step.lost);
        this.#follower.attach();
        return;
      case 'snapshot':
        this.#snapshot();
        return;
      case 'reload':
        this.#waiting = [];
        this.#follower = new Follower(key, (message) => this.#answer(message));
        this.#follower.attach();
    }
  }

  /** Everything arrives, and the surface asks until it lacks nothing. */
  finish(): void {
    this.#follower.attach();
    for (let round = 0; round < 10_000; round += 1) {
      this.run({ do: 'flush' });
      this.run({ do: 'take', count: 2 });
      this.#follower.wantOlder();
      const { session } = this.#follower;
      if (session?.at.seq === this.#whole.at.seq && session.older === undefined) return;
    }
    throw new Error('It never came to rest.');
  }

  get whole(): Session {
    return this.#whole;
  }
  get held(): Session | undefined {
    return this.#follower.session;
  }

  readonly #log: Logged[] = [];

  #append(events: readonly SessionEvent[]): void {
    for (const event of events) {
      const seq = this.#whole.at.seq + 1;
      this.#whole = reduce(this.#whole, [{ seq, at: seq, event }]);
      this.#log.push({ seq, at: seq, event });
      this.#states.set(seq, this.#whole);
    }
  }

  #events(after: number): void {
    this.#sent = this.#whole.at.seq;
    this.#waiting.push({ type: 'events', key, epoch: 'e', after, events: this.#log.slice(after) });
  }

  #snapshot(): void {
    this.#sent = this.#whole.at.seq;
    this.#waiting.push({ type: 'snapshot', key, session: endOf(this.#whole, LEAST) });
  }

  #answer(message: FromSurface): void {
    if (message.type === 'attach') {
      // Whether the events are still held is a matter of luck; here it is settled by the number.
      if (message.position === undefined || message.position.seq % 2 === 0) this.#snapshot();
      else this.#events(message.position.seq);
    } else if (message.type === 'page') {
      const from = Math.max(0, message.before - 1);
      const pages = this.#whole.entries.slice(from, message.before);
      this.#waiting.push({ type: 'page', key, at: this.#whole.at, from, pages });
    }
  }

  #receive(message: ToSurface): void {
    if (message.type !== 'snapshot' && message.type !== 'events' && message.type !== 'page') return;
    const before = this.held;
    this.#follower.receive(structuredClone(message));
    const { held } = this;
    if (held === undefined) return;
    if (message.type === 'page' && held !== before) this.seen.pages += 1;
    if (held.older !== undefined) {
      this.seen.partial += 1;
      if (message.type === 'events' && held.older.changed !== before?.older?.changed) this.seen.touched += 1;
    }
    const state = this.#states.get(held.at.seq);
    if (state === undefined) throw new Error(`Nobody was ever at ${held.at.seq}.`);
    expect(restricted(held, held)).toEqual(restricted(state, held));
    expect(entryCount(held.entries)).toBe(entryCount(state.entries));
  }
}

/** All of a session but the pages that the other one does not hold, and without the names of what is not held. */
const restricted = (session: Session, held: Session): Omit<Session, 'older'> => {
  const { older: _, ...rest } = session;
  const lacking = held.older?.pages ?? 0;
  return { ...rest, entries: session.entries.map((page, number) => (number < lacking ? [] : page)) };
};

/** Enough that a page is full now and then, most of it finished turns with calls of their own. */
const history: fc.Arbitrary<readonly SessionEvent[]> = fc
  .tuple(
    fc.integer({ min: 1, max: PAGE }),
    fc.constantFrom('completed', 'in_progress', 'failed'),
    fc.constantFrom('1', '9'),
    fc.boolean(),
  )
  .map(([count, status, turn, between]): readonly SessionEvent[] => {
    const notices = Array.from({ length: count }, (): SessionEvent => ({
      kind: 'notice',
      severity: 'info',
      title: 'n',
    }));
    const begins = { kind: 'turn/started', turn, prompt: [{ type: 'text', text: 'go' }], device: 'd' } as const;
    const call = { sessionUpdate: 'tool_call', toolCallId: '2', title: 'x', status } as const;
    const compaction = { sessionUpdate: 'compaction_update', compactionId: '1', status: 'in_progress' } as const;
    const told: readonly SessionEvent[] = [call, compaction].map((update) => ({ kind: 'update', update }));
    // What is told between two turns may be open when the next one has begun, far behind it.
    return between
      ? [...told, ...notices, begins]
      : [begins, ...told, ...notices, { kind: 'turn/ended', turn, reason: 'end_turn' }];
  });
const past = fc.array(history, { minLength: 3, maxLength: 8 });

/** A reset leaves nothing to be without: now and then is enough. */
const someNews = someEvent.filter((event) => event.kind !== 'reset');

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 1, arbitrary: fc.constant<Step>({ do: 'append', events: [{ kind: 'reset', why: 'again' }] }) },
  { weight: 25, arbitrary: fc.array(someNews, { maxLength: 5 }).map((events): Step => ({ do: 'append', events })) },
  { weight: 10, arbitrary: history.map((events): Step => ({ do: 'append', events })) },
  { weight: 25, arbitrary: fc.constant<Step>({ do: 'flush' }) },
  { weight: 40, arbitrary: fc.integer({ min: 1, max: 3 }).map((count): Step => ({ do: 'take', count })) },
  { weight: 25, arbitrary: fc.constant<Step>({ do: 'older' }) },
  { weight: 4, arbitrary: fc.integer({ min: 0, max: 2 }).map((lost): Step => ({ do: 'wake', lost })) },
  { weight: 4, arbitrary: fc.constant<Step>({ do: 'snapshot' }) },
  { weight: 6, arbitrary: fc.constant<Step>({ do: 'reload' }) },
);

describe('a session without its beginning', () => {
  test('[O1] [I1] is at every moment the end of the whole, and the whole once all is fetched', () => {
    const seen = { partial: 0, touched: 0, pages: 0 };
    fc.assert(
      fc.property(past, fc.array(step, { maxLength: 60, size: 'max' }), (before, steps) => {
        const world = new World(before.flat());
        for (const one of steps) world.run(one);
        world.finish();
        expect(world.held).toEqual(world.whole);
        expect(JSON.stringify(world.held)).toBe(JSON.stringify(world.whole));
        for (const name of ['partial', 'touched', 'pages'] as const) seen[name] += world.seen[name];
      }),
      { numRuns: 300 },
    );
    // What is never met is not proved.
    for (const count of Object.values(seen)) expect(count).toBeGreaterThan(100);
  });

  test('[O1] no entry stands twice in it, whatever reaches into what is not held', () => {
    fc.assert(
      fc.property(past, fc.array(someEvent, { maxLength: 30 }), (before, news) => {
        const log = [...before.flat(), ...news].map((event, index): Logged => ({
          seq: index + 1,
          at: index + 1,
          event,
        }));
        const start = emptySession({
          key,
          backend: 'demo',
          agentLabel: 'Demo',
          title: '',
          cwd: '/w',
          createdAt: 1,
          owns: { history: 'us', queue: 'us', questions: 'us' },
          epoch: 'e',
        });
        const then = reduce(start, log.slice(0, before.flat().length));
        const end = reduce(endOf(then, LEAST), log);
        const ids = [...eachEntry(end.entries)].map(({ id }) => id);
        expect(new Set(ids).size).toBe(ids.length);
        expect(restricted(end, end)).toEqual(restricted(reduce(then, log), end));
      }),
      { numRuns: 300 },
    );
  });
});
