import type { Action } from './action.ts';
import type { Finding, Swept } from './sweep.ts';
import type { Counts } from './violation.ts';

/** What was done, what went wrong, and what was looked at: each kind with its count. */
export const countsOf = ({ actions, faults, checks }: Swept): string =>
  [['actions', actions] as const, ['faults', faults] as const, ['checks', checks] as const]
    .map(([name, counts]) => `${name}\n${rows(counts)}`)
    .join('\n');

const rows = ({ all }: Counts): string =>
  [...all]
    .toSorted(([, a], [, b]) => b - a)
    .map(([name, times]) => `  ${String(times).padStart(11)}  ${name}`)
    .join('\n');

export const summaryOf = ({ steps, worlds, ms }: Swept): string =>
  `${steps} steps in ${worlds} worlds, ${(ms / 1000).toFixed(1)} s, ${Math.round((steps / ms) * 1000)} steps/s`;

/** What happened, how to see it again, and the shortest history that leads to it, as lines of JSON. */
export const findingOf = ({ seed, steps, message, shortest }: Finding): string =>
  [
    message,
    `Again: npm run simulate -- --seed ${seed} --steps ${steps}`,
    `The shortest history, for npm run simulate -- --history FILE:`,
    linesOf(shortest),
  ].join('\n');

const linesOf = (history: readonly Action[]): string => history.map((action) => JSON.stringify(action)).join('\n');
