/**
 * A session as a file that may be shown to strangers and played again: JSON lines, the first one a head, then an event
 * a line. Paths, secrets, images and files are taken out; everything else is as it was, so that it replays.
 */
import { type Private, redactor } from '../base/redact.ts';
import type { SessionEvent } from '../model/event.ts';
import { isFields, isText } from '../model/fold/read.ts';
import { JOURNAL_SCHEMA, type Stored } from './journal.ts';
import { redactValue } from './redactValue.ts';
import { retell } from './retell.ts';

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
