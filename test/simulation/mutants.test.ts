import { expect, test } from 'vitest';
import { troubleWith } from '../tools/mutants/mutant.ts';
import { MUTANTS } from './mutants.ts';

test('[simulation] every guard that the long run breaks by hand still stands in its file', async () => {
  expect(MUTANTS.length).toBeGreaterThanOrEqual(20);
  expect(await troubleWith(MUTANTS)).toEqual([]);
});
