import type { Turn } from '../turn.ts';
import { count, type Command } from './command.ts';

const perPart = 20;

/** Item `n` of a list; every twentieth opens a new part, as long answers have more than one block. */
function item(n: number): string {
  const heading = n % perPart === 1 ? `${n === 1 ? '' : '\n'}## Part ${Math.ceil(n / perPart)}\n\n` : '';
  return `${heading}- line ${n}\n`;
}

async function sayLines(turn: Turn, lines: number, between: (n: number) => Promise<void> | undefined): Promise<void> {
  for (let n = 1; n <= lines; n += 1) {
    await turn.say(item(n));
    await between(n);
  }
}

export const long: Command = {
  name: 'long',
  description: 'Sends N numbered lines as fast as they are taken',
  hint: 'N, 1000 when absent',
  run: (turn, rest) => {
    return sayLines(turn, count(rest, 1000, 1_000_000), (n) => (n % 64 === 0 ? turn.breathe() : undefined));
  },
};

export const slow: Command = {
  name: 'slow',
  description: 'Sends N numbered lines, ten a second',
  hint: 'N, 100 when absent',
  run: (turn, rest) => sayLines(turn, count(rest, 100, 1_000_000), () => turn.pause(100)),
};
