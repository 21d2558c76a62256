import { describe, expect, test } from 'vitest';
import { Best, rankOf } from './rank.ts';

const best = (letters: string, paths: readonly string[], most = 10): readonly string[] => {
  const kept = new Best<{ readonly relative: string }>(letters, most);
  for (const relative of paths) kept.offer({ relative });
  return kept.items.map(({ relative }) => relative);
};

describe('which paths fit some letters best', () => {
  test('[rank] the name before its folders, its beginning before its middle, together before scattered', () => {
    const paths = ['store/x.ts', 'a/my-store.ts', 'b/store.ts', 's/t/o/r/e.ts', 'b/stoRe', 'other.ts'];
    expect(best('store', paths)).toEqual(['b/stoRe', 'b/store.ts', 'a/my-store.ts', 'store/x.ts', 's/t/o/r/e.ts']);
  });

  test('[rank] only the best are kept, however many come', () => {
    const paths = Array.from({ length: 5000 }, (_, at) => `folder/file${at}.ts`);
    expect(best('file49', [...paths, 'file49'], 3)).toEqual(['file49', 'folder/file49.ts', 'folder/file490.ts']);
  });

  test('[rank] without letters everything fits, and what lacks one does not', () => {
    expect(rankOf('', 'a')).toBe(0);
    expect(rankOf('xyz', 'xy')).toBeUndefined();
    expect(rankOf('SRC/A', 'src/a.ts')).toBe(3);
  });
});
