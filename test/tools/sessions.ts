import type { Clock } from '../../src/base/clock.ts';
import { type Disposable, toDisposable } from '../../src/base/disposable.ts';
import { eachEntry, type Entry } from '../../src/model/entry.ts';
import type { Logged, SessionEvent } from '../../src/model/event.ts';
import type { Question } from '../../src/model/question.ts';
import { reduce } from '../../src/model/reduce.ts';
import { emptySession, type Session, type SessionKey } from '../../src/model/session.ts';

/** A session to which nothing has happened yet. */
export const blank = (): Session =>
  emptySession({
    key: 'k' as SessionKey,
    backend: 'demo',
    agentLabel: 'Demo',
    title: '',
    cwd: '/w',
    createdAt: 1,
    owns: { history: 'us', queue: 'us', questions: 'us' },
    epoch: 'epoch',
  });

/** The events with the numbers after `from`. */
export const number = (events: readonly SessionEvent[], from = 0): readonly Logged[] =>
  events.map((event, index) => ({ seq: from + index + 1, at: 1000 + from + index, event }));

/** The session after more events. */
export const fold = (session: Session, ...events: readonly SessionEvent[]): Session =>
  reduce(session, number(events, session.at.seq));

export const entriesOf = (session: Session): readonly Entry[] => [...eachEntry(session.entries)];

/** A `session/update` as an event, whatever it holds: the fold does not trust it either. */
export const update = (payload: object): SessionEvent => ({ kind: 'update', update: payload }) as SessionEvent;

export const says = (text: string, messageId?: string): SessionEvent =>
  update({
    sessionUpdate: 'agent_message_chunk',
    content: { type: 'text', text },
    ...(messageId ? { messageId } : {}),
  });

export const question = (id: string, more: Partial<Question> = {}): Question => ({
  id,
  kind: 'permission',
  title: `May I ${id}?`,
  hash: `hash of ${id}`,
  at: 5,
  options: [
    { id: 'yes', name: 'Yes', kind: 'allow_once' },
    { id: 'no', name: 'No', kind: 'reject_once' },
    { id: 'odd', name: 'Allow', kind: 'allow_everything_for_ever' },
  ],
  tool: { call: id, toolKind: 'edit', content: [], locations: [] },
  ...more,
});

/** Time that stands still until it is told to go on. */
export class TestClock implements Clock {
  #now = 1_000_000;
  #ids = 0;
  readonly #timers = new Set<{ readonly due: number; run(): void }>();

  now(): number {
    return this.#now;
  }

  monotonic(): number {
    return this.#now;
  }

  after(milliseconds: number, run: () => void): Disposable {
    const timer = { due: this.#now + milliseconds, run };
    this.#timers.add(timer);
    return toDisposable(() => this.#timers.delete(timer));
  }

  id(): string {
    this.#ids += 1;
    return `id${this.#ids}`;
  }

  /** How many timers are set. */
  get waiting(): number {
    return this.#timers.size;
  }

  advance(milliseconds: number): void {
    const until = this.#now + milliseconds;
    for (;;) {
      const next = [...this.#timers].filter((timer) => timer.due <= until).sort((a, b) => a.due - b.due)[0];
      if (next === undefined) break;
      this.#timers.delete(next);
      this.#now = Math.max(this.#now, next.due);
      next.run();
    }
    this.#now = until;
  }
}
