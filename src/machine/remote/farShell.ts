/**
 * What is run on a machine that is reached through a program: scripts for a POSIX shell that never change.
 *
 * X1 No script is ever put together: data comes as lines on its input, or as arguments where its input is a terminal.
 * X2 What is secret stands in no argument: everybody on a machine can read those of everybody's processes.
 * X3 What was started ends with the connection: nobody there would know that the person is gone.
 */
import { Failure } from '../../base/failure.ts';

/**
 * Data by lines: each item is a letter and its text; of a text with several lines all but the last are marked by `+`.
 * The shell reads no further than to the end of a line, so that what follows is for the program.
 */
const HEADER = `wheel_end=$(printf "\\nx"); wheel_end=\${wheel_end%x}; wheel_text=
while IFS= read -r wheel_line; do
case $wheel_line in
+*) wheel_text=$wheel_text\${wheel_line#?}$wheel_end; continue;;
esac
wheel_text=$wheel_text\${wheel_line#?}
case $wheel_line in
d*) cd "$wheel_text" || exit 126;;
e*) export "$wheel_text";;
u*) unset "$wheel_text";;
a*) set -- "$@" "$wheel_text";;
*) break;;
esac
wheel_text=
done
[ $# -gt 0 ] || exit 125
`;

/** The same from arguments: the folder, variables, a dash, the program and its arguments. */
const ARGUMENTS = `cd "$1" || exit 126
shift
while [ "$1" != - ]; do
case $1 in
*=*) export "$1";;
*) unset "$1";;
esac
shift
done
shift
`;

/**
 * Runs a program whose input passes through a \`cat\`, which ends when the connection does. The program then has a second
 * to end by itself, is asked to, and is made to a second later, with all of its group: the shell leads that. What a program
 * that ended by itself left in the group ends with it; all are asked twice, since a shell that is just beginning may not hear
 * the first time. What shells say of those that they saw end is for nobody.
 */
const WATCHED = `trap : TERM
exec 9>&2 2>/dev/null
{ cat; exec >&-; sleep 1; trap "" TERM; kill -s TERM 0; sleep 1; kill -s KILL 0; } 9>&- | {
"$@" 2>&9 9>&-
wheel_code=$?
trap "" TERM
(sleep 1; kill -s TERM 0; sleep 3; kill -s KILL 0) </dev/null >/dev/null 9>&- &
trap : TERM
kill -s TERM 0
exit "$wheel_code"
}`;

/**
 * Runs a program in a terminal. When that hangs up, the leader of its session is told alone; with that one's end all others
 * are, and the one that waits for the exit code gives the program a second.
 */
const IN_TERMINAL = `exec 5>&1
trap : INT QUIT
{ trap : INT QUIT; "$@" >&5 3>&- 5>&-; echo $? >&3; } 3>&1 | {
trap "" INT QUIT
trap "sleep 1; kill -s KILL 0" HUP
read -r wheel_code
exit "\${wheel_code:-129}"
}`;

export const FAR = {
  agent: HEADER + WATCHED,
  command: ARGUMENTS + WATCHED,
  terminal: ARGUMENTS + IN_TERMINAL,
  /** A script of ours that gets its data by lines, and after them its input. */
  tool: (script: string): string => HEADER + script,
} as const;

export interface FarProgram {
  readonly command: string;
  readonly args: readonly string[];
  /** Absolute. */
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string | null>>;
}

/** For {@link FAR.agent}. @throws Failure `invalid` for what no shell could take */
export const headerOf = ({ command, args, cwd, env = {} }: FarProgram): string => {
  const variables = Object.entries(env).map(([name, value]): readonly [letter: string, text: string] =>
    value === null ? ['u', requireName(name)] : ['e', `${requireName(name)}=${value}`],
  );
  return linesOf([['d', cwd], ...variables, ...argumentsOf([command, ...args])]);
};

/** For {@link FAR.tool}. @throws the same */
export const toolHeader = (args: readonly string[]): string => linesOf(argumentsOf(args));

/** For {@link FAR.command} and {@link FAR.terminal}. @throws the same */
export const argumentsFor = ({ command, args, cwd, env = {} }: FarProgram): readonly string[] => {
  const variables = Object.entries(env).map(([name, value]) =>
    value === null ? requireName(name) : `${requireName(name)}=${value}`,
  );
  const all = [cwd, ...variables, '-', command, ...args];
  all.forEach(requireText);
  return all;
};

/**
 * One word of a shell's line that means this text and nothing else, in every shell that somebody has for signing in: what
 * ends a quotation, and the sign that some shells obey in one, stand outside of it.
 */
export const quoted = (text: string): string => `'${requireText(text).replaceAll(/['\\]/gu, "'\\$&'")}'`;

const argumentsOf = (args: readonly string[]): readonly (readonly [letter: string, text: string])[] =>
  args.map((text) => ['a', text] as const);

const linesOf = (items: readonly (readonly [letter: string, text: string])[]): string =>
  `${items.flatMap(([letter, text]) => itemLines(letter, requireText(text))).join('\n')}\n.\n`;

const itemLines = (letter: string, text: string): readonly string[] => {
  const lines = text.split('\n');
  return lines.map((line, index) => `${index < lines.length - 1 ? '+' : letter}${line}`);
};

const requireText = (text: string): string => {
  if (!text.includes('\0')) return text;
  throw new Failure('invalid', 'A command, its folder and its arguments cannot hold a NUL character.');
};

/** A shell ends at the first one that it cannot set. */
const requireName = (name: string): string => {
  if (/^[A-Za-z_]\w*$/u.test(name)) return name;
  throw new Failure(
    'invalid',
    `The variable “${name}” cannot be set on another machine: its name must be letters, digits and underscores.`,
    'Set it there, or name it otherwise.',
  );
};
