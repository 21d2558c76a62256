import { describe, expect, test } from 'vitest';
import { compare } from './hunks.ts';

const lines = (count: number, at = -1, text = 'changed'): string =>
  Array.from({ length: count }, (_, index) => (index === at ? text : `line ${index}`)).join('\n') + '\n';

describe('a difference of two texts', () => {
  test('[diff] shows what changed with three lines around it, in runs', () => {
    expect(compare(lines(20), lines(20, 10), 100)).toEqual({
      runs: [
        { type: 'skipped', line: 8 },
        { type: 'same', text: ' line 7\n line 8\n line 9', lines: 3 },
        { type: 'removed', text: '-line 10', lines: 1 },
        { type: 'added', text: '+changed', lines: 1 },
        { type: 'same', text: ' line 11\n line 12\n line 13', lines: 3 },
      ],
      added: 1,
      removed: 1,
      left: 0,
      coarse: false,
    });
  });

  test('[diff] a new file is all added', () => {
    expect(compare(null, 'a\nb\n', 100)).toMatchObject({
      runs: [{ type: 'added', text: '+a\n+b' }],
      added: 2,
      removed: 0,
    });
  });

  test('[diff] a long one is cut, and says how much is left', () => {
    const view = compare(null, lines(500), 40);
    expect(view.runs).toMatchObject([{ type: 'added', lines: 40 }]);
    expect(view).toMatchObject({ added: 500, left: 460 });
  });

  test('[diff] two texts with nothing in common are not compared for ever', () => {
    const one = Array.from({ length: 20_000 }, (_, index) => `a${index}`).join('\n');
    const other = Array.from({ length: 20_000 }, (_, index) => `b${index}`).join('\n');
    expect(compare(one, other, 40)).toMatchObject({ coarse: true, added: 20_000, removed: 20_000, left: 39_960 });
  });

  test('[diff] equal texts differ in nothing', () => {
    expect(compare('a\n', 'a\n', 40)).toMatchObject({ runs: [], added: 0, removed: 0 });
  });
});
