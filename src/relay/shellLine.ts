import type { TerminalOptions } from '../router/ports.ts';

/**
 * A line for the person's shell, or that shell. The system's own takes it, and gives way to theirs, whose name only the
 * variables there tell; the line reaches theirs as the one word that it is.
 */
export const shellLine = (
  line: string | undefined,
  shell: 'posix' | 'windows',
): Pick<TerminalOptions, 'command' | 'args' | 'shell'> => ({ command: commandOf(line, shell), args: [], shell: true });

const commandOf = (line: string | undefined, shell: 'posix' | 'windows'): string => {
  if (shell === 'windows') return line ?? '"%ComSpec%"';
  const own = 'exec "${SHELL:-/bin/sh}"';
  return line === undefined ? own : `${own} -c '${line.replaceAll("'", "'\\''")}'`;
};
