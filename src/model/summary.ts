import type { Session, SessionKey } from './session.ts';

/** The eight words that a person reads, in the order of how much they want attention. */
export type SessionState =
  | 'Failed'
  | 'Waiting for you'
  | 'Disconnected'
  | 'Reconnecting'
  | 'Connecting'
  | 'Replaying'
  | 'Working'
  | 'Ready';

/** What a list shows: the tree, the badge, the status bar and a phone's list are fed by its differences. */
export interface Summary {
  readonly key: SessionKey;
  readonly title: string;
  readonly agentLabel: string;
  readonly cwd: string;
  /** As in {@link Session}. */
  readonly machine?: string;
  readonly state: SessionState;
  readonly detail?: string;
  readonly questions: number;
  readonly createdAt: number;
  readonly changedAt: number;
  /** On disk only: nothing of it is in memory until somebody looks at it. */
  readonly asleep?: true;
  /** Asleep here, and open in another window. */
  readonly elsewhere?: true;
  readonly pinned?: true;
  readonly archived?: true;
}

export const stateOf = (session: Session): SessionState => {
  switch (session.link.state) {
    case 'failed':
      return 'Failed';
    case 'disconnected':
      return 'Disconnected';
    case 'reconnecting':
      return 'Reconnecting';
    case 'connecting':
      // It wants the person to sign in before it goes on.
      return session.questions.length > 0 ? 'Waiting for you' : 'Connecting';
    case 'replaying':
      return 'Replaying';
    case 'ready':
      if (session.questions.length > 0) return 'Waiting for you';
      return session.turn.state === 'running' ? 'Working' : 'Ready';
  }
};

export const summary = (session: Session): Summary => {
  const detail = detailOf(session.link);
  return {
    key: session.key,
    title: session.title,
    agentLabel: session.agentLabel,
    cwd: session.cwd,
    ...(session.machine === undefined ? {} : { machine: session.machine }),
    state: stateOf(session),
    ...(detail === undefined ? {} : { detail }),
    questions: session.questions.length,
    createdAt: session.createdAt,
    changedAt: session.changedAt,
  };
};

/** Whether something would be lost if it ended now. */
export const isBusy = ({ state }: Pick<Summary, 'state'>): boolean =>
  state === 'Working' || state === 'Waiting for you' || state === 'Connecting' || state === 'Replaying';

const detailOf = ({ state, detail, behind, replayed, silent }: Session['link']): string | undefined => {
  if (state === 'reconnecting' && behind !== undefined) return `${behind} behind`;
  if (replayed !== undefined) return `replayed to ${replayed}`;
  return silent === undefined ? detail : `silent for ${silent} s`;
};

/** Two summaries that a list would draw alike; `changedAt` moves with every chunk and alone is no difference. */
export const sameSummary = (a: Summary, b: Summary): boolean =>
  a.key === b.key &&
  a.title === b.title &&
  a.agentLabel === b.agentLabel &&
  a.cwd === b.cwd &&
  a.state === b.state &&
  a.detail === b.detail &&
  a.questions === b.questions &&
  a.asleep === b.asleep &&
  a.elsewhere === b.elsewhere &&
  a.pinned === b.pinned &&
  a.archived === b.archived;
