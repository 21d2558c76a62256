/** Replace `[start, end)` of the old text by `text`; offsets are UTF-16. */
export interface MinimalEdit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

const isHighSurrogate = (code: number): boolean => code >= 0xd800 && code <= 0xdbff;
const isLowSurrogate = (code: number): boolean => code >= 0xdc00 && code <= 0xdfff;
const CR = 0x0d;
const LF = 0x0a;

/** An editor counts a CRLF and a surrogate pair as one: an edit that begins inside of one would be moved by it. */
const splits = (text: string, at: number): boolean => {
  const before = text.charCodeAt(at - 1);
  const after = text.charCodeAt(at);
  return (before === CR && after === LF) || (isHighSurrogate(before) && isLowSurrogate(after));
};

/**
 * The one replacement that turns `before` into `after`, between their common beginning and their common end, so that
 * cursors, folds and decorations outside of it stay where they are. `undefined` when both are equal.
 */
export const minimalEdit = (before: string, after: string): MinimalEdit | undefined => {
  if (before === after) return undefined;
  const shorter = Math.min(before.length, after.length);
  let start = 0;
  while (start < shorter && before.charCodeAt(start) === after.charCodeAt(start)) start += 1;
  while (start > 0 && (splits(before, start) || splits(after, start))) start -= 1;

  let tail = 0;
  while (
    tail < shorter - start &&
    before.charCodeAt(before.length - 1 - tail) === after.charCodeAt(after.length - 1 - tail)
  )
    tail += 1;
  while (tail > 0 && (splits(before, before.length - tail) || splits(after, after.length - tail))) tail -= 1;
  return { start, end: before.length - tail, text: after.slice(start, after.length - tail) };
};
