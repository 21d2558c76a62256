import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Backoff } from '../../src/base/backoff.ts';
import { manualClock } from '../../src/base/testing.ts';

type Step =
  | { readonly do: 'start'; readonly lives: number }
  | { readonly do: 'fail'; readonly after: number }
  | { readonly do: 'rest'; readonly for: number }
  | { readonly do: 'forgive' };

const time = fc.oneof(fc.nat({ max: 2000 }), fc.nat({ max: 59_999 }), fc.integer({ min: 60_000, max: 600_000 }));
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: time.map((lives): Step => ({ do: 'start', lives })) },
  { weight: 3, arbitrary: time.map((after): Step => ({ do: 'fail', after })) },
  { weight: 1, arbitrary: time.map((rest): Step => ({ do: 'rest', for: rest })) },
  { weight: 1, arbitrary: fc.constant<Step>({ do: 'forgive' }) },
);

describe('backoff', () => {
  test('[demand 16] waits are at most 30 s, grow by doubling, end with health, and five ends in a minute are all', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const clock = manualClock();
        const backoff = new Backoff(clock);
        let [ends, failed] = [[] as number[], 0];
        let count = 0;
        const forget = (): void => void ([ends, failed, count] = [[], 0, 0]);
        for (const next of steps) {
          if (next.do === 'forgive') {
            backoff.forgive();
            forget();
          } else if (next.do === 'rest') clock.advance(next.for);
          else {
            const within = ends.filter((end) => clock.monotonic() - end < 60_000);
            if (backoff.givenUp) {
              // Once given up it stays so, however long one waits.
              expect(ends.length >= 5 || failed >= 5).toBe(true);
              continue;
            }
            expect(within.length).toBeLessThan(5);
            expect(failed).toBeLessThan(5);
            const limit = count < 2 ? 0 : Math.min(30_000, 250 * 2 ** (count - 2));
            expect(backoff.wait).toBeLessThanOrEqual(limit);
            clock.advance(backoff.wait);
            expect(backoff.wait).toBe(0);
            const lives = next.do === 'start' ? next.lives : next.after;
            if (next.do === 'start') {
              backoff.up();
              failed = 0;
            }
            clock.advance(lives);
            backoff.down();
            if (next.do === 'start' && lives >= 60_000) forget();
            if (next.do === 'fail') failed += 1;
            count += 1;
            ends.push(clock.monotonic());
          }
          expect(backoff.ends).toBe(count);
        }
      }),
      { numRuns: 500 },
    );
  });

  test('[demand 16] jitter is spread over the whole of what is allowed', () => {
    const clock = manualClock();
    const waits = Array.from({ length: 2000 }, () => {
      const backoff = new Backoff(clock);
      backoff.down();
      expect(backoff.wait).toBe(0);
      backoff.down();
      return backoff.wait;
    });
    const quarters = [0, 1, 2, 3].map((nth) => waits.filter((wait) => Math.floor(wait / 62.5) === nth).length);
    for (const many of quarters) expect(many).toBeGreaterThan(400);
    expect(Math.max(...waits)).toBeLessThan(250);
  });
});
