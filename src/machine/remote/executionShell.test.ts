import { expect, test } from 'vitest';
import { interrupting, ShellReader } from './executionShell.ts';

const SAID = { code: 7, pid: '42', folder: '/srv/a b' };

test('[environment 10 shell] what the shell says is told apart from what is shown, however it is cut', () => {
  const text = 'out\u001E7 42 /srv/a b\u001Emore\u001E7 42 /srv/a b\u001E';
  expect(new ShellReader().take(text)).toEqual(['out', SAID, 'more', SAID]);
  for (let at = 0; at <= text.length; at += 1) {
    const reader = new ShellReader();
    const parts = [...reader.take(text.slice(0, at)), ...reader.take(text.slice(at))];
    expect(parts.filter((part) => typeof part === 'string').join('')).toBe('outmore');
    expect(parts.filter((part) => typeof part !== 'string')).toEqual([SAID, SAID]);
  }
});

test('[environment 10 shell] a program that writes the sign for reasons of its own loses nothing but that', () => {
  const reader = new ShellReader();
  expect(reader.take('a\u001Enot what a shell says\u001Eb')).toEqual(['a', 'not what a shell says', 'b']);
  expect(reader.take('\u001Ebegun')).toEqual([]);
  expect(reader.end()).toBe('begun');
  expect(reader.take(`\u001E${'x'.repeat(10_000)}`)).toEqual(['x'.repeat(10_000)]);
});

test('[S29] a folder that is named by its maker shows no sequences, and a process id is a number', () => {
  expect(new ShellReader().take('\u001E0 1 /tmp/\u001B[31m\n\u001E')).toEqual([
    { code: 0, pid: '1', folder: '/tmp/?[31m?' },
  ]);
  expect(interrupting('1; id')).toContain('top=0 ');
});
