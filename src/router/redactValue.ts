import { MASK } from '../base/mask.ts';
import type { Redact } from '../base/redact.ts';
import { isFields, isText } from '../model/fold/read.ts';

/** A picture of one transparent point. */
const POINT = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNkYAAAAAYAAjCB0C8AAAAASUVORK5CYII=';

/** Fields that hold nothing but secrets, whatever they look like. */
const WHOLLY_SECRET =
  /^(?:env|headers)$|(?:authorization|cookie|passw(?:or)?d|passphrase|secret|token|api[-_]?key|access[-_]?key|credentials?)$/iu;

/** Every text in it, the names of fields included: some agents use paths as such. */
export const redactValue = (value: unknown, redact: Redact): unknown => {
  if (isText(value)) return redact(value);
  if (Array.isArray(value)) return value.map((item: unknown) => redactValue(item, redact));
  if (!isFields(value)) return value;
  const fields = Object.entries(bare(value)).map(([name, inner]) => [
    redact(name),
    WHOLLY_SECRET.test(name) ? masked(inner) : redactValue(inner, redact),
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

/** All values of an environment or of headers, which may be a record or a list of names and values. Numbers count things. */
export const masked = (value: unknown): unknown => {
  if (isText(value)) return MASK;
  if (Array.isArray(value)) return value.map((item: unknown) => (isFields(item) ? { ...item, value: MASK } : MASK));
  if (!isFields(value)) return value;
  return Object.fromEntries(Object.keys(value).map((name) => [name, MASK]));
};
