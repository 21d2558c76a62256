import type { Decision, PlanItem, ToolStatus } from '../src/model/entry.ts';
import type { Session } from '../src/model/session.ts';
import { stateOf, type SessionState } from '../src/model/summary.ts';
import type { Setup } from '../src/protocol/view/messages.ts';
import type { Translate } from './l10n.ts';
import type { Chat } from './chat.ts';
import type { Store } from './store.ts';

export const stateWord = (state: SessionState, t: Translate): string => {
  switch (state) {
    case 'Ready':
      return t('Ready');
    case 'Working':
      return t('Working');
    case 'Waiting for you':
      return t('Waiting for you');
    case 'Connecting':
      return t('Connecting');
    case 'Replaying':
      return t('Replaying');
    case 'Reconnecting':
      return t('Reconnecting');
    case 'Disconnected':
      return t('Disconnected');
    case 'Failed':
      return t('Failed');
  }
};

/** The word, and after a comma what is known about it. */
export const stateText = (session: Session, t: Translate): string => {
  const word = stateWord(stateOf(session), t);
  const { link, turn } = session;
  if (link.state === 'reconnecting' && link.behind !== undefined) return t('{0}, {1} behind', word, link.behind);
  if (link.state === 'connecting' && link.again !== undefined)
    return t('{0}, started again in {1}', word, duration(link.again * 1_000, t));
  // What ended a session is said above the composer, with what can be done about it.
  const over = link.state === 'failed' || link.state === 'disconnected';
  if (link.state !== 'ready' && !over && link.detail !== undefined && link.detail !== '')
    return `${word}, ${stage(link.detail, t)}`;
  if (link.replayed !== undefined) return t('Replayed to {0}', link.replayed);
  if (link.state !== 'ready' || turn.state !== 'running') return word;
  if (turn.cancelling) return t('{0}, stopping', word);
  if (link.silent !== undefined && session.questions.length === 0)
    return t('{0}, silent for {1}', word, duration(link.silent * 1_000, t));
  return word;
};

/** How far the start of an agent is. What a backend of another kind says stays as it is. */
const stage = (detail: string, t: Translate): string => {
  switch (detail) {
    case 'starting':
      return t('starting');
    case 'initializing':
      return t('initializing');
    case 'signing in':
      return t('signing in');
    case 'opening the session':
      return t('opening the session');
    default:
      return detail;
  }
};

export const toolStatus = (status: ToolStatus, t: Translate): string => {
  switch (status) {
    case 'pending':
      return t('Pending');
    case 'in_progress':
      return t('Running');
    case 'completed':
      return t('Done');
    case 'failed':
      return t('Failed');
    case 'cancelled':
      return t('Cancelled');
    case 'abandoned':
      return t('No result');
  }
};

export const planStatus = (status: PlanItem['status'], t: Translate): string => {
  switch (status) {
    case 'completed':
      return t('done');
    case 'in_progress':
      return t('in progress');
    default:
      return t('to do');
  }
};

export const decisionText = (decision: Decision, { t, here }: Pick<Chat, 't' | 'here'>): string => {
  const by = decision.by === here ? t('you') : decision.by;
  switch (decision.outcome) {
    case 'allowed':
      return withOption(t('Allowed by {0}', by), decision);
    case 'rejected':
      return withOption(t('Rejected by {0}', by), decision);
    case 'cancelled':
      return decision.by === 'turn cancelled' ? t('Not answered: the turn was stopped') : t('Not answered: {0}', by);
  }
};

const withOption = (text: string, { option }: Decision): string =>
  option === undefined ? text : `${text} · ${option}`;

export const duration = (milliseconds: number, t: Translate): string => {
  const seconds = Math.max(1, Math.round(milliseconds / 1_000));
  return seconds < 60 ? t('{0} s', seconds) : t('{0} min {1} s', Math.floor(seconds / 60), seconds % 60);
};

/** A path as a person of this folder would say it; what lies outside keeps its whole path. */
export const pathIn = (folder: string | undefined, path: string): string => {
  if (folder === undefined || folder === '') return path;
  const [whole, root] = [path, folder].map((one) => one.replaceAll('\\', '/'));
  if (whole === undefined || root === undefined) return path;
  const start = root.endsWith('/') ? root : `${root}/`;
  return whole.startsWith(start) ? path.slice(start.length) : path;
};

/** `off`: it is not needed to drive. */
export type WheelState = 'off' | 'free' | 'mine' | 'theirs';

export const wheelState = ({ control }: Pick<Session, 'control'>, setup: Setup | undefined): WheelState => {
  if (control.lease !== true) return 'off';
  if (control.driver === undefined) return 'free';
  return control.driver === setup?.me ? 'mine' : 'theirs';
};

/** Why nothing can be written or answered here, where that is because somebody else has the wheel. */
export const wheelBar = ({ session, setup }: Pick<Store, 'session' | 'setup'>, t: Translate): string | undefined =>
  session.value !== undefined && wheelState(session.value, setup.value) === 'theirs'
    ? t('{0} has the wheel. Take it to go on here.', session.value.control.name ?? t('Another device'))
    : undefined;
