import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { OutputBuffer } from './outputBuffer.ts';

/** What the rule says, done the slow way. */
const kept = (text: string, limit: number): string => {
  let rest = Array.from(text);
  while (Buffer.byteLength(rest.join('')) > limit) rest = rest.slice(1);
  return rest.join('');
};

describe('output buffer', () => {
  test('[acp 3] [acp 4.1.8] whatever comes in whatever pieces, the last whole characters within the limit are kept', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'grapheme', maxLength: 20 })), fc.nat(40), (chunks, limit) => {
        const buffer = new OutputBuffer(limit);
        let whole = '';
        for (const chunk of chunks) {
          buffer.append(chunk);
          whole += chunk;
          expect(buffer.text()).toBe(kept(whole, limit));
          expect(buffer.truncated).toBe(Buffer.byteLength(whole) > limit);
        }
      }),
      { numRuns: 500, examples: [[[' ', '\u{10000}'], 1]] },
    );
  });

  test('[P12] what a chunk costs does not depend on the limit: no byte is moved more than twice', () => {
    for (const limit of [10 * 1024, 10 * 1024 * 1024]) {
      const buffer = new OutputBuffer(limit);
      const copy = vi.spyOn(Buffer.prototype, 'copy');
      for (let sent = 0; sent < 20_000; sent += 1) buffer.append('x'.repeat(1024));
      const moved = copy.mock.results.reduce((sum, result) => sum + Number(result.value), 0);
      copy.mockRestore();
      // Once into the ring, and less than once more while the ring grows.
      expect(moved / (20_000 * 1024)).toBeLessThan(2);
      expect(buffer.text()).toHaveLength(limit);
    }
  });
});
