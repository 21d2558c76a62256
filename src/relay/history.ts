/**
 * A session as it is, told in ACP's updates: for a client whose cursor is of no use. Source: the relay protocol, §9,
 * "replay".
 *
 * H1 A number is written only where all that was before it has been told, and nothing of what came after: whoever is cut
 *    off behind it goes on from there. What stands between two such places is one frame.
 * H2 What is told twice by that is told as it is, never as more of it.
 */
import { eachEntry, type Entry } from '../model/entry.ts';
import type { Session } from '../model/session.ts';
import { updatesOf } from '../router/retell.ts';
import { META } from '../protocol/relay/names.ts';
import { eventLine, type Line, optionLines, responseLine, updateLine } from './encode.ts';
import { isToolKind } from '../protocol/acp/toolKinds.ts';
import { askerOf } from './turnId.ts';

export interface Told {
  readonly seq: number;
  readonly lines: readonly Line[];
}

/** Empty for a session in which nothing was said. */
export const history = (session: Session): readonly Told[] => {
  const told: Told[] = [];
  let lines: Line[] = [...facts(session)];
  let changed = 0;
  let before: Entry | undefined;
  const entries = [...eachEntry(session.entries)];
  for (const [index, entry] of entries.entries()) {
    lines.push(...linesOf(session, entry, before));
    before = entry;
    changed = Math.max(changed, entry.changed);
    const next = entries[index + 1];
    if (next !== undefined && next.seq <= changed) continue;
    if (next === undefined) lines.push(...endOf(session));
    if (lines.length > 0) told.push({ seq: changed, lines });
    lines = [];
  }
  return told;
};

/** What was removed to save space is nowhere any more. */
export const isWhole = ({ entries }: Session): boolean => {
  const first = entries[0]?.[0];
  return first?.kind !== 'notice' || first.removed === undefined;
};

/** What no entry tells, and each client shows beside the transcript. */
export const facts = (session: Session): readonly Line[] => {
  const { key, title, commands, options, usage, terminals } = session;
  const lines: Line[] = [];
  const update = (fields: object): void => void lines.push(updateLine(key, fields));
  if (title !== '') update({ sessionUpdate: 'session_info_update', title });
  if (commands.length > 0) {
    const availableCommands = commands.map(({ name, description, hint }) => ({
      name,
      description,
      ...(hint === undefined ? {} : { input: { hint } }),
    }));
    update({ sessionUpdate: 'available_commands_update', availableCommands });
  }
  if (options.length > 0) lines.push(...optionLines(key, options));
  if (usage !== undefined) update({ sessionUpdate: 'usage_update', ...usage });
  for (const terminal of Object.values(terminals)) lines.push(eventLine(key, { kind: 'terminal/changed', terminal }));
  return lines;
};

const linesOf = (session: Session, entry: Entry, before: Entry | undefined): readonly Line[] => {
  const { key, turn } = session;
  const last = turn.state === 'running' ? turn.id : turn.last?.id;
  // Of an earlier turn the end is not told any more, and who is told of its beginning would wait for that.
  const isLast = entry.kind === 'user' && entry.turn !== undefined && entry.turn === last;
  const meta = isLast ? { [META.prompt]: askerOf(entry.turn, '') } : undefined;
  return updatesOf(entry, session).map((update) => {
    if ('sessionUpdate' in update) return updateLine(key, { ...update, ...corrected(entry, before) }, meta);
    const name = entry.kind === 'unknown' ? entry.name : entry.kind;
    return eventLine(key, { kind: 'unknown', name, value: update });
  });
};

/** What a client would take for something else. */
const corrected = (entry: Entry, before: Entry | undefined): object => {
  switch (entry.kind) {
    case 'tool': {
      const over = entry.status === 'cancelled' || entry.status === 'abandoned';
      return { ...(over ? { status: 'failed' } : {}), ...(isToolKind(entry.toolKind) ? {} : { kind: 'other' }) };
    }
    case 'agent':
    case 'thought':
    case 'user':
      // A second message of the same kind would be more of the first.
      return before?.kind === entry.kind && entry.messageId === undefined ? { messageId: entry.id } : {};
    default:
      return {};
  }
};

/** Whoever asked for the last turn may not have been there when it ended. */
const endOf = ({ turn }: Session): readonly Line[] => {
  if (turn.state === 'running' || turn.last === undefined) return [];
  const { id, reason, error } = turn.last;
  return [responseLine({ turn: id, reason, ...(error === undefined ? {} : { error }) })];
};
