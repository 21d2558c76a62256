import { expect, test } from 'vitest';
import { pathIn } from './words.ts';

test.each([
  ['/w/project', '/w/project/src/a.ts', 'src/a.ts'],
  ['/w/project/', '/w/project/a.ts', 'a.ts'],
  ['/w/project', '/w/project-evil/a.ts', '/w/project-evil/a.ts'],
  ['/w/project', '/etc/passwd', '/etc/passwd'],
  ['C:\\w', 'C:\\w\\src\\a.ts', 'src\\a.ts'],
  [undefined, '/a', '/a'],
])('[demand 30] in %s the path %s is said %s', (folder, path, said) => {
  expect(pathIn(folder, path)).toBe(said);
});
