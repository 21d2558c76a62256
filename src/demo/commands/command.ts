import type { Turn } from '../turn.ts';

/** One slash command. */
export interface Command {
  readonly name: string;
  readonly description: string;
  /** What may follow the name; absent = nothing. */
  readonly hint?: string;
  /** `rest` is the trimmed text after the name. */
  readonly run: (turn: Turn, rest: string) => Promise<void>;
}

/** A number of at least 1 that a person typed, `otherwise` when there is none. */
export function count(rest: string, otherwise: number, most: number): number {
  const number = Number.parseInt(rest, 10);
  return Number.isNaN(number) || number < 1 ? otherwise : Math.min(number, most);
}
