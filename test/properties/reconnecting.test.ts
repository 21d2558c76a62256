import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Link, linkedPair } from '../../src/base/duplex.ts';
import { Failure } from '../../src/base/failure.ts';
import { silent } from '../../src/base/log.ts';
import { Reconnecting } from '../../src/base/reconnecting.ts';
import { manualClock } from '../../src/base/testing.ts';

/** What a far side does with the attempts, in their order, and how long each connection lives; after the last it is well. */
type Fate =
  | { readonly kind: 'fails' | 'refuses' | 'greets badly' | 'mute' }
  | { readonly kind: 'lives'; readonly for: number };

const fate: fc.Arbitrary<Fate> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('lives' as const), for: fc.nat({ max: 120_000 }) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constantFrom('fails' as const, 'refuses' as const, 'greets badly' as const, 'mute' as const),
    }),
  },
);

const lost = new Failure('lost', 'It broke off.');
const turned = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('reconnecting', () => {
  test('[R1] [R2] [R3] whatever becomes of the attempts: one at a time, none later than 30 s, and it is connected at last', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fate, { maxLength: 12 }), fc.boolean(), async (fates, isPushed) => {
        const clock = manualClock();
        let [attempts, alive, refusals] = [0, 0, 0];
        let last: Fate | undefined;
        let downSince: number | undefined;
        const connection = new Reconnecting<string>({
          connect: async () => {
            expect(alive).toBe(0);
            if (downSince !== undefined) expect(clock.monotonic() - downSince).toBeLessThanOrEqual(30_000 + 1_000);
            last = fates[attempts];
            attempts += 1;
            downSince = clock.monotonic();
            if (last?.kind === 'fails') throw lost;
            if (last?.kind === 'refuses') throw new Failure('refused', 'No.');
            alive += 1;
            const closed = Promise.withResolvers<Failure>();
            const over = (why: Failure): void => {
              downSince = clock.monotonic();
              closed.resolve(why);
            };
            if (last?.kind === 'lives') clock.after(last.for, () => over(lost));
            const link: Link<string> = {
              messages: linkedPair<string>()[0],
              closed: closed.promise.finally(() => (alive -= 1)),
              end: () => over(new Failure('ended', 'We left.')),
            };
            return link;
          },
          clock,
          log: silent,
          name: 'A box',
          greet: () => {
            if (last?.kind === 'greets badly') return Promise.reject(new Error('What was that?'));
            return last?.kind === 'mute' ? new Promise(() => undefined) : Promise.resolve();
          },
          changed: () => undefined,
        });
        const isWell = (): boolean => attempts === fates.length + 1 && connection.state === 'connected';
        for (let turn = 0; !isWell() && turn < 5_000; turn += 1) {
          await turned();
          if (connection.state === 'refused') {
            refusals += 1;
            const before = attempts;
            connection.retry();
            clock.advance(60_000);
            await turned();
            expect(attempts).toBe(before);
            downSince = undefined;
            connection.reach(new AbortController().signal).catch(() => undefined);
          }
          if (isPushed) connection.retry();
          clock.advance(500);
        }
        expect(isWell()).toBe(true);
        expect(refusals).toBe(fates.filter(({ kind }) => kind === 'refuses').length);
        expect(connection.trouble).toBe(undefined);
        await connection[Symbol.asyncDispose]();
        expect(alive).toBe(0);
      }),
      { numRuns: 200 },
    );
  });
});
