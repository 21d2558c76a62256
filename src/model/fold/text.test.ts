import { expect, test } from 'vitest';
import { grown } from './text.ts';

test('[reduce] text grows by any pieces to the same text', () => {
  const pieces = Array.from({ length: 3000 }, (_, index) => `${index}, `.repeat(index % 7));
  expect(pieces.reduce(grown, '')).toBe(pieces.join(''));
});
