import type { FarMachine } from '../../router/farMachine.ts';
import { quoted } from './farShell.ts';

/** Before what the person says themselves: ssh takes the first of several. A terminal knows no keys and no farewell that are ssh's own. */
const PLAIN = ['-T'];
const TERMINAL = ['-tt', '-e', 'none', '-o', 'LogLevel=ERROR'];
/**
 * After it: a server that does not answer is given up after 45 s, and not when TCP finds out. A command of the person's
 * own configuration would stand in the way of ours.
 */
const PATIENCE = [
  ...['-o', 'ConnectTimeout=30'],
  ...['-o', 'ServerAliveInterval=15'],
  ...['-o', 'ServerAliveCountMax=3'],
  ...['-o', 'RemoteCommand=none'],
];

/** The words that run a script there, with arguments for it; `more` are arguments of ssh. */
export const reaching = (
  there: FarMachine,
  script: string,
  args: readonly string[] = [],
  terminal = false,
  more: readonly string[] = [],
): { readonly command: string; readonly args: readonly string[] } => {
  const far = ['sh', '-c', script, 'sh', ...args];
  if (there.kind === 'exec') {
    const [command = '', ...rest] = terminal ? (there.terminal ?? there.command) : there.command;
    return { command, args: [...rest, ...far] };
  }
  const { options, destination } = there;
  // The one place where ssh leaves no choice: the far side's shell gets a line.
  const line = `exec ${far.map(quoted).join(' ')}`;
  return {
    command: 'ssh',
    args: [...(terminal ? TERMINAL : PLAIN), ...more, ...options, ...PATIENCE, '--', destination, line],
  };
};

/** Of what ssh itself ends with, as against what ran there. */
const OWN_FAILURE = 255;

/** What to do where the way there failed, and not what was run there. */
export const wayFailed = (there: FarMachine, code: number | null): string | undefined =>
  there.kind === 'ssh' && code === OWN_FAILURE
    ? `ssh did not get through to ${there.label}. Try “ssh ${there.destination}” in a terminal: it must sign in without a question.`
    : undefined;
