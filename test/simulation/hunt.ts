import { availableParallelism } from 'node:os';
import type { Mutant } from '../tools/mutants/mutant.ts';
import { MUTANTS } from './mutants.ts';
import { buildProgram } from './program.ts';
import { sweep } from './sweep.ts';

export interface Hunted {
  readonly mutant: Mutant;
  /** That it took, in all. */
  readonly steps: number;
  /** What gave it away; undefined: nothing did. */
  readonly message: string | undefined;
}

/** Breaks one guard after the other, and plays until that is found or so many steps are over. */
export const hunt = async (
  most: number,
  onHunted: (hunted: Hunted) => void,
  mutants: readonly Mutant[] = MUTANTS,
): Promise<readonly Hunted[]> => {
  const waiting = [...mutants];
  const all: Hunted[] = [];
  const work = async (): Promise<void> => {
    for (let mutant = waiting.shift(); mutant !== undefined; mutant = waiting.shift()) {
      await using program = await buildProgram(mutant);
      const { steps, finding } = await sweep(program.path, { seed: 1, steps: most, workers: 1 });
      const hunted = { mutant, steps, message: finding?.message };
      all.push(hunted);
      onHunted(hunted);
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, work));
  return all;
};
