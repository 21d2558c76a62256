/** Where an open block that got too long can be frozen without tearing anything apart. */
import type { MarkedToken, Tokens } from 'marked';
import { asMarked, countNodes, MOST_NODES } from './block.ts';

export interface Cut {
  readonly head: string;
  /** What stays open; a table's begins with its head again, since rows without it are no table. */
  readonly rest: string;
}

/** `must` says that the block may not grow any further, so that a bad cut is better than none. */
export const cutOf = (token: MarkedToken, source: string, must: boolean): Cut | undefined => {
  switch (token.type) {
    case 'list':
      return betweenItems(token, source) ?? (must ? atLine(source) : undefined);
    case 'table':
      return betweenRows(source);
    case 'paragraph':
      return betweenWords(token, source);
    case 'blockquote':
      return at(source, source.lastIndexOf('\n>') + 1) ?? atLine(source);
    default:
      return atLine(source);
  }
};

const at = (source: string, position: number): Cut | undefined =>
  position > 0 && position < source.length
    ? { head: source.slice(0, position), rest: source.slice(position) }
    : undefined;

const betweenItems = (list: Tokens.List, source: string): Cut | undefined => {
  const whole = list.items.slice(0, -1);
  return at(
    source,
    whole.reduce((length, item) => length + item.raw.length, 0),
  );
};

const betweenRows = (source: string): Cut | undefined => {
  const lines = source.split('\n');
  const [names, marks, ...rows] = lines;
  // The last two: the one that is coming in, and the empty text after a line end.
  const kept = rows.splice(-2);
  if (names === undefined || marks === undefined || rows.length === 0) return undefined;
  return { head: [names, marks, ...rows, ''].join('\n'), rest: [names, marks, ...kept].join('\n') };
};

/** At a space in plain text, so that no emphasis, code or link is cut in two. */
const betweenWords = (paragraph: Tokens.Paragraph, source: string): Cut | undefined => {
  let position = Math.max(0, paragraph.raw.indexOf(paragraph.text));
  let best = 0;
  let nodes = 0;
  for (const token of asMarked(paragraph.tokens)) {
    nodes += countNodes(token);
    if (nodes > MOST_NODES && best > 0) return at(source, best);
    if (token.type === 'text') {
      const space = Math.max(token.raw.lastIndexOf(' '), token.raw.lastIndexOf('\n'));
      if (space >= 0) best = position + space + 1;
    }
    position += token.raw.length;
  }
  return best >= source.length / 4 ? at(source, best) : atLine(source);
};

const atLine = (source: string): Cut | undefined => {
  const line = source.lastIndexOf('\n', source.length - 2) + 1;
  if (line > 0) return at(source, line);
  const space = source.lastIndexOf(' ') + 1;
  if (space > 1) return at(source, space);
  const end = source.length - 1;
  const low = source.charCodeAt(end);
  // Never between the halves of a surrogate pair.
  return at(source, low >= 0xdc00 && low <= 0xdfff ? end - 1 : end);
};

/** A list or a table of many nodes as several of few; anything else as it is. */
export const partsOf = (token: MarkedToken): readonly MarkedToken[] => {
  const nodes = countNodes(token);
  if (nodes <= MOST_NODES) return [token];
  if (token.type === 'list') {
    const { start } = token;
    return slices(token.items, nodes).map(({ from, part }) => ({
      ...token,
      start: start === '' ? '' : start + from,
      items: part,
      raw: part.map((item) => item.raw).join(''),
    }));
  }
  if (token.type === 'table') {
    return slices(token.rows, nodes).map(({ part }) => ({
      ...token,
      rows: part,
      raw: part.map((row) => row.map((cell) => cell.text).join(' ')).join('\n'),
    }));
  }
  return [token];
};

const slices = <T>(all: readonly T[], nodes: number): readonly { readonly from: number; readonly part: T[] }[] => {
  const size = Math.max(1, Math.floor((all.length * MOST_NODES) / nodes));
  const parts: { from: number; part: T[] }[] = [];
  for (let from = 0; from < all.length; from += size) parts.push({ from, part: all.slice(from, from + size) });
  return parts;
};
