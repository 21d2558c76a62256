import { expect, test } from 'vitest';
import { changesOf } from './patch.ts';

test('[gateway 6 diff] the places of a patch, each as it was and as it is', () => {
  const patch = '--- a\n+++ b\n@@ -1,2 +1,2 @@\n same\n-old\n+new\n@@ -9 +9,2 @@\n-x\n+y\n+z\n';
  expect(changesOf(patch)).toEqual([
    { oldText: 'same\nold\n', newText: 'same\nnew\n' },
    { oldText: 'x\n', newText: 'y\nz\n' },
  ]);
  expect(changesOf('no patch')).toEqual([]);
});
