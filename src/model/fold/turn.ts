import type { TurnEnd, TurnError } from '../session.ts';
import type { Draft, NewEntry } from './draft.ts';
import { noteEnd } from './milestone.ts';
import { countOf, defined, type Fields, isFields, isText, listOf, readParts, textOf } from './read.ts';
import { hold, leaveQueue } from './queue.ts';
import { closeOpenCalls } from './tool.ts';
import { WORDS } from './words.ts';

const titleLength = 60;

export const foldTurnStarted = (draft: Draft, event: Fields): boolean => {
  const { turn } = event;
  const prompt = listOf(event['prompt']);
  if (!isText(turn) || prompt === undefined) return false;
  const { session } = draft;
  const parts = readParts(prompt);
  // One that began elsewhere, of which nobody said what was asked.
  session.turnFrom = parts.length === 0 ? draft.count : draft.add({ kind: 'user', turn, parts });
  session.turn = { state: 'running', id: turn, at: draft.at, cancelling: false };
  leaveQueue(session, turn);
  if (session.title === '') {
    const text = parts.find((part) => part.type === 'text')?.text ?? '';
    session.title = firstLine(text);
  }
  return true;
};

export const foldCancelRequested = (draft: Draft, event: Fields): boolean => {
  if (!isText(event['turn'])) return false;
  const { turn } = draft.session;
  if (turn.state !== 'running' || turn.id !== event['turn'] || turn.cancelling) return true;
  draft.session.turn = { ...turn, cancelling: true };
  closeOpenCalls(draft, 'cancelled');
  hold(draft.session, WORDS.queueStopped);
  return true;
};

export const foldTurnEnded = (draft: Draft, event: Fields): boolean => {
  const { turn: id, reason } = event;
  if (!isText(id) || !isText(reason)) return false;
  const { turn } = draft.session;
  // Another one runs, or this one has ended already: a turn ends once.
  if (turn.state === 'running' ? turn.id !== id : turn.last?.id === id) return true;
  const error = readError(event['error']);
  const asked = turn.state === 'running' && turn.cancelling;
  closeOpenCalls(draft, asked || reason === 'cancelled' ? 'cancelled' : 'abandoned');
  const end: TurnEnd = { id, reason, ...(error === undefined ? {} : { error }) };
  const notice = noticeOf(end, asked);
  if (notice !== undefined) draft.add(notice);
  noteEnd(draft, reason, notice?.title);
  draft.session.turn = { state: 'idle', last: end, from: draft.count };
  // What waits was meant for an agent that did what was asked before. A stop has held the queue already, and what was
  // asked since then is meant to follow it.
  if (reason !== 'end_turn' && !asked) hold(draft.session, WORDS.queueFailed);
  return true;
};

const noticeOf = ({ reason, error }: TurnEnd, asked: boolean): Extract<NewEntry, { kind: 'notice' }> | undefined => {
  switch (reason) {
    case 'end_turn':
      return undefined;
    case 'cancelled':
      return { kind: 'notice', severity: 'info', title: asked ? WORDS.stopped : WORDS.agentStopped };
    case 'refusal':
      return { kind: 'notice', severity: 'warning', title: WORDS.refused };
    case 'max_tokens':
      return { kind: 'notice', severity: 'warning', title: WORDS.tokens };
    case 'max_turn_requests':
      return { kind: 'notice', severity: 'warning', title: WORDS.requests };
    case 'failed':
    case 'agent gone': {
      const title = error?.message ?? (reason === 'failed' ? WORDS.failed : WORDS.gone);
      return { kind: 'notice', severity: 'error', title, ...defined({ description: error?.next }) };
    }
    case 'unknown': {
      const title = error?.message ?? WORDS.unknownEnd;
      return { kind: 'notice', severity: 'warning', title, ...defined({ description: error?.next }) };
    }
    default:
      return { kind: 'notice', severity: 'info', title: WORDS.otherEnd, description: reason };
  }
};

const readError = (value: unknown): TurnError | undefined => {
  if (!isFields(value) || !isText(value['message'])) return undefined;
  return { message: value['message'], ...defined({ code: countOf(value['code']), next: textOf(value['next']) }) };
};

const firstLine = (text: string): string => {
  const [line = ''] = text
    .trimStart()
    .slice(0, titleLength * 4)
    .split(/[\r\n]/u, 1);
  // By characters: half of a pair is a broken letter.
  return Array.from(line.trim()).slice(0, titleLength).join('');
};
