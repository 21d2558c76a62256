import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readTyped } from './input.ts';

const ESC = '\u001b';
const keys = (data: string) => ({ type: 'keys', data });
const key = (name: string) => ({ type: 'key', name });

describe('what is typed, as keys with names', () => {
  test('[terminal 8] text in whole, and each control by its name', () => {
    expect(readTyped('ls -l\r')).toEqual([keys('ls -l'), key('Enter')]);
    expect(readTyped('a\u007f\t\u0003\u0000\u001c')).toEqual([
      keys('a'),
      key('BSpace'),
      key('Tab'),
      key('C-c'),
      key('C-Space'),
      key('C-\\'),
    ]);
    expect(readTyped('gr\u00fc\u00dfe \u{1f3a1}')).toEqual([keys('gr\u00fc\u00dfe \u{1f3a1}')]);
    expect(readTyped('')).toEqual([]);
  });

  test.each([
    ['[A', 'Up'],
    ['OB', 'Down'],
    ['[H', 'Home'],
    ['[3~', 'DC'],
    ['[6~', 'NPage'],
    ['OP', 'F1'],
    ['[24~', 'F12'],
    ['[Z', 'BTab'],
    ['[1;5C', 'C-Right'],
    ['[1;2A', 'S-Up'],
    ['[3;5~', 'C-DC'],
    ['[1;8D', 'C-M-S-Left'],
    ['x', 'M-x'],
    ['', 'Escape'],
  ])('[terminal 8] ESC %s is %s', (sequence, name) => {
    expect(readTyped(`${ESC}${sequence}`)).toEqual([key(name)]);
  });

  test('[terminal 8] a sequence without a name goes as it is', () => {
    expect(readTyped(`${ESC}[<0;5;5M`)).toEqual([keys(`${ESC}[<0;5;5M`)]);
  });

  test('[terminal 7] what is pasted is a paste, also with line ends', () => {
    expect(readTyped(`a${ESC}[200~one\rtwo${ESC}[A${ESC}[201~b`)).toEqual([
      keys('a'),
      { type: 'paste', data: `one\rtwo${ESC}[A` },
      keys('b'),
    ]);
    expect(readTyped(`${ESC}[200~torn`)).toEqual([{ type: 'paste', data: 'torn' }]);
  });

  test('[terminal 8] what our own screen answers is not typed a second time', () => {
    const answers = [
      '[?1;2c',
      '[>0;276;0c',
      '[12;40R',
      '[0n',
      '[?2004;1$y',
      ']11;rgb:00/00/00\u0007',
      `P1$r0m${ESC}\\`,
    ];
    expect(readTyped(answers.map((answer) => `${ESC}${answer}`).join(''))).toEqual([]);
  });

  test('[S15] every character of it is somewhere in the outcome, or names a key', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary-ascii' }), (text) => {
        const printable = text.replaceAll(/[\u0000-\u001f\u007f]/gu, '');
        if (printable !== text) return void readTyped(text);
        const said = readTyped(text).map((input) => (input.type === 'key' ? '' : input.data));
        expect(said.join('')).toBe(text);
      }),
    );
  });
});
