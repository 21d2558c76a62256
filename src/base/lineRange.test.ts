import { describe, expect, test } from 'vitest';
import { lineRange } from './lineRange.ts';

const text = 'one\r\ntwo\nthree\n\nfive';

describe('lineRange', () => {
  test('[acp 4.1.2] without a range it is the text itself', () => {
    expect(lineRange(text, {})).toBe(text);
  });

  test('[acp 4.1.2] lines count from 1 and keep their ends exactly', () => {
    expect(lineRange(text, { line: 1, limit: 1 })).toBe('one\r\n');
    expect(lineRange(text, { line: 2, limit: 2 })).toBe('two\nthree\n');
    expect(lineRange(text, { line: 4, limit: 1 })).toBe('\n');
    expect(lineRange(text, { line: 5 })).toBe('five');
  });

  test('[acp 4.1.2] past the end there is nothing, which is no error', () => {
    expect(lineRange(text, { line: 6 })).toBe('');
    expect(lineRange(text, { line: 1e9, limit: 5 })).toBe('');
    expect(lineRange('a\n', { line: 2 })).toBe('');
    expect(lineRange('', { line: 1, limit: 1 })).toBe('');
  });

  test('[acp 4.1.2] a limit of zero is nothing, a large one is the rest', () => {
    expect(lineRange(text, { limit: 0 })).toBe('');
    expect(lineRange(text, { line: 2, limit: 1e9 })).toBe('two\nthree\n\nfive');
  });
});
