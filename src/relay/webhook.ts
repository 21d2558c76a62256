/**
 * What the person's own automations are told of sessions. Source: the Flamecast protocol, §2 and §9.
 *
 * W1 A question that a rule has answered is no event: nobody is asked.
 * W2 An end is told once, however a session ends, and of no session that nothing ever happened to.
 * W3 What lives in another store is told of there.
 */
import type { Clock } from '../base/clock.ts';
import { type Disposable, Disposables } from '../base/disposable.ts';
import type { Logged, SessionEvent } from '../model/event.ts';
import type { Question } from '../model/question.ts';
import type { SessionKey } from '../model/session.ts';
import type { SessionStore } from '../router/store.ts';

export const WEBHOOK_EVENTS = ['permission_request', 'end_turn', 'error', 'session_end'] as const;

type WebhookEventType = (typeof WEBHOOK_EVENTS)[number];

export interface Webhook {
  /** The person's word for it. */
  readonly name: string;
  /** As secret as the secret: many services have what authorizes in the path. */
  readonly url: string;
  readonly secret: string;
  /** Which events it gets; undefined: all. */
  readonly events?: readonly WebhookEventType[];
}

export interface WebhookEvent {
  readonly type: WebhookEventType;
  readonly data: Readonly<Record<string, unknown>>;
}

/** The body of a delivery, as JSON. */
export interface WebhookPayload {
  readonly sessionId: SessionKey;
  /** The same for every webhook and every attempt. */
  readonly eventId: string;
  /** ISO 8601: when it happened, not when it is sent. */
  readonly timestamp: string;
  readonly event: WebhookEvent;
}

export interface FollowParts {
  readonly store: Pick<SessionStore, 'onAppended' | 'onListed' | 'isMirrored'>;
  readonly clock: Clock;
  tell(payload: WebhookPayload): void;
  /** The session is gone: what is still to be said of it interests nobody. Its end is told after this. */
  closed(key: SessionKey): void;
}

/** Follows every session that lives in the store. */
export const followSessions = ({ store, clock, tell, closed }: FollowParts): Disposable => {
  const owned = new Disposables();
  /** Those that something has happened to, and whose end was not told. */
  const alive = new Set<SessionKey>();
  const say = (key: SessionKey, at: number, event: WebhookEvent): void =>
    tell({ sessionId: key, eventId: clock.id(), timestamp: new Date(at).toISOString(), event });
  owned.add(
    store.onAppended(({ key, logged }) => {
      if (store.isMirrored(key)) return;
      for (const each of logged) {
        if (each.event.kind !== 'link') alive.add(key);
        const event = eventOf(each.event, logged);
        if (event === undefined || (event.type === 'session_end' && !alive.delete(key))) continue;
        say(key, each.at, event);
      }
    }),
  );
  owned.add(
    store.onListed(({ removed }) => {
      for (const key of removed) {
        closed(key);
        if (alive.delete(key)) say(key, clock.now(), ENDED);
      }
    }),
  );
  return owned;
};

/** How the agent's process ended is not known here. */
const ENDED: WebhookEvent = { type: 'session_end', data: { exitCode: null } };

/** What an event is to an automation, if anything; `logged`: the ones that came with it. */
const eventOf = (event: SessionEvent, logged: readonly Logged[]): WebhookEvent | undefined => {
  switch (event.kind) {
    case 'question/asked':
      return settledByRule(event.question, logged) ? undefined : asked(event.question);
    case 'turn/ended': {
      const { reason, error } = event;
      if (OURS.has(reason)) return failed(error?.message ?? 'The agent has ended.');
      return { type: 'end_turn', data: { promptResponse: { stopReason: reason } } };
    }
    case 'link':
      if (event.link.state === 'failed') return failed(event.link.detail ?? 'The agent could not be started.');
      return event.link.state === 'disconnected' ? ENDED : undefined;
    default:
      return undefined;
  }
};

/** Ends of a turn that no agent gave as its reason, see `TurnEnd`. */
const OURS: ReadonlySet<string> = new Set(['failed', 'agent gone', 'unknown']);

const failed = (message: string): WebhookEvent => ({ type: 'error', data: { message } });

const settledByRule = ({ id }: Question, logged: readonly Logged[]): boolean =>
  logged.some(({ event }) => event.kind === 'question/settled' && event.question === id && event.by.kind === 'rule');

/** Of what an agent says, in UTF-16 units. */
const TITLE = 1000;

/** A form or a sign-in waits for the person as a permission does: told as one that has no answers to choose from. */
const asked = ({ id, kind, title, tool, options }: Question): WebhookEvent => ({
  type: 'permission_request',
  data: {
    requestId: id,
    toolCallId: tool?.call ?? '',
    title: title.slice(0, TITLE),
    kind: tool?.toolKind ?? kind,
    options: options.map((option) => ({ optionId: option.id, name: option.name, kind: option.kind })),
  },
});
