/**
 * The lines of a journal: one JSON object each.
 *
 * L1 Total: whatever a line holds, reading it gives a record or undefined and never throws.
 * L2 Exact: a logged event is read back as it was. One that carries the agent's own line is that line, spliced in as it
 *    came and read by the reader that read it first; no second copy is made of it.
 * L3 Unknown keys are left alone, a record that nobody knows is an event of kind `unknown`, and a newer schema is named.
 */
import type { Logged, SessionEvent } from '../model/event.ts';
import { isCount, isFields, isText, textOf, type Fields } from '../model/fold/read.ts';
import { LARGE } from '../model/large.ts';
import type { Cursor, SessionKey } from '../model/session.ts';
import { readUpdate } from '../protocol/acp/update.ts';
import { JOURNAL_LIMITS, JOURNAL_SCHEMA, type SessionHeader } from './journal.ts';

/** Keeps a text apart and returns its name. */
export type Keep = (text: string) => string;

/** Where a text stood that is kept apart. */
export interface Kept {
  readonly at: readonly (string | number)[];
  readonly name: string;
}

export type JournalRecord =
  /** The first line of a segment; `after` is the number of the last event before it. */
  | { readonly kind: 'header'; readonly header: SessionHeader; readonly after: number }
  | { readonly kind: 'logged'; readonly logged: Logged; readonly kept: readonly Kept[] }
  | { readonly kind: 'closed' }
  | { readonly kind: 'newer'; readonly schema: number };

export const encodeHeader = (header: SessionHeader, after: number): string =>
  JSON.stringify({ wheelhouse: 'journal', schema: JOURNAL_SCHEMA, after, header });

export const encodeClosed = (seq: number): string => JSON.stringify({ closed: seq });

export const encodeLogged = (logged: Logged, keep: Keep): string => {
  const { seq, at, event, raw, cursor } = logged;
  const place = cursor === undefined ? { seq, at } : { seq, at, cursor };
  const spliced = raw === undefined || raw.length > JOURNAL_LIMITS.value || raw.includes('\n') ? undefined : raw;
  if (spliced !== undefined && readsFromLine(event)) return splice(place, spliced);
  try {
    const whole = { ...place, event };
    // A text is never longer than the JSON that it stands in.
    if (spliced !== undefined) return splice(whole, spliced);
    const line = JSON.stringify(whole);
    if (line.length <= JOURNAL_LIMITS.value) return line;
    const { value, kept } = takeOut(event, keep);
    return kept.length === 0 ? line : JSON.stringify({ ...place, kept, event: value });
  } catch {
    // Something that is no JSON: it must not keep what comes after it from being stored.
    return JSON.stringify({ seq, at, event: { kind: 'gap', why: 'An event could not be stored.', lost: 1 } });
  }
};

/** The events that a backend makes of a line by reading it, and by nothing else that it remembers. */
const readsFromLine = (event: SessionEvent): boolean => event.kind === 'update' || event.kind === 'unknown';

const LINE = ',"line":';

/** `length` is that of the spliced line, which is so found again without a second look at what is in it. */
const splice = (fields: object, raw: string): string =>
  `${JSON.stringify({ ...fields, length: raw.length }).slice(0, -1)}${LINE}${raw}}`;

export const decodeRecord = (line: string): JournalRecord | undefined => {
  const fields = parse(line);
  if (fields === undefined) return undefined;
  if ('wheelhouse' in fields) return decodeHeader(fields);
  if (isSeq(fields['seq'])) return decodeLogged(fields, fields['seq'], line);
  return isSeq(fields['closed']) || fields['closed'] === 0 ? { kind: 'closed' } : undefined;
};

export const parse = (line: string): Fields | undefined => {
  try {
    const value: unknown = JSON.parse(line);
    return isFields(value) ? value : undefined;
  } catch {
    return undefined;
  }
};

const isSeq = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) > 0;

/** The schema, where it is one that this reader does not know. */
export const newerSchema = ({ schema }: Fields): number | undefined =>
  isCount(schema) && schema > JOURNAL_SCHEMA ? schema : undefined;

const decodeHeader = (fields: Fields): JournalRecord | undefined => {
  const schema = newerSchema(fields);
  if (schema !== undefined) return { kind: 'newer', schema };
  const header = readHeader(fields['header']);
  const { after } = fields;
  if (header === undefined || !isCount(after)) return undefined;
  return { kind: 'header', header, after };
};

