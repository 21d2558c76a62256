import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Scrollback } from './scrollback.ts';

describe('what is kept of a terminal', () => {
  test('[P terminal] read from anywhere, in any pieces, it is the end of what was said, and no character is cut', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: 'grapheme', maxLength: 40_000 }), { maxLength: 8 }),
        fc.integer({ min: 1, max: 50_000 }),
        fc.nat({ max: 200_000 }),
        (texts, most, from) => {
          const kept = new Scrollback(64 * 1024);
          for (const text of texts) kept.push(text);
          const all = texts.join('');
          let [at, heard] = [from, ''];
          let first: number | undefined;
          for (let piece = kept.read(at, most + 1); piece !== undefined; piece = kept.read(at, most + 1)) {
            first ??= piece.at;
            if (heard !== '') expect(piece.at).toBe(at);
            expect(piece.text.length).toBeGreaterThan(0);
            expect(piece.text.length).toBeLessThanOrEqual(most + 1);
            heard += piece.text;
            at = piece.at + piece.text.length;
          }
          expect(heard).toBe(all.slice(first ?? all.length));
          expect(kept.end).toBe(all.length);
          // What is there is given from where it was asked for.
          if (from <= all.length && all.length <= 64 * 1024 && from >= 0) expect(first ?? all.length).toBe(from);
          expect(all.length - (first ?? all.length)).toBeLessThanOrEqual(64 * 1024);
        },
      ),
      { numRuns: 200 },
    );
  });

  test('[S32] what is too much is dropped from its start, and read from the next line on', () => {
    const kept = new Scrollback(32 * 1024);
    for (let line = 0; line < 20_000; line += 1) kept.push(`line ${line}\n`);
    const piece = kept.read(0, 1_000_000);
    expect(piece?.text).toMatch(/^line \d+\n/u);
    expect(piece?.text.endsWith('line 19999\n')).toBe(true);
    expect(piece?.text.length).toBeGreaterThan(15 * 1024);
    expect(piece?.text.length).toBeLessThanOrEqual(32 * 1024);
    expect((piece?.at ?? 0) + (piece?.text.length ?? 0)).toBe(kept.end);
    expect(kept.read(kept.end, 10)).toBeUndefined();
  });
});
