import { isCount, isFields, isText, textOf } from '../model/fold/read.ts';
import type { Session, SessionKey } from '../model/session.ts';
import { stateOf, type SessionState } from '../model/summary.ts';
import { JOURNAL_SCHEMA, type Flags, type StoredSummary } from './journal.ts';

/** What a list shows of a session, apart from what others may change. */
export type ShownSummary = Omit<StoredSummary, keyof Flags | 'elsewhere'>;

export const shownSummary = (session: Session): ShownSummary => {
  const { key, backend, agentLabel, title, cwd, machine, createdAt, changedAt } = session;
  const where = machine === undefined ? { cwd } : { cwd, machine };
  return { key, backend, agentLabel, title, ...where, createdAt, changedAt, state: stateOf(session) };
};

export const encodeSummary = (summary: ShownSummary): string =>
  JSON.stringify({ wheelhouse: 'summary', schema: JOURNAL_SCHEMA, ...summary });

/** Loose, whatever its schema: a list may show what cannot be opened. */
export const readSummary = (value: unknown): ShownSummary | undefined => {
  if (!isFields(value)) return undefined;
  const { key, backend, agentLabel, title, cwd, machine, createdAt, changedAt, state } = value;
  if (!isText(key) || !isText(backend) || !isText(cwd) || !isCount(createdAt)) return undefined;
  return {
    key: key as SessionKey,
    backend,
    agentLabel: textOf(agentLabel) ?? backend,
    title: textOf(title) ?? '',
    cwd,
    ...(isText(machine) ? { machine } : {}),
    createdAt,
    changedAt: isCount(changedAt) ? changedAt : createdAt,
    state: isState(state) ? state : 'Disconnected',
  };
};

const states: ReadonlySet<unknown> = new Set<SessionState>([
  'Failed',
  'Waiting for you',
  'Disconnected',
  'Reconnecting',
  'Connecting',
  'Replaying',
  'Working',
  'Ready',
]);
const isState = (value: unknown): value is SessionState => states.has(value);

const noFlags: Flags = { pinned: false, archived: false };

export const readFlags = (value: unknown): Flags =>
  isFields(value) ? { pinned: value['pinned'] === true, archived: value['archived'] === true } : noFlags;
