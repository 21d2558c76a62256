import fc from 'fast-check';
import { expect, test } from 'vitest';
import { WithoutQueries } from './queries.ts';

const ESC = '\u001b';
const QUERIES = [
  '[c',
  '[>c',
  '[0c',
  '[6n',
  '[?6n',
  '[5n',
  '[?2026$p',
  '[>q',
  '[?u',
  ']11;?\u0007',
  `]4;1;?${ESC}\\`,
  'Z',
];
const KEPT = ['[31m', '[2J', '[?25l', '[10;5H', ']0;title\u0007', '(B', '[?1049h', '7'];

test.each(QUERIES)('[terminal 10] the question ESC %s is left out, wherever it is torn', (query) => {
  const text = `before${ESC}${query}behind`;
  for (let at = 0; at <= text.length; at += 1) {
    const filter = new WithoutQueries();
    expect(filter.push(text.slice(0, at)) + filter.push(text.slice(at)) + filter.rest()).toBe('beforebehind');
  }
});

test.each(KEPT)('[terminal 10] ESC %s asks for nothing and stays, wherever it is torn', (sequence) => {
  const text = `before${ESC}${sequence}behind`;
  for (let at = 0; at <= text.length; at += 1) {
    const filter = new WithoutQueries();
    expect(filter.push(text.slice(0, at)) + filter.push(text.slice(at)) + filter.rest()).toBe(text);
  }
});

test('[terminal 10] where nothing is asked, nothing is lost or moved', () => {
  const piece = fc.oneof(fc.string(), fc.constantFrom(...KEPT.map((sequence) => `${ESC}${sequence}`)));
  fc.assert(
    fc.property(fc.array(piece), (pieces) => {
      const filter = new WithoutQueries();
      const out = pieces.map((each) => filter.push(each)).join('') + filter.rest();
      expect(out).toBe(pieces.join(''));
    }),
  );
});
