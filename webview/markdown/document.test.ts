import fc from 'fast-check';
import { Lexer, type MarkedToken, type Token } from 'marked';
import { describe, expect, test } from 'vitest';
import { asMarked, type Block } from './block.ts';
import { MarkdownDocument } from './document.ts';

/** What a reader sees of a block, without regard to how it was cut. */
const shown = (token: MarkedToken): string => {
  switch (token.type) {
    case 'space':
    case 'def':
      return '';
    case 'list':
      return token.items
        .map(
          (item, index) =>
            `${token.ordered ? Number(token.start) + index : '-'}${item.task ? `[${item.checked ? 'x' : ' '}]` : ''} ${all(item.tokens)}`,
        )
        .join('\n');
    case 'table':
      return [token.header, ...token.rows].map((row) => row.map((cell) => all(cell.tokens)).join('|')).join('\n');
    case 'code':
      return `${token.lang ?? ''}:${token.text.trimEnd()}`;
    default:
      return `${token.type}:${'tokens' in token && token.tokens !== undefined ? all(token.tokens) : 'text' in token ? token.text : token.raw.trim()}`;
  }
};
const all = (tokens: readonly Token[]): string => asMarked(tokens).map(shown).join('');

const oneShot = (text: string): string =>
  asMarked(new Lexer({ gfm: true }).lex(text))
    .map(shown)
    .filter(Boolean)
    .join('\n');

const ofBlocks = (blocks: readonly Block[]): string =>
  blocks
    .map((block) => (block.type === 'code' ? `${block.language}:${block.text.trimEnd()}` : shown(block.token)))
    .join('\n');

const feed = (chunks: readonly string[]): MarkdownDocument => {
  const document = new MarkdownDocument();
  for (const chunk of chunks) document.append(chunk);
  document.finish();
  return document;
};

const piece = fc.constantFrom(
  '# Title\n\n',
  '## Section\n',
  'A sentence with *emphasis*, **strength** and `code`.\n\n',
  'two\nlines\n\n',
  'Line without end',
  '\n',
  '\n\n',
  '- one\n- two\n',
  '- [ ] open\n- [x] done\n',
  '1. first\n2. second\n\n3. third\n',
  '  - nested\n',
  '    indented\n',
  '```ts\nconst a = 1;\n\n# not a title\n```\n',
  '~~~\ncode\n~~~\n\n',
  '| a | b |\n|---|---|\n| 1 | 2 |\n',
  '> quoted\n> more\n\n',
  '> - in a quote\n\n',
  '---\n',
  '\n---\n\n',
  'Setext\n======\n\n',
  '<div>\nhtml\n</div>\n\n',
  '[a link](https://example.com) and ![image](data:x)\n\n',
  'https://example.com/path\n\n',
  '1. item\n\n   ```js\n   code();\n   ```\n\n2. next\n\n',
  '&lt;tag&gt; &amp;\n\n',
  'wide 😀 text\n\n',
  '* star\n\n+ plus\n\n',
);
/** Documents as agents write them: every block ends before the next one of another kind begins. */
const documents = fc.array(piece, { maxLength: 25 }).map((pieces) => pieces.join(''));

const cutAt = (text: string, positions: readonly number[]): string[] => {
  const cuts = [...new Set(positions.map((position) => position % (text.length + 1)))].sort((a, b) => a - b);
  return [...cuts, text.length].map((cut, index) => text.slice(index === 0 ? 0 : cuts[index - 1], cut));
};

