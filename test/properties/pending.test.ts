import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Failure } from '../../src/base/failure.ts';
import { Pending } from '../../src/base/pending.ts';
import { manualClock } from '../../src/base/testing.ts';

type Step =
  | { readonly do: 'add'; readonly key: number; readonly timeout: number | undefined }
  | { readonly do: 'settle' | 'fail' | 'abort'; readonly key: number }
  | { readonly do: 'wait'; readonly for: number }
  | { readonly do: 'end' };

const MOST = 4;
const TIMEOUT = 30_000;
const key = fc.nat({ max: 6 });
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('add' as const),
      key,
      timeout: fc.option(fc.integer({ min: 1, max: 60_000 }), { nil: undefined }),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constantFrom('settle' as const, 'fail' as const, 'abort' as const), key }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('wait' as const), for: fc.nat({ max: 40_000 }) }) },
  { weight: 1, arbitrary: fc.constant<Step>({ do: 'end' }) },
);

interface Asked {
  readonly expected: string;
  readonly found: Promise<string>;
}

describe('pending', () => {
  test('[pending] each that asks hears once, of its own answer, its time, its signal or the end; nothing is left', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const clock = manualClock();
        const pending = new Pending<number, string>({ clock, most: MOST, timeout: TIMEOUT });
        /** What is under way, by a model that knows nothing but what was done. */
        const open = new Map<number, { until: number; stop: AbortController; tell(what: string): void }>();
        const asked: Asked[] = [];
        let [ended, late, serial] = [false, 0, 0];
        const ask = (wanted: number, timeout: number | undefined): void => {
          const stop = new AbortController();
          const told = pending.add(wanted, timeout === undefined ? {} : { timeout }, stop.signal).then(
            (value) => `value ${value}`,
            (failure: unknown) => (failure instanceof Failure ? failure.code : String(failure)),
          );
          const entry = { expected: '', found: told };
          asked.push(entry);
          if (ended) entry.expected = 'over';
          else if (open.size >= MOST) entry.expected = 'busy';
          else if (open.has(wanted)) entry.expected = 'Error: This key waits for an answer already.';
          else {
            const tell = (what: string): void => void (open.delete(wanted), (entry.expected = what));
            open.set(wanted, { until: clock.monotonic() + (timeout ?? TIMEOUT), stop, tell });
          }
        };
        for (const next of steps) {
          serial += 1;
          if (next.do === 'add') ask(next.key, next.timeout);
          else if (next.do === 'wait') {
            clock.advance(next.for);
            for (const { until, tell } of [...open.values()]) if (until <= clock.monotonic()) tell('unanswered');
          } else if (next.do === 'end') {
            ended = true;
            pending.end(new Failure('over', 'It is over.'));
            for (const { tell } of [...open.values()]) tell('over');
          } else {
            const at = open.get(next.key);
            if (next.do === 'abort') at?.stop.abort('given up');
            else {
              const isHeard =
                next.do === 'settle'
                  ? pending.settle(next.key, String(serial))
                  : pending.fail(next.key, new Failure('no', 'It does not.'));
              expect(isHeard).toBe(at !== undefined);
              if (at === undefined) late += 1;
            }
            at?.tell(next.do === 'settle' ? `value ${serial}` : next.do === 'fail' ? 'no' : 'given up');
          }
          expect([pending.size, pending.late, clock.waiting]).toEqual([open.size, late, open.size]);
          expect(pending.only()).toBe(open.size === 1 ? [...open.keys()][0] : undefined);
        }
        pending.end(new Failure('over', 'It is over.'));
        for (const { tell } of [...open.values()]) tell('over');
        expect(await Promise.all(asked.map(({ found }) => found))).toEqual(asked.map(({ expected }) => expected));
        expect(clock.waiting).toBe(0);
      }),
      { numRuns: 500 },
    );
  });
});
