import { expect, test } from 'vitest';
import { timeOf } from './time.ts';

test.each([
  ['2026-11-20 21:43:51.05+00', '2026-11-20T21:43:51.050Z'],
  ['2026-11-20T21:43:51.050Z', '2026-11-20T21:43:51.050Z'],
  ['2026-11-20 23:43:51+02', '2026-11-20T21:43:51.000Z'],
  ['2026-11-20 21:43:51.123456-05:30', '2026-11-21T03:13:51.123Z'],
  ['2026-11-20 21:43:51', '2026-11-20T21:43:51.000Z'],
])('[flamecast 3 dates] %s', (written, iso) => {
  expect(new Date(timeOf(written) ?? Number.NaN).toISOString()).toBe(iso);
});

test.each(['', 'yesterday', '2026-13-40 99:00:00', '1763674431'])('[flamecast 3 dates] “%s” is none', (written) => {
  expect(timeOf(written)).toBeUndefined();
});
