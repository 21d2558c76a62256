const MARK = '\uFEFF';

export const withoutMark = (text: string): string => (text.startsWith(MARK) ? text.slice(1) : text);

/** The same lines, whatever ends them: an editor holds one kind of line end and so never compares equal to a mixed file. */
export const sameLines = (a: string, b: string): boolean => a === b || withLineFeeds(a) === withLineFeeds(b);

export const withLineFeeds = (text: string): string => text.replace(/\r\n?/gu, '\n');

export const endLinesWith = (text: string, end: '\n' | '\r\n'): string => {
  const lines = withLineFeeds(text);
  return end === '\r\n' ? lines.replaceAll('\n', '\r\n') : lines;
};

/** What most of the lines end with, as an editor takes it for the whole. Undefined: there is no end in it. */
export const lineEndOf = (text: string): '\n' | '\r\n' | undefined => {
  const all = text.split('\n').length - 1;
  if (all === 0) return undefined;
  const both = text.split('\r\n').length - 1;
  return both > all / 2 ? '\r\n' : '\n';
};

/** Whether a text, or none, is still what somebody has seen there. Null: they saw none; undefined: they have not looked. */
export const isAsSeen = (seen: string | null | undefined, now: string | undefined): boolean =>
  seen === undefined || (seen === null || now === undefined ? (seen ?? undefined) === now : sameLines(seen, now));
