/**
 * A fold as lines: one for the session, one for each page of entries, so that neither writing nor reading a long one is
 * a single long task. Whoever stores them sees to it that they come back whole or not at all.
 */
import { eachEntry, PAGE, paged, type Entries, type Entry } from '../model/entry.ts';
import { isCount, isFields, isText } from '../model/fold/read.ts';
import { emptySession, type Session } from '../model/session.ts';
import { JOURNAL_LIMITS, JOURNAL_SCHEMA } from './journal.ts';
import { type Keep, type Kept, newerSchema, parse, readHeader, readKept, takeOut } from './journalLine.ts';

/** `segment`: the journal goes on in this one, and in those after it. */
export function* encodeSnapshot(session: Session, segment: number, keep: Keep): Generator<string> {
  const { entries, ...rest } = session;
  yield encode({ wheelhouse: 'snapshot', schema: JOURNAL_SCHEMA, segment, pages: entries.length }, rest, keep);
  for (const page of entries) yield encode({}, page, keep);
}

const encode = (fields: object, value: unknown, keep: Keep): string => {
  const line = JSON.stringify({ ...fields, value });
  if (line.length <= JOURNAL_LIMITS.value) return line;
  const { value: light, kept } = takeOut(value, keep);
  return kept.length === 0 ? line : JSON.stringify({ ...fields, kept, value: light });
};

export interface SnapshotLine {
  readonly value: unknown;
  readonly kept: readonly Kept[];
}

export interface SnapshotHead extends SnapshotLine {
  readonly segment: number;
  readonly pages: number;
}

/** A number is a schema that this reader does not know; undefined is no head at all. */
export const decodeSnapshotHead = (line: string): SnapshotHead | number | undefined => {
  const fields = parse(line);
  if (fields?.['wheelhouse'] !== 'snapshot') return undefined;
  const { segment, pages, value, kept } = fields;
  const newer = newerSchema(fields);
  if (newer !== undefined) return newer;
  return isCount(segment) && isCount(pages) ? { segment, pages, value, kept: readKept(kept) } : undefined;
};

export const decodeSnapshotPage = (line: string): SnapshotLine | undefined => {
  const fields = parse(line);
  return fields && { value: fields['value'], kept: readKept(fields['kept']) };
};

/** What the lines held, after the texts that were kept apart are back in it. Undefined: it is no session. */
export const readSnapshot = (head: unknown, pages: readonly unknown[]): Session | undefined => {
  if (!isFields(head) || !isFields(head['at'])) return undefined;
  const { epoch, seq } = head['at'];
  const header = readHeader({ ...head, epoch });
  if (header === undefined || !isCount(seq)) return undefined;
  const entries = pages.every((page): page is readonly Entry[] => Array.isArray(page) && page.every(isEntry))
    ? inOurPages(pages)
    : undefined;
  // What a later version added to sessions within the same schema is missing here, and has its first value.
  return entries && { ...emptySession(header), ...head, at: { epoch: header.epoch, seq }, entries };
};

const isEntry = (value: unknown): value is Entry =>
  isFields(value) && isText(value['id']) && isText(value['kind']) && isCount(value['seq']);

/** Places are counted by pages of one size; another version may have had another. */
const inOurPages = (pages: Entries): Entries =>
  pages.slice(0, -1).every((page) => page.length === PAGE) && (pages.at(-1)?.length ?? 0) <= PAGE
    ? pages
    : paged([...eachEntry(pages)]);
