import { afterEach, describe, expect, test } from 'vitest';
import { question, says } from '../../test/tools/sessions.ts';
import { Disposables } from '../base/disposable.ts';
import { silent } from '../base/log.ts';
import { manualClock } from '../base/testing.ts';
import type { SessionEvent } from '../model/event.ts';
import { emptySession, type SessionKey } from '../model/session.ts';
import { SessionStore } from '../router/store.ts';
import { noJournal } from '../router/testing.ts';
import { followSessions, type WebhookPayload } from './webhook.ts';

const key = 'k' as SessionKey;
const about = {
  key,
  backend: 'demo',
  agentLabel: 'Demo',
  title: '',
  cwd: '/w',
  owns: { history: 'us', queue: 'us', questions: 'us' },
} as const;

let owned = new Disposables();
afterEach(() => {
  owned.dispose();
  owned = new Disposables();
});

const world = () => {
  const clock = manualClock();
  const store = new SessionStore({ clock, journal: noJournal, log: silent });
  const told: WebhookPayload[] = [];
  const closed: SessionKey[] = [];
  owned.add(
    followSessions({ store, clock, tell: (payload) => told.push(payload), closed: (gone) => closed.push(gone) }),
  );
  store.open(about);
  const append = (...events: readonly SessionEvent[]): void =>
    store.append(
      key,
      events.map((event) => ({ event })),
    );
  return { clock, store, told, closed, append, events: () => told.map(({ event }) => event) };
};

const ended = (reason: string, message?: string): SessionEvent => ({
  kind: 'turn/ended',
  turn: 't',
  reason,
  ...(message === undefined ? {} : { error: { message } }),
});
const disconnected = { kind: 'link', link: { state: 'disconnected' } } as const;

describe('what automations are told', () => {
  test('[flamecast 9] a question, with all that can be answered', () => {
    const { append, told, clock } = world();
    append({ kind: 'question/asked', question: question('q', { title: 'Run it?' }) });
    expect(told).toEqual([
      {
        sessionId: key,
        eventId: expect.any(String),
        timestamp: new Date(clock.now()).toISOString(),
        event: {
          type: 'permission_request',
          data: {
            requestId: 'q',
            toolCallId: expect.any(String),
            title: 'Run it?',
            kind: expect.any(String),
            options: question('q').options.map(({ id, name, kind }) => ({ optionId: id, name, kind })),
          },
        },
      },
    ]);
  });

  test('[flamecast 9] nothing of a question that a rule has answered', () => {
    const { append, told } = world();
    const rule = { id: 'r', scope: 'machine', tool: 'edit', decision: 'allow' } as const;
    append(
      { kind: 'question/asked', question: question('q') },
      { kind: 'question/settled', question: 'q', by: { kind: 'rule', rule }, outcome: { kind: 'cancelled' } },
    );
    expect(told).toEqual([]);
  });

  test('[flamecast 9] the end of a turn with the agent’s reason, and what is no reason of an agent as an error', () => {
    const { append, events } = world();
    append(ended('end_turn'), ended('cancelled'), ended('failed', 'It broke.'), ended('agent gone'));
    expect(events()).toEqual([
      { type: 'end_turn', data: { promptResponse: { stopReason: 'end_turn' } } },
      { type: 'end_turn', data: { promptResponse: { stopReason: 'cancelled' } } },
      { type: 'error', data: { message: 'It broke.' } },
      { type: 'error', data: { message: 'The agent has ended.' } },
    ]);
  });

  test('[flamecast 9] a start that failed', () => {
    const { append, events } = world();
    append({ kind: 'link', link: { state: 'failed', detail: 'There is no such program.' } });
    expect(events()).toEqual([{ type: 'error', data: { message: 'There is no such program.' } }]);
  });

  test('[flamecast 9] the end of a session, once, whether its agent ended first or not', () => {
    const end = { type: 'session_end', data: { exitCode: null } };
    const first = world();
    first.append(says('a'));
    first.append(disconnected);
    expect(first.events()).toEqual([end]);
    first.store.remove(key);
    expect(first.events()).toEqual([end]);
    const other = world();
    other.append(says('a'));
    other.store.remove(key);
    expect(other.events()).toEqual([end]);
    expect(other.closed).toEqual([key]);
  });

  test('[flamecast 9] another end after the agent came back', () => {
    const { append, events } = world();
    append(says('a'));
    append(disconnected);
    append(disconnected);
    append(says('b'));
    append(disconnected);
    expect(events().map(({ type }) => type)).toEqual(['session_end', 'session_end']);
  });

  test('[flamecast 9] no end of a session that nothing ever happened to', () => {
    const { append, store, told } = world();
    append({ kind: 'link', link: { state: 'connecting' } });
    store.remove(key);
    expect(told).toEqual([]);
  });

  test('[flamecast 9] nothing of a session that lives in another store', () => {
    const { store, told } = world();
    const far = { ...emptySession({ ...about, key: 'far' as SessionKey, createdAt: 0, epoch: 'e' }) };
    store.mirror(far, []);
    const logged = { seq: 1, at: 0, event: ended('end_turn') } as const;
    store.mirror({ ...far, at: { epoch: 'e', seq: 1 } }, [logged]);
    store.remove(far.key);
    expect(told).toEqual([]);
  });

  test('[flamecast 9] a title of any length as one that a message can hold', () => {
    const { append, events } = world();
    append({ kind: 'question/asked', question: question('q', { title: 'x'.repeat(100_000) }) });
    expect(String(events()[0]?.data['title']).length).toBe(1000);
  });
});
