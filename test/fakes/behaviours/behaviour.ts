import type { Turn } from '../turn.ts';

/** Something that the fake can do in a turn: `--name ARGUMENT` on the command line, `name argument` in a prompt. */
export interface Behaviour {
  readonly name: string;
  /** What follows the name, e.g. `N`; absent = nothing, and the switch takes no value. */
  readonly argument?: string;
  readonly about: string;
  /** True = the behaviour wrote the response to the prompt itself. */
  readonly run: (turn: Turn, argument: string) => Promise<boolean | void>;
}

export function count(argument: string, otherwise: number): number {
  const number = Number.parseInt(argument, 10);
  return Number.isNaN(number) ? otherwise : number;
}
