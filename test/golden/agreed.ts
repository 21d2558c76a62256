import { readFile, rm, writeFile } from 'node:fs/promises';
import { expect } from 'vitest';

/** Compares with what was agreed. `UPDATE_GOLDEN=1` takes it as agreed; a difference is left beside it as `.actual`. */
export const agreed = async (name: string, text: string): Promise<void> => {
  const expected = new URL(`./expected/${name}.txt`, import.meta.url);
  const actual = new URL(`./expected/${name}.txt.actual`, import.meta.url);
  await rm(actual, { force: true });
  if (process.env['UPDATE_GOLDEN'] === '1') await writeFile(expected, text);
  const held = await readFile(expected, 'utf8').catch(() => '');
  if (text !== held) await writeFile(actual, text);
  expect(text).toBe(held);
};
