/**
 * Markdown that grows.
 *
 * D1 A block that is frozen is never lexed, made or drawn again.
 * D2 The work of an append depends on what was appended and on the open end, never on the length of the document: an
 *    open end that is longer than {@link OPEN_LIMIT} characters is frozen as far as is safe.
 * D3 However the text is cut into chunks, the frozen blocks show what lexing it in one go would show. A block is frozen
 *    only when what follows it has decided where it ends (a line that is still incomplete may yet turn into anything).
 */
import { Lexer, type MarkedToken, type Tokens } from 'marked';
import { asMarked, type Block, codeBlock, countNodes, MOST_NODES, tokenBlock } from './block.ts';
import { cutOf, partsOf } from './cut.ts';

const OPEN_LIMIT = 4 * 1024;
/** An item of a list may hold a page, or a whole program: torn apart, its second half would be something else. */
const OPEN_LIMIT_ITEM = 8 * 1024;
const OPEN_LIMIT_FENCE = 64 * 1024;
const PIECE = 4 * 1024;
const FEED = 4 * 1024;

interface Fence {
  readonly indent: number;
  readonly closing: RegExp;
  readonly language: string;
  /** Whole lines of the piece that is open. */
  code: string;
  continued: boolean;
  /** The line that is coming in began in a piece that is frozen: it cannot be the closing one. */
  midLine: boolean;
}

const OPENING = /^( {0,3})(`{3,}|~{3,})([^\n]*)\n/u;

export class MarkdownDocument {
  readonly frozen: Block[] = [];
  /** What the tail was last read as. */
  #tokens: readonly MarkedToken[] = [];
  #tail = '';
  #length = 0;
  #fence: Fence | undefined;
  #continued = false;
  #endsWithReturn = false;
  readonly #links: Record<string, { href: string; title: string | null | undefined }> = {};

  /** What stands after the frozen blocks; `complete` when nothing more is expected, yet more may come all the same. */
  open(complete: boolean): readonly Block[] {
    const fence = this.#fence;
    if (fence === undefined) return this.#blocks(this.#tokens);
    // What may become the closing line is not shown as code for a moment.
    const line = /^ {0,3}(?:`+|~+)[ \t]*$/u.test(this.#tail) ? '' : this.#tail;
    return [codeBlock(fence.language, fence.code + line, fence.continued, complete)];
  }

  /** How many characters it has been given. */
  get length(): number {
    return this.#length;
  }

  append(chunk: string): void {
    this.#length += chunk.length;
    const text = this.#endsWithReturn && chunk.startsWith('\n') ? chunk.slice(1) : chunk;
    this.#endsWithReturn = chunk.endsWith('\r');
    // Much at once (a session that is opened) goes through the same door in pieces, so that no open end gets long.
    for (let from = 0; from < text.length; from += FEED) {
      this.#tail += text.slice(from, from + FEED).replace(/\r\n?/gu, '\n');
      this.#advance();
    }
  }

  /** Appends what `text` has over what it was given before, at most `most` characters; true when nothing is left. */
  grow(text: string, most = Number.POSITIVE_INFINITY): boolean {
    if (text.length > this.#length) this.append(text.slice(this.#length, this.#length + most));
    return this.#length >= text.length;
  }

  /** No more will come: what is open is frozen as it stands. */
  finish(): void {
    if (this.#fence !== undefined) {
      this.#tail += '\n';
      this.#advance();
    }
    if (this.#fence === undefined) {
      this.#freeze(this.#tokens);
    } else {
      const { code, language, continued } = this.#fence;
      // The line end that made the last line whole was ours.
      this.frozen.push(codeBlock(language, code.slice(0, -1), continued, true));
      this.#fence = undefined;
    }
    this.#tail = '';
    this.#tokens = [];
  }

  #advance(): void {
    while (this.#fence === undefined ? this.#readBlocks() : this.#readFence());
  }

  /** True when the end turned into something else that must be read again. */
  #readBlocks(): boolean {
    const tokens = this.#lex(this.#tail);
    this.#tokens = tokens;
    const last = tokens.at(-1);
    if (last === undefined) return false;
    if (last.type === 'code' && OPENING.test(last.raw)) {
      this.#take(tokens, tokens.length - 1);
      this.#openFence();
      return true;
    }
    this.#take(tokens, decidedCount(tokens));
    const long = this.#tail.length > OPEN_LIMIT || countNodes(last) > MOST_NODES;
    return long && this.#tokens.length === 1 && this.#cut(last);
  }

  /** Freezes the first tokens of the tail. */
  #take(tokens: readonly MarkedToken[], count: number): void {
    this.#freeze(tokens.slice(0, count));
    this.#tail = this.#tail.slice(rawLength(tokens, count));
    this.#tokens = tokens.slice(count);
  }

  #cut(token: MarkedToken): boolean {
    const most = insideFence(this.#tail) ? OPEN_LIMIT_FENCE : OPEN_LIMIT_ITEM;
    const cut = cutOf(token, this.#tail, this.#tail.length > most);
    if (cut === undefined) return false;
    this.#freeze(this.#lex(cut.head));
    this.#tail = cut.rest;
    this.#continued = true;
    return true;
  }

  #openFence(): void {
    const opening = OPENING.exec(this.#tail);
    if (opening === null) return;
    const [line, indent = '', mark = '', info = ''] = opening;
    this.#tail = this.#tail.slice(line.length);
    this.#tokens = [];
    this.#fence = {
      indent: indent.length,
      closing: new RegExp(`^ {0,3}${mark.startsWith('~') ? '~' : '`'}{${mark.length},}[ \\t]*\\n`, 'mu'),
      language: firstWord(info),
      code: '',
      continued: false,
      midLine: false,
    };
  }

  #readFence(): boolean {
    const fence = this.#fence;
    if (fence === undefined) return false;
    const from = fence.midLine ? this.#tail.indexOf('\n') + 1 : 0;
    if (fence.midLine && from === 0) {
      this.#flushLongLine(fence);
      return false;
    }
    const closing = fence.closing.exec(this.#tail.slice(from));
    if (closing !== null) {
      this.#takeCode(fence, from + closing.index);
      this.#tail = this.#tail.slice(closing[0].length);
      this.frozen.push(codeBlock(fence.language, fence.code, fence.continued, true));
      this.#fence = undefined;
      return this.#tail !== '';
    }
    this.#takeCode(fence, this.#tail.lastIndexOf('\n') + 1);
    this.#flushLongLine(fence);
    return false;
  }

  /** Moves whole lines from the tail into the code, and freezes what fills a piece. */
  #takeCode(fence: Fence, length: number): void {
    if (length === 0) return;
    const lines = this.#tail.slice(0, length);
    fence.code += fence.indent === 0 ? lines : lines.replace(new RegExp(`^ {1,${fence.indent}}`, 'gmu'), '');
    fence.midLine = false;
    this.#tail = this.#tail.slice(length);
    while (fence.code.length > PIECE) {
      this.#freezePiece(fence, pieceEnd(fence.code, 0));
    }
  }

  #flushLongLine(fence: Fence): void {
    if (this.#tail.length <= PIECE) return;
    fence.code += this.#tail;
    this.#tail = '';
    fence.midLine = true;
    this.#freezePiece(fence, fence.code.length);
  }

  #freezePiece(fence: Fence, length: number): void {
    this.frozen.push(codeBlock(fence.language, fence.code.slice(0, length), fence.continued, true));
    fence.code = fence.code.slice(length);
    fence.continued = true;
  }

  #freeze(tokens: readonly MarkedToken[]): void {
    const blocks = this.#blocks(tokens);
    if (blocks.length > 0) this.#continued = false;
    this.frozen.push(...blocks);
    for (const token of tokens)
      if (token.type === 'def') this.#links[token.tag] ??= { href: token.href, title: token.title };
  }

  #blocks(tokens: readonly MarkedToken[]): Block[] {
    const blocks: Block[] = [];
    for (const token of tokens) {
      if (token.type === 'space' || token.type === 'def') continue;
      const continued = this.#continued && blocks.length === 0;
      if (token.type === 'code') blocks.push(...codePieces(token, continued));
      else for (const [index, part] of partsOf(token).entries()) blocks.push(tokenBlock(part, continued || index > 0));
    }
    return blocks;
  }

  #lex(text: string): readonly MarkedToken[] {
    if (text.trim() === '') return [];
    const lexer = new Lexer({ gfm: true });
    for (const [tag, link] of Object.entries(this.#links)) {
      lexer.tokens.links[tag] = { href: link.href, title: link.title ?? null };
    }
    return asMarked(lexer.lex(text));
  }
}

