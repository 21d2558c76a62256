// Ratios that hold on a noisy machine: two things are run in turn (A B B A) in short blocks; what counts is the median
// of the ratios of the blocks, with an interval around it: a row fails only when all of the interval is beyond the bound.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

export interface Comparison {
  /** Medians over the blocks, in the unit in which the two sides answer. */
  readonly ours: number;
  readonly anchor: number;
  /** Median of `ours / anchor` of the blocks, and its 95 % interval. */
  readonly ratio: number;
  readonly low: number;
  readonly high: number;
  readonly ratios: readonly number[];
}

/** Does its piece of work once, and answers with what it measured. */
export type Side = () => Promise<number> | number;

export const median = (numbers: readonly number[]): number => {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const [low = Number.NaN, high = Number.NaN] = [sorted[sorted.length % 2 === 0 ? middle - 1 : middle], sorted[middle]];
  return (low + high) / 2;
};

/** Always the same throws, so that the same measurements always give the same interval. */
const dice = (): (() => number) => {
  let state = 1;
  return () => (state = (state * 48271) % 2147483647) / 2147483647;
};

/** The 95 % interval of the median, by drawing the numbers anew 2,000 times. */
export const interval = (numbers: readonly number[]): readonly [number, number] => {
  const roll = dice();
  const draw = (): number => median(numbers.map(() => numbers[Math.floor(roll() * numbers.length)] ?? Number.NaN));
  const medians = Array.from({ length: 2000 }, draw).sort((a, b) => a - b);
  return [medians[50] ?? Number.NaN, medians[1949] ?? Number.NaN];
};

/** Median absolute deviation, as a share of the median. */
const spread = (numbers: readonly number[]): number => {
  const middle = median(numbers);
  return median(numbers.map((number) => Math.abs(number - middle))) / middle;
};

export interface Blocks {
  /** At least 15 for an interval that means something. */
  readonly blocks?: number;
  /** Blocks that are run first and do not count. */
  readonly warmUp?: number;
}

export const compare = async (
  ours: Side,
  anchor: Side,
  { blocks = 15, warmUp = 0 }: Blocks = {},
): Promise<Comparison> => {
  const run = async (): Promise<readonly Block[]> => {
    const all: Block[] = [];
    for (let count = 0; count < blocks + warmUp; count += 1) all.push(await block(ours, anchor));
    return all.slice(warmUp);
  };
  const first = await run();
  // A disturbed anchor says more of the machine than of us: once more, and then that counts.
  const kept = spread(first.map((one) => one.anchor)) > 0.15 ? await run() : first;
  const ratios = kept.map((one) => one.ours / one.anchor);
  const [low, high] = interval(ratios);
  return {
    ours: median(kept.map((one) => one.ours)),
    anchor: median(kept.map((one) => one.anchor)),
    ratio: median(ratios),
    low,
    high,
    ratios,
  };
};

interface Block {
  readonly ours: number;
  readonly anchor: number;
}

setFlagsFromString('--expose-gc');
/** Asked for in this way it is there without a flag on the command line. */
const collect = runInNewContext('gc') as (how: { readonly type: 'minor' }) => void;

/**
 * Collects what is new and garbage, and makes old what is not: else whoever works next pays for what was before. Not
 * what is old and garbage: with that, code goes that was made for objects of which none is left, and all starts cold.
 */
export const settle = (): void => {
  // What has survived twice is old.
  collect({ type: 'minor' });
  collect({ type: 'minor' });
};

const measured = (side: Side): Promise<number> | number => {
  settle();
  return side();
};

const block = async (ours: Side, anchor: Side): Promise<Block> => {
  const a = await measured(anchor);
  const [b, c] = [await measured(ours), await measured(ours)];
  const d = await measured(anchor);
  return { ours: (b + c) / 2, anchor: (a + d) / 2 };
};