describe('a markdown document that grows', () => {
  test('[markdown] shows the same, however it is cut into chunks, as lexing it in one go', () => {
    fc.assert(
      fc.property(documents, fc.array(fc.nat(), { maxLength: 40 }), (text, positions) => {
        expect(ofBlocks(feed(cutAt(text, positions)).frozen)).toBe(oneShot(text));
      }),
      { numRuns: 400 },
    );
  });

  test('[markdown] shows the same character by character', () => {
    fc.assert(
      fc.property(documents, (text) => {
        expect(ofBlocks(feed(Array.from(text)).frozen)).toBe(oneShot(text));
      }),
      { numRuns: 60 },
    );
  });

  test('[markdown] what is frozen stays the same object', () => {
    fc.assert(
      fc.property(documents, documents, (before, after) => {
        const document = new MarkdownDocument();
        document.append(before);
        const frozen = [...document.frozen];
        document.append(after);
        document.finish();
        expect(document.frozen.slice(0, frozen.length).every((block, index) => block === frozen[index])).toBe(true);
      }),
      { numRuns: 100 },
    );
  });

  const plain = (text: string): string => text.replace(/\s+/gu, '');
  const endless: Readonly<Record<string, string>> = {
    paragraph: 'words and *emphasis* and `code` for ever. '.repeat(2_000),
    'word without an end': 'x'.repeat(60_000),
    'emoji without an end': '😀'.repeat(20_000),
    fence: `\`\`\`ts\n${'const answer = 42; // yes\n'.repeat(3_000)}`,
    'fence with one line': `\`\`\`\n${'x'.repeat(60_000)}`,
    list: Array.from({ length: 3_000 }, (_, index) => `${index + 1}. item number ${index}\n`).join(''),
    'task list': Array.from(
      { length: 2_000 },
      (_, index) => `- [${index % 2 === 0 ? 'x' : ' '}] task number ${index}\n`,
    ).join(''),
    table: `| a | b |\n|---|---|\n${'| one cell | another *cell* |\n'.repeat(2_500)}`,
    quote: '> a quoted line of text\n'.repeat(3_000),
    'one giant item': `- one\n${'  more of the same item\n'.repeat(2_500)}`,
  };

  test.each(Object.keys(endless))('[markdown] an endless %s is frozen in pieces and loses nothing', (name) => {
    const source = endless[name] ?? '';
    const document = new MarkdownDocument();
    let open = 0;
    for (let from = 0; from < source.length; from += 37) {
      document.append(source.slice(from, from + 37));
      open = Math.max(
        open,
        document
          .open(false)
          .reduce((sum, block) => sum + (block.type === 'code' ? block.text : block.token.raw).length, 0),
      );
    }
    document.finish();
    expect(open).toBeLessThan(name === 'one giant item' ? 9_000 : 5_000);
    expect(document.frozen.length).toBeGreaterThan(2);
    expect(document.frozen.slice(1).every((block) => block.continued)).toBe(true);
    const strip = (text: string): string =>
      plain(text).replace(/paragraph:|list:|ts:|text:|blockquote:|codespan:|em:|html:|[-:\d]+|[|>]/gu, '');
    const rows = (text: string): string => strip(text).replaceAll('ab', '');
    expect(rows(ofBlocks(document.frozen))).toBe(rows(oneShot(source)));
  });

  test('[markdown] an ordered list that was cut goes on counting', () => {
    const document = feed([Array.from({ length: 1_000 }, (_, index) => `${index + 1}. item\n`).join('')]);
    let next = 1;
    for (const block of document.frozen) {
      if (block.type !== 'token' || block.token.type !== 'list') throw new Error('not a list');
      expect(block.token.start).toBe(next);
      next += block.token.items.length;
    }
    expect(next).toBe(1_001);
  });

  test('[markdown] no list or table makes a block of many nodes', () => {
    for (const text of ['- x\n'.repeat(900), `| a | b |\n|---|---|\n${'| 1 | 2 |\n'.repeat(400)}`]) {
      expect(Math.max(...feed([text]).frozen.map((block) => block.nodes))).toBeLessThan(300);
    }
  });

  test('[markdown] a link may be defined before it is used, also when the definition is frozen', () => {
    const document = feed(['[a]: https://example.com/a\n\n', 'text\n\nmore\n\n', 'see [a]\n']);
    const last = document.frozen.at(-1);
    if (last?.type !== 'token' || !('tokens' in last.token)) throw new Error('no paragraph');
    expect(
      asMarked(last.token.tokens).some((token) => token.type === 'link' && token.href === 'https://example.com/a'),
    ).toBe(true);
  });

  test('[markdown] a closing fence that is coming in is not shown as code', () => {
    const document = new MarkdownDocument();
    document.append('```ts\nconst a = 1;\n``');
    expect(document.open(false).map((block) => (block.type === 'code' ? block.text : ''))).toEqual(['const a = 1;\n']);
    document.append('`');
    document.finish();
    expect(document.frozen).toMatchObject([{ type: 'code', language: 'ts', text: 'const a = 1;\n', complete: true }]);
  });

  test('[markdown] line ends of Windows, also one cut in two', () => {
    expect(ofBlocks(feed(['a\r', '\nb\r\n\r', '\nc']).frozen)).toBe(oneShot('a\nb\n\nc'));
  });
});
