import { describe, expect, test } from 'vitest';
import { compileGlob } from './glob.ts';

describe('globs', () => {
  test.each([
    ['**/node_modules', 'a/b/node_modules', true],
    ['**/node_modules', 'node_modules', true],
    ['**/node_modules', 'a/node_modules/x', false],
    ['out', 'out', true],
    ['out', 'a/out', false],
    ['/out', 'out', true],
    ['**/*.{js,map}', 'a/b.map', true],
    ['**/*.{js,map}', 'a/b.ts', false],
    ['src/**/a?.ts', 'src/ab.ts', true],
    ['src/**/a?.ts', 'src/x/y/ab.ts', true],
    ['src/**', 'src/x/y', true],
    ['src/**', 'source/x', false],
    ['**/[a-c]x', 'q/bx', true],
    ['**/[!a-c]x', 'q/bx', false],
    ['**/a*b*c', 'x/aXXbYYc', true],
    ['**/a*b*c', 'x/aXXbYY', false],
    ['a/**/b/**/c', 'a/1/b/2/b/3/c', true],
    ['*', 'a/b', false],
    ['[', '[', true],
    ['{a', '{a', true],
  ])('[glob] %s and %s: %s', (glob, path, expected) => {
    expect(compileGlob(glob)(path)).toBe(expected);
  });

  test('[S11] a glob made to take for ever takes no longer than others', () => {
    const start = performance.now();
    expect(compileGlob(`${'*a'.repeat(500)}b`)('a'.repeat(5000))).toBe(false);
    expect(compileGlob(`${'**/a/'.repeat(500)}b`)('a/'.repeat(2000))).toBe(false);
    expect(compileGlob('{a,b}'.repeat(40))('a'.repeat(40))).toBe(false);
    expect(performance.now() - start).toBeLessThan(2000);
  });
});
