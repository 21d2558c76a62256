import type { Comparison } from './measure.ts';

/** One result; `npm run bench` prints each as a line of JSON. */
export interface Row {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** The same work done without us, in the same run and the same unit. */
  readonly anchor: number | null;
  readonly ratio: number | null;
  /** Of the ratio where there is one, else of the value; null: context, see there. */
  readonly bound: number | null;
  readonly ok: boolean;
  /** Whatever helps to understand the row; stands in out/bench.json only. */
  readonly details?: unknown;
}

/** A count or a size that must not be above `bound`. */
export const counted = (name: string, value: number, unit: string, bound: number, details?: unknown): Row => ({
  name,
  value,
  unit,
  anchor: null,
  ratio: null,
  bound,
  ok: value <= bound,
  details,
});

/** A ratio that must not be above `bound`: too high only when all of its confidence interval is. */
export const compared = (name: string, unit: string, comparison: Comparison, bound: number): Row =>
  told(name, unit, comparison, bound, comparison.low <= bound);

/** A ratio that must not be below `bound`: too low only when all of its confidence interval is. */
export const reached = (name: string, unit: string, comparison: Comparison, bound: number): Row =>
  told(name, unit, comparison, bound, comparison.high >= bound);

const told = (name: string, unit: string, comparison: Comparison, bound: number, ok: boolean): Row => {
  const { ours, anchor, ratio, low, high, ratios } = comparison;
  const details = { interval: [rounded(low), rounded(high)], ratios: ratios.map(rounded) };
  return { name, value: rounded(ours), unit, anchor: rounded(anchor), ratio: rounded(ratio), bound, ok, details };
};

/** For whoever reads a row beside it, which has the bound; it promises nothing and cannot fail. */
export const context = (row: Row): Row => ({ ...row, bound: null, ok: true });

/** Prints the rows; what a bench file does when it is run by itself. */
export const report = (rows: readonly Row[]): void => {
  for (const row of rows) {
    console.log(toLine(row));
    if (row.details !== undefined) console.error(`# ${JSON.stringify(row.details)}`);
  }
  process.exitCode = rows.every(({ ok }) => ok) ? 0 : 1;
};

/** Three digits that mean something, or all before the point. */
export const rounded = (value: number): number =>
  Math.abs(value) >= 100 ? Math.round(value) : Number(value.toPrecision(3));

export const toLine = ({ name, value, unit, anchor, ratio, bound, ok }: Row): string =>
  JSON.stringify({ name, value, unit, anchor, ratio, bound, ok });
