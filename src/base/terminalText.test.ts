import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { escapes } from '../../test/fakes/escapes.ts';
import { plainText, styledText, TerminalText, withoutColours, withoutUnseen } from './terminalText.ts';

/* oxlint-disable no-control-regex -- control characters are what is looked for */
const SGR = /\u001b\[[\d;:]*m/gu;
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/u;

const corpus = escapes();
const NO_PICTURE = /^unseen/u;

describe('what a terminal program writes, as text', () => {
  test('[S45] [CVE-2026-47090] of a thousand sequences nothing is left, neither for an agent nor in the transcript', () => {
    expect(corpus.length).toBeGreaterThanOrEqual(1000);
    for (const { name, sequence } of corpus) {
      const text = `left${sequence}right`;
      expect(styledText(text).replace(SGR, ''), name).toBe('leftright');
      // An agent gets the characters that a program wrote, joiners of scripts and pictures among them.
      expect(plainText(text), name).toBe(NO_PICTURE.test(name) ? text : 'leftright');
    }
  });

  test('[S45] a sequence that is torn anywhere between two chunks has no effect either', () => {
    for (const { name, sequence } of corpus.filter((one) => one.sequence.length < 100)) {
      for (let at = 1; at < sequence.length; at += 1) {
        const text = new TerminalText();
        const shown = text.push(`left${sequence.slice(0, at)}`) + text.push(`${sequence.slice(at)}right`);
        expect(withoutUnseen(withoutColours(shown)), `${name} at ${at}`).toBe('leftright');
      }
    }
  });

  test('[S45] a colour in the middle of a line end takes nothing from it', () => {
    expect(plainText('a\r\u001b[0m\nb')).toBe('a\nb');
    expect(plainText('a\r\u001b[m\r\n')).toBe('a\n');
  });

  test('[S45] whatever comes in whatever pieces: only colours and text are left, the same as of the whole', () => {
    const piece = fc.oneof(
      fc.constantFrom(...Array.from('\u001b\u001b\u009b\u009d\u0090\u0007\u0018\r\n[]P\\m;:80?$ hJt')),
      fc.constantFrom(...corpus.map(({ sequence }) => sequence).filter(({ length }) => length < 40)),
      fc.string({ unit: 'grapheme', maxLength: 5 }),
    );
    fc.assert(
      fc.property(fc.array(fc.array(piece, { maxLength: 6 }), { maxLength: 8 }), (chunks) => {
        const texts = chunks.map((chunk) => chunk.join(''));
        const pieces = new TerminalText();
        const out = texts.map((text) => pieces.push(text)).join('');
        expect(out).toBe(new TerminalText().push(texts.join('')));
        expect(out.replace(SGR, '').replaceAll('\r', '')).not.toMatch(CONTROLS);
        expect(withoutColours(out)).toBe(plainText(texts.join('')));
        // Once more changes nothing: nothing grew together.
        expect(plainText(`${out}\n`)).toBe(`${withoutColours(out)}\n`.replace(/\r+\n/gu, '\n'));
      }),
      { numRuns: 3000 },
    );
  });

  test('[S45] colours stay, but for the one that hides; the numbers of colours are no weights', () => {
    const sgr = (list: string): string => styledText(`\u001b[${list}m`).slice(2, -1);
    for (const list of ['', '0', '1;31', '38;5;8', '48;2;8;8;8', '58;5;8', '38:5:8', '4:3', '28', '88', '38;5;8;1'])
      expect(sgr(list)).toBe(list);
    expect(sgr('8')).toBe('');
    expect(sgr('08')).toBe('');
    expect(sgr('1;8;31')).toBe('1;31');
    expect(sgr('38;5;8;8')).toBe('38;5;8');
    expect(sgr('38;2;8;8;8;8')).toBe('38;2;8;8;8');
    expect(sgr('38;8')).toBe('38');
    expect(plainText('\u001b[1;31mred\u001b[0m')).toBe('red');
  });

  test('[acp 3] line ends are line feeds, however a pseudo-terminal and a program doubled them', () => {
    expect(plainText('a\r\nb\r\r\r\nc\n')).toBe('a\nb\nc\n');
    expect(plainText('10%\r50%\rdone\n')).toBe('10%\r50%\rdone\n');
    const torn = new TerminalText();
    expect([torn.push('a\r'), torn.push('\nb\r'), torn.push('c')]).toEqual(['a', '\nb', '\rc']);
  });

  test('[S32] a control string that never ends takes no memory, and no time that grows with it', () => {
    const text = new TerminalText();
    expect(text.push('before\u001b]0;')).toBe('before');
    for (let megabyte = 0; megabyte < 16; megabyte += 1) expect(text.push('x'.repeat(1024 * 1024))).toBe('');
    expect(text.push('\u0007after')).toBe('after');
    expect(plainText(`${'\r'.repeat(1_000_000)}x${'\u001b['.repeat(100_000)}2Jy`)).toBe('\rxy');
  });
});