const insideFence = (text: string): boolean => (text.match(/^[ \t]*(?:```|~~~)/gmu)?.length ?? 0) % 2 === 1;

/** A whole code block in pieces that are small enough to be drawn one by one. */
const codePieces = (token: Tokens.Code, continued: boolean): Block[] => {
  const language = firstWord(token.lang ?? '');
  const pieces: Block[] = [];
  const code = `${token.text}\n`;
  for (let from = 0; from < code.length;) {
    const to = pieceEnd(code, from);
    pieces.push(codeBlock(language, code.slice(from, to), continued || from > 0, true));
    from = to;
  }
  return pieces;
};

/** At a line end where there is one. */
const pieceEnd = (code: string, from: number): number => {
  if (code.length - from <= PIECE) return code.length;
  const line = code.lastIndexOf('\n', from + PIECE - 1) + 1;
  return line > from ? line : from + PIECE;
};

const firstWord = (info: string): string => /^\S*/u.exec(info.trim())?.[0] ?? '';

const rawLength = (tokens: readonly MarkedToken[], count: number): number => {
  let length = 0;
  for (const token of tokens.slice(0, count)) length += token.raw.length;
  return length;
};

const isSpace = (token: MarkedToken): token is Tokens.Space => token.type === 'space';

/** How many tokens from the start can no longer change, whatever comes next. */
const decidedCount = (tokens: readonly MarkedToken[]): number => {
  let rest = '';
  for (let index = tokens.length - 1; index > 0; index -= 1) {
    const token = tokens[index];
    const before = tokens[index - 1];
    if (token === undefined || before === undefined) return 0;
    rest = token.raw + rest;
    if (isSpace(token)) continue;
    const apart = isSpace(before) || /\n[ \t]*\n$/u.test(before.raw);
    // Without an empty line between them the next two lines may still be the head of a table.
    if (wholeLines(rest) >= (apart ? 1 : 2)) return index;
  }
  return 0;
};

const wholeLines = (text: string): number => text.trimStart().match(/\n/gu)?.length ?? 0;
