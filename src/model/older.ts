/**
 * A session without its beginning: what is sent of a long one, and how the rest is put back in front of it.
 *
 * O1 Whatever events are folded into the end of a session, it stays the end of what the same events make of the whole.
 */
import { entryCount, PAGE, type Entries, type ToolEntry } from './entry.ts';
import type { Older, Position, Session } from './session.ts';

/**
 * The end of a session: at least so many entries, the running or last turn, and every call that is still open. Of one
 * that lacks its beginning itself, what it has at the most.
 */
export const endOf = (session: Session, least: number): Session => {
  const { entries, older } = session;
  const first = Math.min(pageOf(session.turnFrom), pageOf(entryCount(entries) - least), firstOpen(entries));
  if (first <= (older?.pages ?? 0)) return session;
  const held = entries.map((kept, number) => (number < first ? [] : kept));
  const { over, unfinished, compactions } = namesOf(entries, first);
  const names = {
    over: [...(older?.over ?? []), ...over],
    unfinished: [...(older?.unfinished ?? []), ...unfinished],
    compactions: [...(older?.compactions ?? []), ...compactions],
  };
  return { ...session, entries: held, older: { pages: first, ...names, changed: session.at.seq } };
};

const pageOf = (index: number): number => Math.floor(Math.max(0, index) / PAGE);

/** The end of a turn closes it, and nobody would know where it stands. */
const firstOpen = (entries: Entries): number => {
  const first = entries.findIndex((page) =>
    page.some((entry) => entry.kind === 'tool' && (entry.status === 'pending' || entry.status === 'in_progress')),
  );
  return first < 0 ? Number.POSITIVE_INFINITY : first;
};

const namesOf = (entries: Entries, first: number): Pick<Older, 'over' | 'unfinished' | 'compactions'> => {
  const calls = new Map<string, ToolEntry['status']>();
  const compactions = new Set<string>();
  for (const page of entries.slice(0, first)) {
    for (const entry of page) {
      if (entry.kind === 'tool') calls.set(entry.call, entry.status);
      else if (entry.kind === 'notice' && entry.compaction !== undefined) compactions.add(entry.compaction);
    }
  }
  const [over, unfinished]: [string[], string[]] = [[], []];
  for (const [call, status] of calls) (status === 'completed' || status === 'failed' ? over : unfinished).push(call);
  return { over, unfinished, compactions: [...compactions] };
};

/** A piece of what a surface lacked, as it stood at a position: pages from the number `from` on. */
export interface Piece {
  readonly at: Position;
  readonly from: number;
  readonly pages: Entries;
}

/**
 * What becomes of a session with a piece of its beginning. `early`: the session is not as far yet, and the piece fits
 * later. `outdated`: what it tells has changed since, and has to be asked for again. Undefined: it belongs to another state.
 */
export const joined = (session: Session, { at, from, pages }: Piece): Session | 'early' | 'outdated' | undefined => {
  const { older, ...rest } = session;
  if (older === undefined || at.epoch !== session.at.epoch || pages.length === 0) return undefined;
  if (from < 0 || from + pages.length !== older.pages) return undefined;
  if (at.seq > session.at.seq) return 'early';
  if (at.seq < older.changed) return 'outdated';
  const entries = session.entries.map((page, number) => (number < older.pages ? (pages[number - from] ?? page) : page));
  return from === 0 ? { ...rest, entries } : { ...session, entries, older: { ...older, pages: from } };
};
