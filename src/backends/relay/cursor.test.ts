import { describe, expect, test } from 'vitest';
import type { Welcome } from '../../relay/decode.ts';
import { ReplayCursor } from './cursor.ts';

const welcome = (headSeq: number, more: Partial<Welcome> = {}): Welcome => ({
  headSeq,
  reset: false,
  busy: false,
  pending: [],
  wheel: { lease: false, epoch: 0 },
  ...more,
});

const at = (seq: number, host?: string): ReplayCursor => {
  const cursor = new ReplayCursor();
  cursor.welcome(welcome(seq, host === undefined ? {} : { hostId: host }));
  for (let rseq = 1; rseq <= seq; rseq += 1) cursor.take(rseq);
  return cursor;
};

describe('where we are in the numbers of a relay', () => {
  test('[U1] what was taken is known, whoever says it again', () => {
    const cursor = at(3);
    expect([1, 3, 4, 4].map((rseq) => cursor.take(rseq))).toEqual(['known', 'known', 'new', 'known']);
    expect(cursor.query).toEqual({ last_seq: '4' });
  });

  test('[U2] a hole is asked for once more; where it is still there, it is told how large it is', () => {
    const cursor = at(3);
    expect(cursor.take(6)).toBe('again');
    expect(cursor.seq).toBe(3);
    expect(cursor.welcome(welcome(6))).toBe('on');
    expect(cursor.take(6)).toBe(2);
    expect(cursor.take(8)).toBe('again');
  });

  test('[U2] a history that is told anew leaves numbers out, and what is new behind it does not', () => {
    const cursor = at(3);
    expect(cursor.welcome(welcome(10, { reset: true }))).toBe('afresh');
    expect([2, 7].map((rseq) => cursor.take(rseq))).toEqual(['new', 'new']);
    // The last of its numbers may be of something that is never told again.
    expect(cursor.take(11)).toBe('new');
    expect(cursor.take(13)).toBe('again');
    expect(cursor.seq).toBe(11);
  });

  test('[U3] another process that says reset, and one that does not', () => {
    const told = at(3, 'one');
    expect(told.welcome(welcome(9, { hostId: 'two', reset: true }))).toBe('afresh');
    const untold = at(3, 'one');
    expect(untold.welcome(welcome(9, { hostId: 'two' }))).toBe('again');
    expect(untold.query).toEqual({ last_seq: '0', host_id: 'two' });
    expect(untold.welcome(welcome(9, { hostId: 'two' }))).toBe('afresh');
    expect(untold.take(1)).toBe('new');
  });

  test('[U3] a server that has said less than we have heard is another one, whatever it calls itself', () => {
    const cursor = at(3);
    expect(cursor.welcome(welcome(2))).toBe('again');
    expect(cursor.welcome(welcome(2))).toBe('afresh');
  });
});
