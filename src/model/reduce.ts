/**
 * The fold: the one place where the state of a session changes.
 *
 * F1 Total: whatever an event holds, it neither throws nor puts a wrong type into the session. What cannot be read is
 *    kept whole as an entry of kind `unknown`.
 * F2 Pure, and independent of how the log is cut into batches.
 * F3 The same object when nothing changed; an event that was folded before changes nothing.
 * F4 The cost of an event does not grow with the length of the transcript.
 */
import type { Logged, Reduce, SessionEvent } from './event.ts';
import { Draft } from './fold/draft.ts';
import * as facts from './fold/facts.ts';
import { foldChunk } from './fold/message.ts';
import { foldCompaction, foldCompactionChunk, foldGap, foldNotice } from './fold/notice.ts';
import { foldPlan, foldPlanRemoved, foldPlanUpdate } from './fold/plan.ts';
import { foldQuestionAsked, foldQuestionChanged, foldQuestionSettled } from './fold/question.ts';
import { foldQueue } from './fold/queue.ts';
import { type Fields, isFields, textOf } from './fold/read.ts';
import { foldRules } from './fold/rule.ts';
import { foldSubagent, foldSubagentSaid } from './fold/subagent.ts';
import { foldCallNoted, foldToolCall } from './fold/tool.ts';
import { foldCancelRequested, foldTurnEnded, foldTurnStarted } from './fold/turn.ts';

/** Folds what it can read; false: it could not, and has changed nothing. */
type Fold = (draft: Draft, fields: Fields) => boolean;

export const reduce: Reduce = (session, logged) => {
  let draft: Draft | undefined;
  for (const item of logged) {
    if (!follows(draft?.seq ?? session.at.seq, item)) continue;
    draft ??= new Draft(session);
    draft.begin(item);
    foldEvent(draft, item.event);
  }
  return draft?.finish() ?? session;
};

/** Numbers only rise: what was folded already is not folded again. */
const follows = (seq: number, item: Logged): boolean =>
  isFields(item) && Number.isSafeInteger(item.seq) && item.seq > seq;

const foldEvent = (draft: Draft, event: Fields): void => {
  if (!isFields(event)) {
    draft.add({ kind: 'unknown', name: typeof event, value: event });
    return;
  }
  const kind = textOf(event['kind']);
  if (kind !== undefined && events.get(kind)?.(draft, event) === true) return;
  draft.add({ kind: 'unknown', name: kind ?? 'event', value: event });
};

const foldUpdate: Fold = (draft, { update }) => {
  if (!isFields(update)) return false;
  const kind = textOf(update['sessionUpdate']);
  if (kind !== undefined && updates.get(kind)?.(draft, update) === true) return true;
  draft.add({ kind: 'unknown', name: kind ?? 'update', value: update });
  return true;
};

const foldReset: Fold = (draft) => {
  draft.clear();
  const { session } = draft;
  session.questions = [];
  session.milestones = [];
  session.terminals = {};
  session.subagents = {};
  session.turn = { state: 'idle' };
  session.turnFrom = 0;
  return true;
};

const foldUnknown: Fold = (draft, { name, value }) => {
  draft.add({ kind: 'unknown', name: textOf(name) ?? 'unknown', value });
  return true;
};

const byEvent: Readonly<Record<SessionEvent['kind'], Fold>> = {
  update: foldUpdate,
  'session/opened': facts.foldOpened,
  'session/renamed': facts.foldRenamed,
  'options/changed': facts.foldOptions,
  'turn/started': foldTurnStarted,
  'cancel/requested': foldCancelRequested,
  'turn/ended': foldTurnEnded,
  'question/asked': foldQuestionAsked,
  'question/changed': foldQuestionChanged,
  'question/settled': foldQuestionSettled,
  'rules/changed': foldRules,
  'queue/changed': foldQueue,
  'terminal/changed': facts.foldTerminal,
  'call/noted': foldCallNoted,
  'subagent/said': foldSubagentSaid,
  control: facts.foldControl,
  link: facts.foldLink,
  reset: foldReset,
  gap: foldGap,
  notice: foldNotice,
  unknown: foldUnknown,
};
// Maps, since a kind is a stranger's word: `constructor` is no event.
const events: ReadonlyMap<string, Fold> = new Map(Object.entries(byEvent));

/** The kinds of protocol §6 that can be shown, stable and not; the others are unknown here, and shown as such. */
const updates: ReadonlyMap<string, Fold> = new Map<string, Fold>([
  ['user_message_chunk', (draft, update) => foldChunk(draft, 'user', update)],
  ['agent_message_chunk', (draft, update) => foldChunk(draft, 'agent', update)],
  ['agent_thought_chunk', (draft, update) => foldChunk(draft, 'thought', update)],
  ['tool_call', (draft, update) => foldToolCall(draft, true, update)],
  ['tool_call_update', (draft, update) => foldToolCall(draft, false, update)],
  ['plan', foldPlan],
  ['available_commands_update', facts.foldCommands],
  ['current_mode_update', facts.foldMode],
  ['config_option_update', facts.foldConfigOptions],
  ['session_info_update', facts.foldInfo],
  ['usage_update', facts.foldUsage],
  ['notice', foldNotice],
  ['compaction_update', foldCompaction],
  ['compaction_summary_chunk', foldCompactionChunk],
  ['plan_update', foldPlanUpdate],
  ['plan_removed', foldPlanRemoved],
  ['subagent_update', foldSubagent],
]);
