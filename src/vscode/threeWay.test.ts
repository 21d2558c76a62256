import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { mergeThree } from './threeWay.ts';

const merge = (base: string, mine: string, theirs: string) =>
  mergeThree(base, { name: 'Yours', text: mine }, { name: 'The agent’s', text: theirs });

describe('mergeThree', () => {
  test('[demand 10] what each changed elsewhere is kept from both', () => {
    expect(merge('a\nb\nc\nd\n', 'A\nb\nc\nd\n', 'a\nb\nc\nD\ne\n')).toEqual({ text: 'A\nb\nc\nD\ne\n', conflicts: 0 });
    expect(merge('a\nb\nc\n', 'a\nc\n', 'a\nb\nc\nd\n')).toEqual({ text: 'a\nc\nd\n', conflicts: 0 });
    expect(merge('a\nb\n', 'a\nX\n', 'a\nX\n')).toEqual({ text: 'a\nX\n', conflicts: 0 });
    expect(merge('', '', 'new\n')).toEqual({ text: 'new\n', conflicts: 0 });
  });

  test('[demand 10] what both changed stands there twice', () => {
    expect(merge('a\nb\nc\n', 'a\nmine\nc\n', 'a\ntheirs\nc\n')).toEqual({
      text: 'a\n<<<<<<< Yours\nmine\n=======\ntheirs\n>>>>>>> The agent’s\nc\n',
      conflicts: 1,
    });
    expect(merge('', 'mine', 'theirs').text).toBe('<<<<<<< Yours\nmine\n=======\ntheirs\n>>>>>>> The agent’s\n');
  });

  test('[demand 10] no line of either is lost, whatever they did', () => {
    const text = fc
      .array(fc.constantFrom('a', 'b', 'c', 'd', ''), { maxLength: 8 })
      .map((lines) => lines.map((line) => `${line}\n`).join(''));
    fc.assert(
      fc.property(text, text, text, (base, mine, theirs) => {
        const merged = merge(base, mine, theirs);
        if (mine === base) expect(merged).toEqual({ text: theirs, conflicts: 0 });
        if (theirs === base) expect(merged).toEqual({ text: mine, conflicts: 0 });
        const inserted = (other: string): string[] => {
          const old = base.split('\n');
          return other.split('\n').filter((line) => !old.includes(line));
        };
        for (const line of [...inserted(mine), ...inserted(theirs)]) expect(merged.text.split('\n')).toContain(line);
        expect(merge(base, theirs, mine).conflicts).toBe(merged.conflicts);
      }),
    );
  });
});
