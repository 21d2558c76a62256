import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { judgeWrite, linesOf, lookAtFile, type Print, printOf } from './lostWrite.ts';

const print = (text: string | Uint8Array | undefined): Print =>
  printOf('/w/a', text === undefined ? undefined : Buffer.from(text));

test.each([
  ['it stands there', 'old', 'new', 'written'],
  ['with other line ends and a mark', 'old', '\uFEFFne\r\nw', 'written', 'ne\nw'],
  ['nothing happened', 'old', 'old', 'unwritten'],
  ['a new file is not there yet', undefined, undefined, 'unwritten'],
  ['a new file is empty as yet', undefined, '', 'unwritten'],
  ['half of it stands there', 'old', 'ne', 'unclear'],
  ['an old file is empty', 'old', '', 'unclear'],
  ['half of a new file', undefined, 'ne', 'unclear'],
  ['somebody wrote something else', 'old', 'other', 'unclear'],
  ['it was deleted', 'old', undefined, 'unclear'],
  ['a formatter was at it', 'old', 'new \n', 'unclear'],
  ['nothing was to be changed', 'new', 'new', 'written'],
] as const)('[I9] %s', (_, before, now, what, wanted: string = 'new') => {
  expect(judgeWrite(print(before), linesOf(wanted), print(now))).toBe(what);
});

test('[I9] what cannot be read is never taken for done, nor for not begun', () => {
  const unknown: Print = { kind: 'unknown' };
  expect(judgeWrite(print('old'), linesOf('new'), unknown)).toBe('unclear');
  expect(judgeWrite(unknown, linesOf('new'), unknown)).toBe('unclear');
  expect(judgeWrite(unknown, linesOf('new'), print('old'))).toBe('unclear');
  // In another encoding the bytes are all there is.
  const [old, other] = [Uint8Array.of(0xe4, 0x0a), Uint8Array.of(0xe4, 0x0b)];
  expect(judgeWrite(print(old), linesOf('new'), print(old))).toBe('unwritten');
  expect(judgeWrite(print(old), linesOf('new'), print(other))).toBe('unclear');
});

test('[I9] a file is looked at as it is', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'wheelhouse-print-'));
  try {
    const path = join(folder, 'a');
    expect(await lookAtFile(path)).toEqual({ kind: 'none' });
    await writeFile(path, 'x\n');
    expect(await lookAtFile(path)).toEqual(print('x\n'));
    await mkdir(join(folder, 'b'));
    expect(await lookAtFile(join(folder, 'b'))).toEqual({ kind: 'unknown' });
  } finally {
    await rm(folder, { recursive: true });
  }
});
