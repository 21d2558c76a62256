/**
 * A session as a file that may be shown to strangers and played again: JSON lines, the first one a head, then an event
 * a line. Paths, secrets, images and files are taken out; everything else is as it was, so that it replays.
 */
import { MASK, type Private, type Redact, redactor } from '../base/redact.ts';
import type { SessionEvent } from '../model/event.ts';
import { isFields, isText } from '../model/fold/read.ts';
import { JOURNAL_SCHEMA, type Stored } from './journal.ts';
import { retell } from './retell.ts';

/** A picture of one transparent point. */
const POINT = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNkYAAAAAYAAjCB0C8AAAAASUVORK5CYII=';

/** What of a session is exported: as it was read, or a live one as its own snapshot with an empty tail. */
export type Exported = Pick<Stored, 'header' | 'snapshot' | 'tail'>;

export function* exportSession({ header, snapshot, tail }: Exported, what: Private): Generator<string> {
  const { one, across } = redactor(what);
  const told = [...(snapshot === undefined ? [] : retell(snapshot)), ...tail];
  const start = told[0]?.at ?? header.createdAt;
  const { agentLabel, backend, cwd } = header;
  yield JSON.stringify({
    wheelhouse: 'session',
    schema: JOURNAL_SCHEMA,
    agent: one(agentLabel),
    backend: one(backend),
    cwd: one(cwd),
    title: one(snapshot?.title ?? header.title),
  });
  const pieces = redactPieces(
    told.map(({ event }) => event),
    across,
  );
  for (const [index, { at }] of told.entries()) {
    const event = pieces[index];
    // Milliseconds since the first one: when somebody worked is nobody's business.
    if (event !== undefined) yield JSON.stringify({ at: Math.max(0, at - start), event: redactValue(event, one) });
  }
}

/** The text of messages, which comes in pieces, without what is secret in the whole of it. */
const redactPieces = (
  events: readonly SessionEvent[],
  across: (texts: readonly string[]) => string[],
): SessionEvent[] => {
  const streams = new Map<string, number[]>();
  for (const [index, event] of events.entries()) {
    const text = chunkText(event);
    if (event.kind !== 'update' || text === undefined) continue;
    const stream = event.update.sessionUpdate;
    streams.set(stream, [...(streams.get(stream) ?? []), index]);
  }
  const redacted = [...events];
  for (const places of streams.values()) {
    const texts = across(places.map((place) => chunkText(events[place]) ?? ''));
    for (const [nth, place] of places.entries()) {
      const event = events[place];
      if (event !== undefined) redacted[place] = withChunkText(event, texts[nth] ?? '');
    }
  }
  return redacted;
};

const chunkText = (event: SessionEvent | undefined): string | undefined => {
  if (event?.kind !== 'update' || !('content' in event.update)) return undefined;
  const { content } = event.update;
  return isFields(content) && content['type'] === 'text' && isText(content['text']) ? content['text'] : undefined;
};

const withChunkText = (event: SessionEvent, text: string): SessionEvent => {
  if (event.kind !== 'update' || !('content' in event.update) || !isFields(event.update.content)) return event;
  return { ...event, update: { ...event.update, content: { ...event.update.content, text } } } as SessionEvent;
};

/** Every text in it, the names of fields included: some agents use paths as such. */
const redactValue = (value: unknown, redact: Redact): unknown => {
  if (isText(value)) return redact(value);
  if (Array.isArray(value)) return value.map((item: unknown) => redactValue(item, redact));
  if (!isFields(value)) return value;
  const fields = Object.entries(bare(value)).map(([name, inner]) => [
    redact(name),
    name === 'env' || name === 'headers' ? masked(inner) : redactValue(inner, redact),
  ]);
  return Object.fromEntries(fields) as unknown;
};

/** Without bytes of any kind: what is in them cannot be looked through. */
const bare = (value: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> => {
  if (value['type'] === 'image' && isText(value['data'])) return { ...value, data: POINT, mimeType: 'image/png' };
  if (value['type'] === 'audio' && isText(value['data'])) return { ...value, data: '' };
  if (isText(value['blob'])) return { ...value, blob: '' };
  // A terminal's end begins anywhere, in the midst of a secret too.
  if (value['kind'] === 'terminal/changed' && isFields(value['terminal']))
    return { ...value, terminal: { ...value['terminal'], tail: '' } };
  return value;
};

/** All values of an environment or of headers, which may be a record or a list of names and values. */
const masked = (value: unknown): unknown => {
  if (isText(value)) return MASK;
  if (Array.isArray(value)) return value.map((item: unknown) => (isFields(item) ? { ...item, value: MASK } : MASK));
  if (!isFields(value)) return value;
  return Object.fromEntries(Object.keys(value).map((name) => [name, MASK]));
};
