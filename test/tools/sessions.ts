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
