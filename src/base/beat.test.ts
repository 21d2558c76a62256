import { describe, expect, test } from 'vitest';
import { atBeat, BEAT } from './beat.ts';
import type { Clock } from './clock.ts';
import { manualClock } from './testing.ts';

describe('the beat', () => {
  test('[host] all that beats does it at the same moments, whenever it began', () => {
    const clock = manualClock();
    const beats: number[][] = [];
    for (let index = 0; index < 20; index += 1) {
      const own: number[] = [];
      beats.push(own);
      const beat = (): void => {
        own.push(clock.monotonic());
        atBeat(clock, beat);
      };
      atBeat(clock, beat);
      clock.advance(1700);
    }
    clock.advance(4 * BEAT - clock.monotonic());
    for (const own of beats) expect([1, 2, 3, 4].map((n) => n * BEAT)).toEqual(expect.arrayContaining(own));
    expect(beats.map((own) => own.at(-1))).toEqual(beats.map(() => 4 * BEAT));
    // Nobody is silent for longer than one beat and a half.
    expect(beats.at(-1)).toEqual([3 * BEAT, 4 * BEAT]);
  });

  test('[host] a timer that is early does not make two of one', () => {
    const waits: number[] = [];
    const early: Clock = {
      ...manualClock(),
      monotonic: () => BEAT - 0.7,
      after(milliseconds) {
        waits.push(milliseconds);
        return { dispose: () => undefined };
      },
    };
    atBeat(early, () => undefined);
    expect(waits).toEqual([BEAT + 0.7].map((wait) => expect.closeTo(wait, 5)));
  });
});
