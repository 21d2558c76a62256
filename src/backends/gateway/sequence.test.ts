import { expect, test } from 'vitest';
import { Sequence } from './sequence.ts';

test('[gateway 9 sequence] in order, again, and with a hole', () => {
  const sequence = new Sequence();
  expect(sequence.take(5, 'content_delta').kind).toBe('next');
  expect(sequence.take(6, 'content_delta').kind).toBe('next');
  expect(sequence.take(6, 'content_delta').kind).toBe('known');
  expect(sequence.take(9, 'content_delta')).toEqual({ kind: 'hole', lost: 2 });
});

test('[gateway 9 sequence] where the gateway’s own events belong a small hole is none, but for after a cut', () => {
  const sequence = new Sequence();
  sequence.take(1, 'tick_start');
  expect(sequence.take(5, 'message_start').kind).toBe('next');
  expect(sequence.take(8, 'content_start')).toEqual({ kind: 'hole', lost: 2 });
  sequence.take(9, 'tick_start');
  sequence.cut();
  expect(sequence.take(11, 'message_start')).toEqual({ kind: 'hole', lost: 1 });
});

test('[gateway 9 sequence] after a cut a lower number is of another count; within a connection only a run begins one', () => {
  const sequence = new Sequence();
  sequence.take(7, 'execution_end');
  expect(sequence.take(1, 'execution_start').kind).toBe('afresh');
  expect(sequence.take(2, 'tick_start').kind).toBe('next');
  sequence.take(9, 'execution_end');
  sequence.cut();
  expect(sequence.take(3, 'content_delta').kind).toBe('afresh');
});

test('[gateway 9 sequence] a run inside may count along, and a hole that is told already is not told again', () => {
  const sequence = new Sequence();
  sequence.take(1, 'spawn_start');
  for (const number of [2, 3, 4]) sequence.inner(number);
  expect(sequence.take(5, 'spawn_end').kind).toBe('next');
  sequence.forgive();
  expect(sequence.take(9, 'content_delta').kind).toBe('next');
  expect(sequence.take(12, 'content_delta')).toEqual({ kind: 'hole', lost: 2 });
});

test('[gateway 9 sequence] one that was heard before goes on from there', () => {
  expect(new Sequence(4).take(5, 'content_delta').kind).toBe('next');
  expect(new Sequence(4).take(8, 'content_delta')).toEqual({ kind: 'hole', lost: 3 });
});
