import { describe, expect, test } from 'vitest';
import { applyTextEdits } from './textEdits.ts';

type Edit = Parameters<typeof applyTextEdits>[1][number];

const edit = (from: readonly [number, number], to: readonly [number, number], newText: string): Edit => ({
  range: { start: { line: from[0], character: from[1] }, end: { line: to[0], character: to[1] } },
  newText,
});

describe('edits of a text', () => {
  test('[relay 9 edit] lines and characters are counted from 0, and ranges are those of the old text', () => {
    const text = 'one\ntwo\nthree';
    expect(applyTextEdits(text, [edit([1, 0], [1, 3], 'TWO'), edit([0, 0], [0, 0], '> ')])).toBe('> one\nTWO\nthree');
    expect(applyTextEdits(text, [edit([2, 5], [2, 5], '\n'), edit([0, 3], [1, 0], ' ')])).toBe('one two\nthree\n');
    expect(applyTextEdits(text, [])).toBe(text);
  });

  test('[relay 9 edit] several at one place go in as they are listed', () => {
    expect(applyTextEdits('ab', [edit([0, 1], [0, 1], '1'), edit([0, 1], [0, 1], '2')])).toBe('a12b');
    expect(applyTextEdits('ab', [edit([0, 1], [0, 2], 'B'), edit([0, 1], [0, 1], '1')])).toBe('a1B');
  });

  test('[relay 9 edit] what lies behind the end of a line or of the text is that end, and a line end is never cut', () => {
    expect(applyTextEdits('a\r\nb', [edit([0, 9], [0, 99], '!')])).toBe('a!\r\nb');
    expect(applyTextEdits('a\r\nb', [edit([0, 1], [9, 9], '')])).toBe('a');
    expect(applyTextEdits('a\n', [edit([1, 0], [1, 5], 'b')])).toBe('a\nb');
    expect(applyTextEdits('\r\n', [edit([0, 0], [0, 1], 'x')])).toBe('x\r\n');
    expect(applyTextEdits('', [edit([0, 0], [0, 0], 'new')])).toBe('new');
  });

  test.each([
    ['ranges that overlap', [edit([0, 0], [0, 2], ''), edit([0, 1], [0, 3], '')]],
    ['a range in another', [edit([0, 0], [0, 4], ''), edit([0, 1], [0, 1], 'x')]],
    ['one range twice', [edit([0, 0], [0, 1], 'a'), edit([0, 0], [0, 1], 'a')]],
    ['a range that goes back', [edit([0, 2], [0, 1], '')]],
    ['half a character', [edit([0, 5], [0, 5], 'x')]],
    ['half a character to write', [edit([0, 0], [0, 0], '\ud83d')]],
    ['a NUL', [edit([0, 0], [0, 0], 'a\0b')]],
  ])('[S12] %s is refused', (_, edits) => {
    expect(() => applyTextEdits('text🙂', edits)).toThrow(expect.objectContaining({ code: -32602 }));
  });

  test('[S12] as many edits as fit into a message are applied in a moment', () => {
    const text = 'line\n'.repeat(50_000);
    const edits = Array.from({ length: 50_000 }, (_, at) => edit([at, 0], [at, 4], 'x'));
    const start = performance.now();
    expect(applyTextEdits(text, edits.toReversed())).toBe('x\n'.repeat(50_000));
    expect(performance.now() - start).toBeLessThan(5000);
  });
});
