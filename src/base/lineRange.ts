import { Failure } from './failure.ts';

/**
 * Some lines of a text, with their ends exactly as they are (ACP `fs/read_text_file`).
 *
 * `line` is 1-based, `limit` a count of lines. Past the end there is nothing, and that is no error. A line ends after
 * its line feed: a lone carriage return ends none, since no agent counts it as one.
 */
export const lineRange = (text: string, range: { readonly line?: number; readonly limit?: number }): string => {
  const start = afterLines(text, 0, (range.line ?? 1) - 1);
  const end = range.limit === undefined ? text.length : afterLines(text, start, range.limit);
  return text.slice(start, end);
};

const afterLines = (text: string, from: number, count: number): number => {
  let at = from;
  for (let passed = 0; passed < count; passed += 1) {
    const feed = text.indexOf('\n', at);
    if (feed === -1) return text.length;
    at = feed + 1;
  }
  return at;
};

/** @throws Failure `invalid` for what no count of lines can be */
export const requireRange = ({ line, limit }: { readonly line?: number; readonly limit?: number }): void => {
  requireCount(line, 1, 'line');
  requireCount(limit, 0, 'limit');
};

const requireCount = (value: number | undefined, least: number, name: string): void => {
  if (value === undefined || (Number.isSafeInteger(value) && value >= least)) return;
  throw new Failure('invalid', `“${name}” must be a whole number from ${least} on.`);
};
