import { describe, expect, test } from 'vitest';
import { KeptOutput } from './keptOutput.ts';

const ALL = Number.MAX_SAFE_INTEGER;

describe('the output of a command', () => {
  test('[environment 10 log] a page ends where the next one begins, and all pages together are all of it', () => {
    const output = new KeptOutput();
    output.append('one\ntwo\nthree\n');
    expect(output.page(0, ALL, false)).toEqual({ text: 'one\ntwo\nthree\n', next: 3 });
    expect(output.page(0, 2, false)).toEqual({ text: 'one\ntwo', next: 2 });
    expect(output.page(2, 2, false)).toEqual({ text: 'three\n', next: 3 });
    expect(output.page(3, 2, true)).toEqual({ text: '', next: 3 });
    expect(output.page(7, 2, false)).toEqual({ text: '', next: 3 });
  });

  test('[environment 10 log] a line that is not whole yet is shown, and read again when it is', () => {
    const output = new KeptOutput();
    output.append('one\nPass');
    expect(output.page(0, ALL, false)).toEqual({ text: 'one\nPass', next: 1 });
    expect(output.page(0, 1, false)).toEqual({ text: 'one', next: 1 });
    output.append('word:');
    expect(output.page(1, ALL, false)).toEqual({ text: 'Password:', next: 1 });
    expect(output.page(1, ALL, true)).toEqual({ text: 'Password:', next: 2 });
    expect(output.page(2, ALL, true)).toEqual({ text: '', next: 2 });
  });

  test('[environment 11 limits] only the end is kept, and what is gone is counted', () => {
    const output = new KeptOutput(10);
    output.append('a\nb\n');
    output.append('c\nd\ne\nf\ng\nh\n');
    expect(output.text).toBe('d\ne\nf\ng\nh\n');
    expect(output.droppedChars).toBe(6);
    expect(output.page(0, 2, false)).toEqual({ text: 'd\ne', next: 2 });
    for (let at = 0; at < 100; at += 1) output.append('12345\n');
    expect(output.text).toBe('345\n12345\n');
    expect(output.droppedChars).toBe(16 + 600 - 10);
  });

  test('[environment 11 limits] half of a character is not kept', () => {
    const output = new KeptOutput(3);
    output.append('a👋bc');
    expect(output.text).toBe('bc');
    expect(output.droppedChars).toBe(3);
  });
});
