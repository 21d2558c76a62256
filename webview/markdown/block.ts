import type { MarkedToken, Token, Tokens } from 'marked';

/**
 * One piece of a message that is drawn, measured and frozen on its own. It never changes: text that grows makes a new
 * one, so that "the same object" means "nothing to draw again".
 */
export type Block = TokenBlock | CodeBlock;

interface Common {
  /** The rest of a block that was too long to be kept open: drawn without a gap before it. */
  readonly continued: boolean;
  /** About how many DOM nodes it makes. */
  readonly nodes: number;
  /** About how many lines of text it takes in a narrow view. */
  readonly lines: number;
}
export interface TokenBlock extends Common {
  readonly type: 'token';
  readonly token: MarkedToken;
}
export interface CodeBlock extends Common {
  readonly type: 'code';
  readonly language: string;
  /** With the line end of its last line, where it has one: pieces of one block joined are the whole code. */
  readonly text: string;
  /** No more text will come into this piece. */
  readonly complete: boolean;
}

const COLUMNS = 52;

export const linesOf = (text: string): number => {
  let lines = 0;
  let from = 0;
  for (;;) {
    const to = text.indexOf('\n', from);
    const length = (to < 0 ? text.length : to) - from;
    lines += Math.max(1, Math.ceil(length / COLUMNS));
    if (to < 0) return lines;
    from = to + 1;
  }
};

const known = (token: Token): token is MarkedToken => 'type' in token;

/** The lexer's types end in an open one for extensions; there are none here. */
export const asMarked = (tokens: readonly Token[] | undefined): readonly MarkedToken[] => (tokens ?? []).filter(known);

const countAll = (tokens: readonly Token[] | undefined): number => {
  let nodes = 0;
  for (const token of asMarked(tokens)) nodes += countNodes(token);
  return nodes;
};

/** A block with more is drawn in parts, so that what is mounted can be bounded. */
export const MOST_NODES = 200;

export const countNodes = (token: MarkedToken): number => {
  switch (token.type) {
    case 'space':
    case 'def':
      return 0;
    case 'list':
      return 1 + token.items.reduce((sum, item) => sum + 2 + countAll(item.tokens), 0);
    case 'table':
      return 4 + countCells([token.header, ...token.rows]);
    default:
      return 2 + ('tokens' in token ? countAll(token.tokens) : 0);
  }
};

const countCells = (rows: readonly (readonly Tokens.TableCell[])[]): number => {
  let nodes = 0;
  for (const row of rows) for (const cell of row) nodes += 1 + countAll(cell.tokens);
  return nodes + rows.length;
};

export const tokenBlock = (token: MarkedToken, continued: boolean): TokenBlock => ({
  type: 'token',
  token,
  continued,
  nodes: countNodes(token),
  lines: linesOf(token.raw) + (continued ? 0 : 1),
});

export const codeBlock = (language: string, text: string, continued: boolean, complete: boolean): CodeBlock => ({
  type: 'code',
  language,
  text,
  continued,
  complete,
  nodes: continued ? 4 : 9,
  lines: (text.match(/\n/gu)?.length ?? 0) + (continued ? 0 : 3),
});
