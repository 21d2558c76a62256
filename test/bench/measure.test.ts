import { describe, expect, test } from 'vitest';
import { compare, interval, median } from './measure.ts';
import { compared, reached } from './row.ts';

/** Answers with these in turn, for ever. */
const giving = (...numbers: readonly number[]) => {
  let next = 0;
  return (): number => numbers[next++ % numbers.length] ?? 0;
};

describe('a comparison', () => {
  test('[bench] the median, and an interval around it', () => {
    expect([median([3, 1, 2]), median([4, 1, 2, 3])]).toEqual([2, 2.5]);
    const [low, high] = interval([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(low).toBeGreaterThanOrEqual(1);
    expect(low).toBeLessThan(5);
    expect(high).toBeGreaterThan(5);
  });

  test('[bench] runs the two in turn, and the first blocks do not count', async () => {
    const order: string[] = [];
    const side = (name: string, numbers: () => number) => (): number => {
      order.push(name);
      return numbers();
    };
    const comparison = await compare(side('o', giving(99, 99, 10, 10)), side('a', giving(1, 1, 5, 5)), {
      blocks: 1,
      warmUp: 1,
    });
    expect(order.join('')).toBe('aooaaooa');
    expect(comparison).toEqual({ ours: 10, anchor: 5, ratio: 2, low: 2, high: 2, ratios: [2] });
  });

  test('[bench] a row fails when all of the interval is beyond the bound, and not for a disturbed block', async () => {
    const slow = await compare(giving(3), giving(2));
    expect(compared('x', 'ms', slow, 1.2)).toMatchObject({ ratio: 1.5, ok: false });
    expect(reached('x', '/s', slow, 1.6)).toMatchObject({ ratio: 1.5, ok: false });
    expect(reached('x', '/s', slow, 1.4)).toMatchObject({ ok: true });
    const disturbed = await compare(giving(1, 1, 1, 1, 1, 1, 1, 1, 1, 300), giving(1));
    expect(compared('x', 'ms', disturbed, 1.2)).toMatchObject({ ratio: 1, ok: true });
  });

  test('[bench] an anchor that was disturbed is measured once more', async () => {
    let runs = 0;
    const restless = (): number => {
      runs += 1;
      return runs <= 30 ? 1 + (runs % 7) : 2;
    };
    expect(await compare(giving(2), restless)).toMatchObject({ anchor: 2, ratio: 1 });
    expect(runs).toBe(60);
  });
});