export const readHeader = (value: unknown): SessionHeader | undefined => {
  if (!isFields(value)) return undefined;
  const { key, backend, agentLabel, title, cwd, machine, createdAt, epoch, owns } = value;
  if (!isText(key) || !isText(backend) || !isText(cwd) || !isText(epoch)) return undefined;
  return {
    key: key as SessionKey,
    backend,
    agentLabel: textOf(agentLabel) ?? backend,
    title: textOf(title) ?? '',
    cwd,
    ...(isText(machine) ? { machine } : {}),
    createdAt: isCount(createdAt) ? createdAt : 0,
    epoch,
    owns: readOwns(owns),
  };
};

const readOwns = (value: unknown): SessionHeader['owns'] => {
  const owner = (name: string): 'us' | 'them' => (isFields(value) && value[name] === 'them' ? 'them' : 'us');
  return { history: owner('history'), queue: owner('queue'), questions: owner('questions') };
};

const decodeLogged = (fields: Fields, seq: number, line: string): JournalRecord => {
  const { at, cursor } = fields;
  const raw = rawOf(line, fields['length']);
  const logged = {
    seq,
    at: isCount(at) ? at : 0,
    event: decodeEvent(fields),
    ...(raw === undefined ? {} : { raw }),
    ...(isText(cursor) ? { cursor: cursor as Cursor } : {}),
  };
  return { kind: 'logged', logged, kept: readKept(fields['kept']) };
};

const rawOf = (line: string, length: unknown): string | undefined => {
  if (!isCount(length)) return undefined;
  const from = line.length - 1 - length;
  return line.endsWith(LINE, from) ? line.slice(from, -1) : undefined;
};

const decodeEvent = (fields: Fields): SessionEvent => {
  const { event, line } = fields;
  // The fold trusts no event: one with a kind is one.
  if (isFields(event) && isText(event['kind'])) return event as unknown as SessionEvent;
  if (!isFields(line)) return { kind: 'unknown', name: 'journal', value: fields };
  const { params } = line;
  return readUpdate(isFields(params) ? params['update'] : undefined);
};

export const readKept = (value: unknown): readonly Kept[] =>
  Array.isArray(value)
    ? value.flatMap((item: unknown) => {
        if (!isFields(item) || !isText(item['name']) || !Array.isArray(item['at'])) return [];
        const at = item['at'].filter((step): step is string | number => isText(step) || isCount(step));
        return [{ at, name: item['name'] }];
      })
    : [];

/** The names of all large texts that a line tells of by their marks. */
export const namesIn = (line: string): readonly string[] =>
  line.includes(LARGE) ? [...line.matchAll(NAMES)].map(([, name = '']) => name) : [];
const NAMES = new RegExp(`${LARGE}([0-9a-f]{64})`, 'gu');

/** The value without its long texts, which are kept apart; what holds none of them is not copied. */
export const takeOut = (value: unknown, keep: Keep): { readonly value: unknown; readonly kept: readonly Kept[] } => {
  const kept: Kept[] = [];
  const without = (inner: unknown, at: readonly (string | number)[]): unknown => {
    if (isText(inner)) {
      if (inner.length <= JOURNAL_LIMITS.value) return inner;
      kept.push({ at, name: keep(inner) });
      return '';
    }
    if (Array.isArray(inner)) {
      const copy = inner.map((item: unknown, index) => without(item, [...at, index]));
      return copy.some((item, index) => item !== inner[index]) ? copy : inner;
    }
    if (!isFields(inner)) return inner;
    const copy = Object.entries(inner).map(([name, item]) => [name, without(item, [...at, name])] as const);
    return copy.some(([name, item]) => item !== inner[name]) ? Object.fromEntries(copy) : inner;
  };
  return { value: without(value, []), kept };
};

/** Puts a text back where it stood, in a value that nobody else has seen yet. */
export const putBack = (value: unknown, { at }: Kept, text: string): void => {
  const steps = [...at];
  const last = steps.pop();
  let place: unknown = value;
  for (const step of steps) place = inside(place, step);
  if (last === undefined || typeof place !== 'object' || place === null || !Object.hasOwn(place, last)) return;
  Object.defineProperty(place, last, { value: text, writable: true, enumerable: true, configurable: true });
};

const inside = (value: unknown, step: string | number): unknown =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, step)
    ? (value as Readonly<Record<string | number, unknown>>)[step]
    : undefined;
