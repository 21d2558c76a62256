import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { escapes } from '../../test/fakes/escapes.ts';
import { screenFilter } from './screenFilter.ts';

/* oxlint-disable no-control-regex -- control characters are what is looked for */
/** All that may ever come out, whole: text, controls of one character, cursor and modes, colours, questions for colours. */
const HARMLESS =
  /^(?:[^\u0000-\u0006\u0010-\u001f\u007f-\u009f]|\u001b(?:[78DEHMNOcno|}~=>]|[()*+./-][!-~]|#[3-68]|%[@G])|\u001b\[[0-?]*[ -/]*[@-hj-su-~]|\u001b\](?:4;\d{1,3}|1[0-2]);\?\u0007)*$/u;
const CONCEAL = /\u001b\[(?:[\d;:]*;)?0*8m/u;

const through = (...chunks: string[]): string => {
  const filter = screenFilter();
  return chunks.map((chunk) => filter.push(chunk)).join('');
};

describe('what of a command’s output reaches a terminal of VS Code', () => {
  test('[S45] [CVE-2026-47090] of a thousand sequences those that draw, and nothing that reaches out of the screen', () => {
    for (const { name, sequence } of escapes()) {
      const out = through(`left${sequence}right`);
      expect(out, name).toMatch(HARMLESS);
      expect(out.startsWith('left') && out.endsWith('right'), name).toBe(true);
    }
  });

  test.each([
    ['the clipboard is not written', '\u001b]52;c;ZXZpbA==\u0007'],
    ['the clipboard is not read into the command', '\u001b]52;c;?\u0007'],
    ['the title stays the command', '\u001b]0;npm test passed\u001b\\'],
    ['no link hides its target', '\u001b]8;;https://evil.example\u0007'],
    ['no shell integration pretends a command', '\u001b]633;E;rm -rf /\u0007'],
    ['no notification is sent', '\u001b]9;evil\u0007'],
    ['no image is drawn', '\u001bPq#0;2;0;0;0~\u001b\\'],
    ['no colour is changed', '\u001b]4;1;rgb:00/00/00\u0007'],
    ['the window is not resized', '\u001b[8;1;1t'],
    ['nothing is printed on paper', '\u001b[5i'],
    ['nothing is hidden', '\u001b[8m'],
    ['nothing is reordered', '\u202e'],
  ])('[S45] %s', (_name, sequence) => {
    expect(through(`a${sequence}b`)).toBe('ab');
  });

  test('[S45] what programs draw with goes through as it is', () => {
    for (const drawn of [
      '\u001b[?1049h\u001b[2J\u001b[H\u001b[1;31mred\u001b[0m\u001b[?25l',
      '\u001b[10;20Hx\u001b7\u001b8\u001b(0lqk\u001b(B\u000e\u000f',
      '10%\r50%\r\b\u0007done\r\n',
      '\u001b[38;5;8mgrey\u001b[48;2;8;8;8m',
      '\u001b[6n\u001b[c\u001b]11;?\u0007\u001b[?2004h\u001b[>4;2m',
      '👩‍💻 می‌خواهم',
    ])
      expect(through(drawn)).toBe(drawn);
  });

  test('[S45] whatever comes in whatever pieces, only the harmless comes out, and each piece ends between sequences', () => {
    const piece = fc.oneof(
      fc.constantFrom(...Array.from('\u001b\u001b\u009b\u009d\u0090\u0007\u0018\r\n[]P\\m;:8052?$ hitJ')),
      fc.constantFrom(...escapes().flatMap(({ sequence }) => (sequence.length < 40 ? [sequence] : []))),
      fc.string({ unit: 'grapheme', maxLength: 5 }),
    );
    fc.assert(
      fc.property(fc.array(fc.array(piece, { maxLength: 6 }), { maxLength: 8 }), (chunks) => {
        const texts = chunks.map((chunk) => chunk.join(''));
        const filter = screenFilter();
        const out = texts.map((text) => filter.push(text));
        for (const one of out) expect(one).toMatch(HARMLESS);
        expect(out.join('')).toBe(through(texts.join('')));
        expect(out.join('')).not.toMatch(CONCEAL);
      }),
      { numRuns: 3000 },
    );
  });
});
