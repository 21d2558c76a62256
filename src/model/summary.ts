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
  readonly state: SessionState;
  readonly detail?: string;
  readonly questions: number;
  readonly changedAt: number;
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
      return 'Connecting';
    case 'replaying':
      return 'Replaying';
    case 'ready':
      if (session.questions.length > 0) return 'Waiting for you';
      return session.turn.state === 'running' ? 'Working' : 'Ready';
  }
};

export const summary = (session: Session): Summary => {
  const detail =
    session.link.state === 'reconnecting' && session.link.behind !== undefined
      ? `${session.link.behind} behind`
      : session.link.detail;
  return {
    key: session.key,
    title: session.title,
    agentLabel: session.agentLabel,
    cwd: session.cwd,
    state: stateOf(session),
    ...(detail === undefined ? {} : { detail }),
    questions: session.questions.length,
    changedAt: session.changedAt,
  };
};

/** Two summaries that a list would draw alike; `changedAt` moves with every chunk and alone is no difference. */
export const sameSummary = (a: Summary, b: Summary): boolean =>
  a.key === b.key &&
  a.title === b.title &&
  a.agentLabel === b.agentLabel &&
  a.cwd === b.cwd &&
  a.state === b.state &&
  a.detail === b.detail &&
  a.questions === b.questions;
