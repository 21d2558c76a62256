import { describe, expect, test } from 'vitest';
import { largeIn, shortText, wholeText } from './large.ts';

const name = 'ab'.repeat(32);

describe('a text that is kept apart', () => {
  test('[limits] leaves its beginning, its end and its name, and comes back as it was', () => {
    const large = `${'first line\n'.repeat(20_000)}$& $1 ${'last line\n'.repeat(20_000)}`;
    const short = shortText(large, name);
    expect(short.length).toBeLessThan(8 * 1024);
    expect([short.startsWith('first line'), short.endsWith('last line\n')]).toEqual([true, true]);
    expect(largeIn(short)).toEqual({ name, left: large.length - 7000 });
    const within = `said before ${short} said after`;
    expect(wholeText(within, { name, left: 0 }, large)).toBe(`said before ${large} said after`);
  });

  test('[limits] no character is cut in two, and bytes have no beginning to be read', () => {
    const short = shortText(`x${'😀'.repeat(5000)}y`, name);
    expect(short.isWellFormed()).toBe(true);
    const picture = 'iVBORw0KGgo+/='.repeat(1000);
    expect(shortText(picture, name)).toBe(
      `[… ${picture.length} characters are kept apart …](wheelhouse:large/${name})`,
    );
    expect(wholeText(shortText(picture, name), { name, left: 0 }, picture)).toBe(picture);
  });

  test('[limits] what only looks like a mark names nothing', () => {
    for (const text of ['', 'wheelhouse:large/ab', `wheelhouse:large/${name}`, `[… x characters: ${name} …]`])
      expect(largeIn(text)).toBeUndefined();
  });
});
