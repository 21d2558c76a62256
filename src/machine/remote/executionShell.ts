/**
 * A shell for a person, where no terminal is to be had: a loop there reads a line, runs it, and says between two signs how
 * it ended and where it is now. What the person sees of that is a prompt.
 */
import { isPosixShell } from './executionLines.ts';
import type { HostCapabilities } from '../../protocol/environment/messages.ts';

/** Never in what programs write for people. */
const SIGN = '\u001E';

/**
 * `command eval`: what no shell can read would end it otherwise. The signs are made there: a command line in which they
 * stood themselves would be shown with them, wherever processes are listed.
 */
const LOOP = [
  String.raw`wheel_said() { printf '\036%s %s %s\036' "$?" "$$" "$PWD"; }`,
  'wheel_said',
  'while IFS= read -r wheel_line; do command eval "$wheel_line"; wheel_said; done',
].join('\n');

/** A process there, by its command, is such a shell. */
export const isShell = (command: string): boolean => command.startsWith('wheel_said()');

export interface ShellSaid {
  /** Of the last command. */
  readonly code: number;
  readonly pid: string;
  readonly folder: string;
}

/** The command of a shell, and whether it says where it is. */
export const shellFor = (host: HostCapabilities | undefined): { readonly command: string; readonly says: boolean } =>
  isPosixShell(host) ? { command: LOOP, says: true } : { command: host?.defaultShell ?? 'cmd', says: false };

/**
 * Ends what a shell runs, and not the shell: asks everything below it, as Ctrl+C would. What was typed a moment ago may be
 * just about to begin, so that it looks more than once.
 */
export const interrupting = (pid: string): string => {
  const below = [
    `ps -A -o pid= -o ppid= | awk -v top=${/^\d+$/u.test(pid) ? pid : '0'} '{ of[$1] = $2 }`,
    'END { for (one in of) { at = one; for (n = 0; n < 64 && at != top && (at in of); n++) at = of[at];',
    "if (at == top && one != top) print one } }'",
  ].join(' ');
  return `for n in 1 2 3 4 5; do set -- $(${below}); [ $# -eq 0 ] || { kill -s INT "$@"; exit 0; }; sleep 0.1; done`;
};

/** Text with the signs taken out; what is between two of them may come in pieces. */
export class ShellReader {
  #held = '';

  /** In order: what is shown, and what the shell says. */
  take(text: string): readonly (string | ShellSaid)[] {
    const parts = (this.#held + text).split(SIGN);
    // An even number of signs: the last part is text, else it has begun to say something.
    const open = parts.length % 2 === 0;
    this.#held = open ? `${SIGN}${parts.pop() ?? ''}` : '';
    const found = parts.map((part, at) => (at % 2 === 0 ? part : (readSaid(part) ?? part)));
    if (this.#held.length <= LONGEST) return found.filter((part) => part !== '');
    // No folder is that long: a program writes the sign for reasons of its own.
    const rest = this.#held.slice(SIGN.length);
    this.#held = '';
    return [...found, rest].filter((part) => part !== '');
  }

  /** What is left when it has ended. */
  end(): string {
    const rest = this.#held.slice(SIGN.length);
    this.#held = '';
    return rest;
  }
}

const LONGEST = 8192;

const readSaid = (text: string): ShellSaid | undefined => {
  const [, code, pid, folder] = /^(\d+) (\d+) ([\s\S]*)$/u.exec(text) ?? [];
  return code === undefined || pid === undefined || folder === undefined
    ? undefined
    : { code: Number(code), pid, folder: folder.replace(/\p{Cc}/gu, '?') };
};
