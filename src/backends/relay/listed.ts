import type { SessionKey } from '../../model/session.ts';
import type { SessionState, Summary } from '../../model/summary.ts';
import { isFields, isText, listOf, textOf } from '../../model/fold/read.ts';

/** A row of `list_sessions`; what newer servers add is absent where they did not. */
export interface RelayRow {
  readonly id: string;
  readonly title: string;
  /** ms since 1970. */
  readonly updatedAt?: number;
  readonly busy: boolean;
  readonly cwd?: string;
  readonly agent?: string;
  readonly live: boolean;
  /** It asks somebody something. */
  readonly waiting: boolean;
  /** Made just now, and in no list yet. */
  readonly fresh?: true;
}

/** One of which nothing is known but that it is there. */
export const newRow = (id: string): RelayRow => ({ id, title: '', busy: false, live: true, waiting: false });

/** Total: what has no id is left out. */
export const readRows = (answer: unknown): readonly RelayRow[] =>
  (isFields(answer) ? (listOf(answer['sessions']) ?? []) : []).flatMap((row): readonly RelayRow[] => {
    if (!isFields(row) || !isText(row['id'])) return [];
    const { id, updatedAt, busy, cwd, agent, live, waiting } = row;
    const title = textOf(row['title']) ?? '';
    const time = isText(updatedAt) ? Date.parse(updatedAt) : Number.NaN;
    return [
      {
        id,
        // A server that has no name for it says its id instead.
        title: title === id ? '' : title,
        busy: busy === true,
        live: live !== false,
        waiting: waiting === true,
        ...(Number.isNaN(time) ? {} : { updatedAt: time }),
        ...(isText(cwd) ? { cwd } : {}),
        ...(isText(agent) ? { agent } : {}),
      },
    ];
  });

/** A row of the list of a session that is not followed; `cut`: how the connection is, where it is not there. */
export const summaryOf = (
  { title, cwd = '', updatedAt = 0, live, waiting, busy }: RelayRow,
  about: { readonly key: SessionKey; readonly label: string; readonly agentLabel: string },
  cut: SessionState | undefined,
): Summary => {
  const awake = waiting ? 'Waiting for you' : busy ? 'Working' : 'Ready';
  return {
    key: about.key,
    title,
    agentLabel: about.agentLabel,
    machine: about.label,
    cwd,
    state: live ? (cut ?? awake) : 'Disconnected',
    questions: waiting ? 1 : 0,
    createdAt: updatedAt,
    changedAt: updatedAt,
    ...(live ? {} : { asleep: true }),
  };
};
