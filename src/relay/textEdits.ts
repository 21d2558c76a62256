import { invalid } from './refusal.ts';

/** Lines and characters from 0, characters in UTF-16 units; what lies behind the end of its line or of the text is that end. */
interface Position {
  readonly line: number;
  readonly character: number;
}

interface TextEdit {
  readonly range: { readonly start: Position; readonly end: Position };
  readonly newText: string;
}

/**
 * The text with all the edits, whose ranges are those of the text as it is. Several at one place go in as they are listed.
 * @throws PeerError for ranges that overlap, go backwards or cut a character in two, and for what is no text
 */
export const applyTextEdits = (text: string, edits: readonly TextEdit[]): string => {
  const starts = lineStarts(text);
  const spans = edits.map(({ range, newText }) => {
    const [from, to] = [offsetOf(text, starts, range.start), offsetOf(text, starts, range.end)];
    if (to < from) throw invalid('A range ends before it begins.');
    if (NO_TEXT.test(newText)) throw invalid('What is to be written is no text.');
    return { from, to, newText };
  });
  const sorted = spans.toSorted((a, b) => a.from - b.from || a.to - b.to);
  let at = 0;
  const pieces: string[] = [];
  for (const { from, to, newText } of sorted) {
    if (from < at) throw invalid('Two ranges overlap.');
    pieces.push(text.slice(at, from), newText);
    at = to;
  }
  return [...pieces, text.slice(at)].join('');
};

/** NUL, and half a character: what the disk would get is another text. */
const NO_TEXT = /[\0\p{Surrogate}]/u;

const lineStarts = (text: string): readonly number[] => {
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return starts;
};

const offsetOf = (text: string, starts: readonly number[], { line, character }: Position): number => {
  const start = starts[line];
  if (start === undefined) return text.length;
  const next = starts[line + 1];
  // A line's end is no part of it.
  const end = next === undefined ? text.length : next - (text[next - 2] === '\r' ? 2 : 1);
  const at = Math.min(start + character, Math.max(start, end));
  if (at > start && isHigh(text.charCodeAt(at - 1)) && isLow(text.charCodeAt(at)))
    throw invalid('A range begins or ends within a character.');
  return at;
};

const isHigh = (code: number): boolean => code >= 0xd800 && code < 0xdc00;
const isLow = (code: number): boolean => code >= 0xdc00 && code < 0xe000;
