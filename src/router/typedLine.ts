import type { TerminalOptions } from './ports.ts';

/** What a person would have typed: agents wrap it in a shell, and a row of terminals named “sh” tells nothing. */
export const typedLine = ({
  name,
  command,
  args,
  front,
}: Pick<TerminalOptions, 'name' | 'command' | 'args' | 'front'>): string => {
  if (front === true) return name;
  const [first, second] = args;
  const wrapped =
    /(?:^|[\\/])(?:ba|da|z)?sh$/u.test(command) && (first === '-c' || first === '-lc') && second !== undefined;
  return wrapped ? second : [command, ...args].join(' ');
};
