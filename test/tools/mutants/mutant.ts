import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { root } from '../suite.ts';

/** A guard that was broken by hand: what a test that is worth something has to find. */
export interface Mutant {
  readonly name: string;
  readonly file: string;
  /** Stands in the file exactly once. */
  readonly from: string;
  readonly to: string;
  /** What goes wrong without it. */
  readonly why: string;
}

/** The file with the guard broken. @throws Error when its text does not stand there exactly once */
export const mutatedText = async ({ file, from, to }: Mutant): Promise<string> => {
  const parts = (await readFile(join(root, file), 'utf8')).split(from);
  if (parts.length !== 2) throw new Error(`In ${file} this stands ${parts.length - 1} times, and not once: ${from}`);
  return parts.join(to);
};

/** What is wrong with a list of them: guards that do not stand in their files, names that stand twice. */
export const troubleWith = async (mutants: readonly Mutant[]): Promise<readonly string[]> => {
  const names = new Set<string>();
  const trouble: string[] = [];
  for (const mutant of mutants) {
    if (names.has(mutant.name)) trouble.push(`Two have the name ${mutant.name}.`);
    names.add(mutant.name);
    await mutatedText(mutant).catch((failure: unknown) => trouble.push(String(failure)));
  }
  return trouble;
};
