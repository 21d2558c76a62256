import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { minimalEdit } from './minimalEdit.ts';

const apply = (before: string, after: string): string => {
  const edit = minimalEdit(before, after);
  return edit === undefined ? before : before.slice(0, edit.start) + edit.text + before.slice(edit.end);
};

const piece = fc.constantFrom('a', 'b', '\n', '\r\n', '\r', '😀', '😁', 'é');
const anyText = fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(''));

describe('minimalEdit', () => {
  test('[minimalEdit] what it makes of the old text is the new text', () => {
    fc.assert(
      fc.property(anyText, anyText, (before, after) => {
        expect(apply(before, after)).toBe(after);
      }),
    );
  });

  test('[minimalEdit] neither a line end nor a character is split', () => {
    fc.assert(
      fc.property(anyText, anyText, (before, after) => {
        const edit = minimalEdit(before, after);
        if (edit === undefined) return;
        for (const at of [edit.start, edit.end]) {
          expect(before.slice(at - 1, at + 1)).not.toBe('\r\n');
          expect(/^[\uD800-\uDBFF][\uDC00-\uDFFF]$/u.test(before.slice(at - 1, at + 1)) && at > 0).toBe(false);
        }
      }),
    );
  });

  test('[minimalEdit] only what differs is replaced', () => {
    expect(minimalEdit('const a = 1;\nconst b = 2;\n', 'const a = 1;\nconst b = 3;\n')).toEqual({
      start: 23,
      end: 24,
      text: '3',
    });
    expect(minimalEdit('a\nb\n', 'a\nx\nb\n')).toEqual({ start: 2, end: 2, text: 'x\n' });
    expect(minimalEdit('same', 'same')).toBeUndefined();
    expect(minimalEdit('aa', 'aaa')).toEqual({ start: 2, end: 2, text: 'a' });
  });
});
