import type { Emitted, SessionEvent } from '../model/event.ts';
import { isFields, isText } from '../model/fold/read.ts';
import { shortText } from '../model/large.ts';
import { JOURNAL_LIMITS } from './journal.ts';

/** Keeps a text apart and returns its name; undefined where there is no place for it. */
export type KeepLarge = (text: string) => string | undefined;

/**
 * What an agent said, with its large texts kept apart; the same object where it has none. Its line goes with them, since
 * it holds them as well. What a person said or is asked stays whole: it is sent, or agreed to, as it is.
 */
export const keptApart = (emitted: Emitted, keep: KeepLarge): Emitted => {
  const { event, raw } = emitted;
  if ((raw !== undefined && raw.length <= JOURNAL_LIMITS.value) || !isOfAgent(event)) return emitted;
  const short = shortened(event, keep);
  return short === event ? emitted : { event: short };
};

const isOfAgent = (event: SessionEvent): boolean =>
  event.kind === 'unknown' || (event.kind === 'update' && event.update.sessionUpdate !== 'user_message_chunk');

/** Of the same shape: only texts become other texts. */
const shortened = <T>(value: T, keep: KeepLarge): T => changed(value, keep) as T;

const changed = (value: unknown, keep: KeepLarge): unknown => {
  if (isText(value)) {
    const name = value.length > JOURNAL_LIMITS.value ? keep(value) : undefined;
    return name === undefined ? value : shortText(value, name);
  }
  if (Array.isArray(value)) {
    const copy = value.map((item: unknown) => changed(item, keep));
    return copy.some((item, index) => item !== value[index]) ? copy : value;
  }
  if (!isFields(value)) return value;
  const copy = Object.entries(value).map(([name, item]) => [name, changed(item, keep)] as const);
  return copy.some(([name, item]) => item !== value[name]) ? Object.fromEntries(copy) : value;
};
