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
