/**
 * A line for a shell, read as one simple command of literal words, or not at all: what this does not understand is asked.
 *
 * Shells differ in nearly everything beyond plain words: sh, bash, zsh and fish agree on what is read here, so that it
 * does not matter which of them the line is run by. Whatever one of them expands, joins, redirects, remembers or looks up
 * elsewhere makes the line unreadable, even where the others would take it literally.
 */

/** `windows`: cmd and PowerShell, which agree on far less. */
export type Shell = 'posix' | 'windows';

const MOST_CHARACTERS = 8192;

/** Characters that no shell gives a meaning to; `=` at the beginning of a word is one of zsh's. */
const PLAIN: Readonly<Record<Shell, RegExp>> = {
  posix: /^(?!=)[A-Za-z0-9_./:,@+=-]+$/u,
  windows: /^(?!=)[A-Za-z0-9_.\\/:+=-]+$/u,
};

/** No alias, assignment, option or folder can be meant by it, and no extension of a shell's own syntax. */
const COMMAND: Readonly<Record<Shell, RegExp>> = {
  posix: /^[A-Za-z0-9_./][A-Za-z0-9_./+-]*$/u,
  windows: /^[A-Za-z0-9_.\\/:][A-Za-z0-9_.\\/:+-]*$/u,
};

/**
 * Within quotes: nothing that any shell reads there, `!` of the history and the backslash among them, and nothing that
 * cannot be seen or looks like a space and is none.
 */
const IN_QUOTES = /^(?:[^\p{C}\p{Z}\p{Default_Ignorable_Code_Point}\u2800$`\\!'"]| )*$/u;

/**
 * Words of sh, bash, zsh and fish that are no programs: they run other words, change what later words mean, or begin
 * something that goes on after the line.
 */
const SHELL_WORDS: ReadonlySet<string> = new Set(
  `. : alias and autoload bg bind bindkey break builtin caller case cd chdir command compgen complete compopt continue
  coproc declare dirs disable disown do done echotc elif else emulate enable end esac eval exec exit export fc fg fi for
  foreach function functions getopts hash help history if in integer jobs let limit local log logout mapfile nocorrect
  noglob not or popd pushd r read readarray readonly rehash repeat return sched select set setopt shift shopt source
  suspend switch begin then time times trap type typeset ulimit umask unalias unfunction unhash unlimit unset
  unsetopt until vared wait whence where which while zle zmodload zparseopts zstyle abbr argparse block contains count
  dirh emit fish_config funced funcsave isatty math nextd prevd psub random set_color status string
  call start pause rem goto setlocal endlocal prompt path assoc ftype mklink`.split(/\s+/u),
);

/** The arguments of the one literal command that the line is, the command first; undefined: anything else. */
export const parseCommandLine = (line: string, shell: Shell): readonly string[] | undefined => {
  if (line.length > MOST_CHARACTERS) return undefined;
  const words = split(line, shell);
  if (words === undefined) return undefined;
  const [command] = words;
  return command !== undefined && isCommand(command, shell) ? words.map(unquoted) : undefined;
};

/** The words as they stand there, each wholly plain or wholly quoted: pieces that would be joined are none. */
const split = (line: string, shell: Shell): readonly string[] | undefined => {
  const words: string[] = [];
  // Nothing but a space parts words: what else looks like one, a shell may well take for a character of a word.
  for (let at = pastSpaces(line, 0); at < line.length;) {
    const word = wordAt(line, at, shell);
    if (word === undefined) return undefined;
    words.push(word);
    const end = at + word.length;
    at = pastSpaces(line, end);
    if (at === end && at < line.length) return undefined;
  }
  return words;
};

const pastSpaces = (line: string, from: number): number => {
  let at = from;
  while (line[at] === ' ') at += 1;
  return at;
};

const wordAt = (line: string, at: number, shell: Shell): string | undefined => {
  const quote = line[at];
  if (quote === "'" || quote === '"') {
    const end = line.indexOf(quote, at + 1);
    if (shell === 'windows' || end < 0) return undefined;
    return IN_QUOTES.test(line.slice(at + 1, end)) ? line.slice(at, end + 1) : undefined;
  }
  const end = line.indexOf(' ', at);
  const word = line.slice(at, end < 0 ? line.length : end);
  return PLAIN[shell].test(word) ? word : undefined;
};

const isCommand = (word: string, shell: Shell): boolean => {
  const name = shell === 'windows' ? word.toLowerCase() : word;
  // `..` and a folder are gone to by shells that do so without `cd`.
  return COMMAND[shell].test(word) && !SHELL_WORDS.has(name) && !/(?:^|[\\/])\.*$/u.test(word);
};

const unquoted = (word: string): string => (/^['"]/u.test(word) ? word.slice(1, -1) : word);
