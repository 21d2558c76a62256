/**
 * What happened to a session, as lines of the relay wire. Source: the relay protocol, §9, "rseq" and "what is stamped".
 *
 * E1 One frame for each number, whoever listens: the lines are made once, and the stamp is put on as text.
 * E2 A frame that holds several lines bears its stamp on the last one: whoever has that has them all.
 */
import type * as acp from '@agentclientprotocol/sdk';
import type { Logged, SessionEvent } from '../model/event.ts';
import type { Outcome, Question, Settler } from '../model/question.ts';
import type { Control, QueuedPrompt, SessionKey, SessionOption, TurnError } from '../model/session.ts';
import { CLIENT } from '../protocol/acp/methods.ts';
import { CODE, META, RELAY } from '../protocol/relay/names.ts';
import { configOptionsOf, modeOption } from './options.ts';
import type { RelayFrame } from './ports.ts';
import { requestOf } from './request.ts';
import { askerOf } from './turnId.ts';

/** What an event does not say of the question that it settles. */
export interface QuestionFacts {
  kindOf(question: string): Question['kind'] | undefined;
  /** The client that answered, where it is one of this process. */
  answeredBy(question: string): string | undefined;
}

/** A line without its stamp and its end. */
export type Line = string;

export const frameOf = (seq: number, lines: readonly Line[]): RelayFrame => {
  const last = lines.length - 1;
  let text = '';
  for (const [index, line] of lines.entries()) text += `${index === last ? stamped(seq, line) : line}\n`;
  return { text };
};

const stamped = (seq: number, line: Line): string => `{"rseq":${seq},${line.slice(1)}`;

export const encode = (key: SessionKey, { event }: Pick<Logged, 'event'>, facts: QuestionFacts): readonly Line[] => {
  switch (event.kind) {
    case 'update':
      return [updateLine(key, event.update)];
    case 'unknown':
      return [isUpdate(event) ? updateLine(key, event.value as object) : eventLine(key, event)];
    case 'options/changed':
      return optionLines(key, event.options);
    case 'session/renamed':
      return [
        updateLine(key, { sessionUpdate: 'session_info_update', title: event.title === '' ? null : event.title }),
      ];
    case 'notice': {
      const { kind: _, ...notice } = event;
      return [updateLine(key, { sessionUpdate: 'notice', ...notice })];
    }
    case 'turn/started':
      return promptLines(key, event.turn, event.device, event.prompt);
    case 'turn/ended':
      return [responseLine(event)];
    case 'question/asked':
      return [requestOf(key, event.question) ?? eventLine(key, event)];
    case 'question/settled':
      return [settledLine(key, event, facts)];
    case 'queue/changed':
      return [line(RELAY.queue, { sessionId: key, items: event.queue.map(itemOf), paused: event.paused })];
    case 'control':
      return [line(RELAY.control, controlOf(event.control))];
    default:
      return [eventLine(key, event)];
  }
};

export const line = (method: string, params: object): Line => JSON.stringify({ jsonrpc: '2.0', method, params });

export const updateLine = (key: SessionKey, update: object, meta?: object): Line =>
  line(CLIENT.update, { sessionId: key, update, ...(meta === undefined ? {} : { _meta: meta }) });

/** What ACP has no word for. */
export const eventLine = (key: SessionKey, event: SessionEvent): Line => line(RELAY.event, { sessionId: key, event });

/** Those who know only the older of the two words for a mode are told as well. */
export const optionLines = (key: SessionKey, options: readonly SessionOption[]): readonly Line[] => {
  const mode = modeOption(options);
  const config = updateLine(key, {
    sessionUpdate: 'config_option_update',
    configOptions: configOptionsOf(options),
  });
  if (mode?.control.kind !== 'select') return [config];
  return [updateLine(key, { sessionUpdate: 'current_mode_update', currentModeId: mode.control.value }), config];
};

/** One for each block; whoever asked stands with each. */
const promptLines = (key: SessionKey, turn: string, device: string, prompt: readonly unknown[]): readonly Line[] => {
  const meta = { [META.prompt]: askerOf(turn, device) };
  return prompt.map((content) => updateLine(key, { sessionUpdate: 'user_message_chunk', content }, meta));
};

const STOP_REASONS: ReadonlySet<string> = new Set<acp.StopReason>([
  'end_turn',
  'max_tokens',
  'max_turn_requests',
  'refusal',
  'cancelled',
]);

/** Ways to end that are ours, and no agent's: to ACP, an error. */
const ERRORS: ReadonlyMap<string, string> = new Map([
  ['failed', 'The agent answered with an error.'],
  ['agent gone', 'The agent has ended.'],
  ['unknown', 'Whether the agent got to the end of this turn is not known.'],
]);

/** The answer to the prompt that the turn was asked for with. */
export const responseLine = (end: {
  readonly turn: string;
  readonly reason: string;
  readonly error?: TurnError;
}): Line => {
  const { requestId: id } = askerOf(end.turn, '');
  const { reason, error } = end;
  const words = error?.message ?? ERRORS.get(reason);
  if (words === undefined || STOP_REASONS.has(reason))
    return JSON.stringify({ jsonrpc: '2.0', id, result: { stopReason: reason } });
  const code = Number.isInteger(error?.code) && error?.code !== 0 ? error?.code : CODE.internal;
  const data = error?.next === undefined ? { reason } : { reason, next: error.next };
  return JSON.stringify({ jsonrpc: '2.0', id, error: { code: code ?? CODE.internal, message: words, data } });
};

const settledLine = (
  key: SessionKey,
  event: Extract<SessionEvent, { kind: 'question/settled' }>,
  facts: QuestionFacts,
): Line => {
  const { question, by, outcome } = event;
  const kind = facts.kindOf(question);
  if (kind === 'sign-in') return eventLine(key, event);
  return line(RELAY.permissionSettled, {
    sessionId: key,
    requestId: question,
    outcome: kind === 'elicitation' ? actionOf(outcome) : permissionOutcome(outcome),
    by: answererOf(by, facts.answeredBy(question)),
  });
};

const permissionOutcome = (outcome: Outcome): object =>
  outcome.kind === 'selected' ? { outcome: 'selected', optionId: outcome.option } : { outcome: 'cancelled' };

const actionOf = (outcome: Outcome): string => {
  if (outcome.kind === 'accepted') return 'accept';
  return outcome.kind === 'declined' || (outcome.kind === 'selected' && outcome.option === 'decline')
    ? 'decline'
    : 'cancel';
};

const answererOf = (by: Settler, client: string | undefined): string | null => {
  if (by.kind === 'rule') return `rule ${by.rule.id}`;
  return by.kind === 'person' ? (client ?? by.device) : null;
};

const itemOf = ({ id, device, prompt }: QueuedPrompt): object => ({ ...askerOf(id, device), prompt });

const controlOf = ({ driver, epoch, lease }: Control): object => ({
  lease: lease === true,
  holder: driver ?? null,
  controlEpoch: epoch,
});

const isUpdate = ({ name, value }: Extract<SessionEvent, { kind: 'unknown' }>): boolean =>
  typeof value === 'object' && value !== null && 'sessionUpdate' in value && value.sessionUpdate === name;
