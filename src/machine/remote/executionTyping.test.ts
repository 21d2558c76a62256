import { expect, test } from 'vitest';
import { TypedLine } from './executionTyping.ts';

test('[environment 10 typing] what is typed is shown, and given by the line', () => {
  const line = new TypedLine();
  expect(line.take('ec')).toEqual({ echo: 'ec', lines: [] });
  expect(line.take('ho 1\r')).toEqual({ echo: 'ho 1\n', lines: ['echo 1'] });
  expect(line.take('a\r\nb\nc')).toEqual({ echo: 'a\nb\nc', lines: ['a', 'b'] });
  expect(line.shown).toBe('c');
});

test('[environment 10 typing] what is taken back is drawn again, behind the prompt', () => {
  const line = new TypedLine();
  line.prompt = 'box$ ';
  line.take('one two');
  expect(line.take('\u007F').echo).toBe('\r\u001B[Kbox$ one tw');
  expect(line.take('\u0017').echo).toBe('\r\u001B[Kbox$ one ');
  expect(line.take('\u0015').echo).toBe('\r\u001B[Kbox$ ');
  expect(line.take('\u007F').echo).toBe('\u0007');
  line.take('x👩‍👩‍👧');
  expect(line.take('\b').echo).toBe('\r\u001B[Kbox$ x');
});

test('[environment 10 typing] earlier lines come back, and the way out of them leads to an empty one', () => {
  const line = new TypedLine();
  line.take('one\rtwo\rtwo\r \r');
  expect(line.take('\u001B[A').echo).toBe('\r\u001B[Ktwo');
  expect(line.take('\u001B[A').echo).toBe('\r\u001B[Kone');
  expect(line.take('\u001B[A').echo).toBe('\u0007');
  expect(line.take('\u001B[B\u001B[B').echo).toBe('\r\u001B[Ktwo\r\u001B[K');
  expect(line.take('\u001B[A!\r').lines).toEqual(['two!']);
});

test('[environment 10 typing] Ctrl+C forgets what was typed, Ctrl+D says the end of nothing alone', () => {
  const line = new TypedLine();
  expect(line.take('half\u0003')).toEqual({ echo: 'half^C\n', lines: [], key: 'interrupt' });
  expect(line.take('x\u0004').key).toBeUndefined();
  line.take('\u0015');
  expect(line.take('\u0004')).toEqual({ echo: '', lines: [], key: 'end' });
});

test('[environment 10 typing] keys that mean nothing here are told by the bell, and are in no line', () => {
  const line = new TypedLine();
  expect(line.take('a\u001B[C\u001BOP\u001B[1;5D\u0001b\r').lines).toEqual(['ab']);
});
