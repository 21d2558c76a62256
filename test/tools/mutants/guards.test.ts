import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { root } from '../suite.ts';
import { GUARDS } from './guards.ts';
import { troubleWith } from './mutant.ts';

test('[S20] [S28] [S44] every guard that the long run breaks by hand still stands in its file, and so do its tests', async () => {
  expect(await troubleWith(GUARDS)).toEqual([]);
  for (const { name, tests } of GUARDS) {
    expect(tests.length, name).toBeGreaterThan(0);
    expect(
      tests.filter((path) => !existsSync(join(root, path))),
      name,
    ).toEqual([]);
  }
});
