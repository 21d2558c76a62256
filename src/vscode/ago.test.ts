import { describe, expect, test } from 'vitest';
import { ago } from './ago.ts';

const HOUR = 3_600_000;

describe('how long ago something was', () => {
  test.each([
    [0, 'now'],
    [59_999, 'now'],
    [60_000, '1 minute ago'],
    [59 * 60_000, '59 minutes ago'],
    [HOUR, '1 hour ago'],
    [23.9 * HOUR, '23 hours ago'],
    [24 * HOUR, 'yesterday'],
    [3 * 24 * HOUR, '3 days ago'],
    [8 * 24 * HOUR, 'last week'],
    [70 * 24 * HOUR, '2 months ago'],
    [800 * 24 * HOUR, '2 years ago'],
    [-HOUR, 'now'],
  ])('[sessions] %i ms are “%s”', (passed, words) => {
    expect(ago(1e12 - passed, 1e12, 'en')).toBe(words);
  });

  test('[sessions] in the language of the window', () => {
    expect(ago(0, 3 * HOUR, 'de')).toBe('vor 3 Stunden');
  });
});
