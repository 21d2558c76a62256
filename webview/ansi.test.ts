import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readAnsi } from './ansi.ts';

const textOf = (text: string): string =>
  readAnsi(text)
    .map((run) => run.text)
    .join('');

describe('terminal output in the transcript', () => {
  test('[S45] keeps colours and weights as classes', () => {
    expect(readAnsi('\u001b[1;31mred\u001b[0m plain')).toMatchObject([
      { text: 'red', classes: 'ansi-bold fg-ansi-red' },
      { text: ' plain', classes: '' },
    ]);
    expect(readAnsi('\u001b[38;2;1;2;3mtrue\u001b[0m\u001b[48;5;196mcube')).toMatchObject([
      { text: 'true', style: { color: 'rgb(1, 2, 3)' } },
      { text: 'cube', style: { backgroundColor: 'rgb(255, 0, 0)' } },
    ]);
  });

  test.each([
    ['a link', '\u001b]8;;https://evil.example\u0007click\u001b]8;;\u0007', 'click'],
    ['the clipboard', 'a\u001b]52;c;ZXZpbA==\u0007b', 'ab'],
    ['a title', 'a\u001b]0;evil\u001b\\b', 'ab'],
    ['a device control string', 'a\u001bP+q544e\u001b\\b', 'ab'],
    ['a string that never ends', 'a\u001b]0;evil', 'a'],
    ['moving the cursor', 'a\u001b[2A\u001b[2K\u001b[10;10Hb', 'ab'],
    ['eight-bit control', 'a\u009b2Kb\u009d0;x\u009cc', 'abc'],
    ['a private mode', 'a\u001b[?1049hb\u001b[?25l', 'ab'],
    ['a reset', 'a\u001bcb', 'ab'],
    ['backspace and bell', 'a\u0008\u0007b', 'ab'],
    ['bidirectional marks', 'a\u202eb', 'ab'],
    ['a torn sequence', 'a\u001b[3', 'a'],
  ])('[S45] [CVE-2026-47090] %s has no effect', (_name, text, shown) => {
    expect(textOf(text)).toBe(shown);
  });

  test('[S45] a line that was written over shows what was written last', () => {
    expect(textOf('10%\r50%\r100%\ndone\r\n')).toBe('100%\ndone\n');
  });

  test('[S45] whatever comes in, no control is left of it', () => {
    const piece = fc.constantFrom(
      '\u001b',
      '[',
      ']',
      'm',
      '0',
      ';',
      '8',
      '\u0007',
      '\\',
      'P',
      '\r',
      '\n',
      'text',
      '\u009b',
      '?',
      'H',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        const rest = textOf(pieces.join('')).replace(/[\n\t]/gu, '');
        expect(rest).not.toMatch(/\p{Cc}/u);
      }),
      { numRuns: 2_000 },
    );
  });

  test('[S45] text that cannot be seen is shown: concealed, or in the colour of its background', () => {
    expect(readAnsi('\u001b[8mpassword\u001b[0m')).toMatchObject([{ text: 'password', classes: '', style: {} }]);
    expect(readAnsi('\u001b[38;2;9;9;9;48;2;9;9;9mhidden\u001b[0m')).toMatchObject([{ text: 'hidden', style: {} }]);
    expect(readAnsi('\u001b[38;5;196;48;5;196mhidden\u001b[0m')).toMatchObject([{ text: 'hidden', style: {} }]);
  });

  test('[S32] thousands of colours make a bounded number of elements', () => {
    const runs = readAnsi('\u001b[31ma\u001b[32mb'.repeat(3_000));
    expect(runs.length).toBeLessThanOrEqual(200);
    expect(runs.map((run) => run.text).join('')).toBe('ab'.repeat(3_000));
  });
});
