import { join, sep } from 'node:path';
import { Failure } from '../base/failure.ts';
import { compileGlob } from '../base/glob.ts';
import { wholeUpTo } from '../base/wholeText.ts';
import type { FileQuery, FoundFile, TextMatch, TextQuery } from '../router/queries.ts';
import type { Variables } from './environmentVariables.ts';
import { runTool } from './tool.ts';

/** What a search leaves out, in the words of VS Code's settings. */
export interface SearchRules {
  /** Globs of the path below a root. */
  readonly exclude: readonly string[];
  readonly ignoreFiles: boolean;
  /** Those of folders above the root, and the one of the person. */
  readonly parentIgnoreFiles: boolean;
  readonly globalIgnoreFiles: boolean;
}

/** What VS Code's own defaults say. */
export const DEFAULT_RULES: SearchRules = {
  exclude: ['**/.git', '**/.svn', '**/.hg', '**/.DS_Store', '**/Thumbs.db', '**/node_modules', '**/bower_components'],
  ignoreFiles: true,
  parentIgnoreFiles: false,
  globalIgnoreFiles: false,
};

export interface Ripgrep {
  /** Absolute path of the program. */
  readonly file: string;
  readonly env: Variables;
}

/** UTF-16 units of a line that are shown, and bytes of it that are read: a column behind them counts bytes from there on. */
const MOST_SHOWN = 400;
const MOST_COLUMNS = 8192;
/** A larger file is data. */
const MOST_SIZE = '32M';

/** Globs of VS Code count from the root, ripgrep's from anywhere unless they say otherwise. */
const anchored = (glob: string): string => (glob.startsWith('**') || glob.startsWith('/') ? glob : `/${glob}`);

/**
 * Links are not followed, so that nothing outside is found through one; a configuration file or a preprocessor that
 * somebody left on this machine has no say.
 */
const common = (rules: SearchRules): readonly string[] => [
  '--no-config',
  '--no-messages',
  '--hidden',
  '--no-require-git',
  '--color=never',
  ...(rules.ignoreFiles ? [] : ['--no-ignore']),
  ...(rules.ignoreFiles && !rules.parentIgnoreFiles ? ['--no-ignore-parent'] : []),
  ...(rules.ignoreFiles && !rules.globalIgnoreFiles ? ['--no-ignore-global'] : []),
  ...rules.exclude.map((glob) => `--glob=!${anchored(glob)}`),
];

/** The glob of a query only narrows: one that ripgrep is given brings back what is ignored, so it is compared here. */
const narrowed = (glob: string | undefined): ((relative: string) => boolean) => {
  if (glob === undefined) return () => true;
  if (glob === '' || glob.startsWith('!') || glob.includes('\0') || glob.includes('..'))
    throw new Failure('invalid', 'This is no glob of a path inside a folder.', 'Write one such as **/*.ts.');
  return compileGlob(glob.startsWith('/') ? glob.slice(1) : glob);
};

/** Every file below the root that the rules let through. Resolves with whether `take` wanted no more. */
export const listFiles = async (
  ripgrep: Ripgrep,
  root: string,
  rules: SearchRules,
  query: Pick<FileQuery, 'glob'>,
  take: (files: readonly FoundFile[]) => boolean,
  signal: AbortSignal,
): Promise<boolean> => {
  const wanted = narrowed(query.glob);
  const cut = cutter('\0');
  const start = root.endsWith(sep) ? root : root + sep;
  const end = await runTool(
    { ...ripgrep, cwd: root, args: [...common(rules), '--files', '--null'] },
    (bytes) => {
      const files: FoundFile[] = [];
      for (const name of cut(bytes)) {
        const relative = toSlashes(name);
        if (wanted(relative)) files.push({ path: start + name, root, relative });
      }
      return files.length === 0 || take(files);
    },
    signal,
  );
  requireAnswer(end);
  return end.cut;
};

/** Every line below the root that holds the text. Resolves with whether `take` wanted no more. */
export const searchText = async (
  ripgrep: Ripgrep,
  root: string,
  rules: SearchRules,
  query: Omit<TextQuery, 'most'>,
  take: (matches: readonly TextMatch[]) => boolean,
  signal: AbortSignal,
): Promise<boolean> => {
  const { text, regularExpression, caseSensitive } = query;
  if (text === '' || text.includes('\0') || text.includes('\n'))
    throw new Failure('invalid', 'A search wants one line of text.');
  const wanted = narrowed(query.glob);
  const cut = cutter('\n');
  const args = [
    ...common(rules),
    '--null',
    '--no-heading',
    '--with-filename',
    '--line-number',
    '--column',
    `--max-columns=${MOST_COLUMNS}`,
    '--max-columns-preview',
    `--max-filesize=${MOST_SIZE}`,
    caseSensitive === true ? '--case-sensitive' : '--ignore-case',
    ...(regularExpression === true ? [] : ['--fixed-strings']),
    `--regexp=${text}`,
    // Without a path it would read its standard input.
    './',
  ];
  const end = await runTool(
    { ...ripgrep, cwd: root, args },
    (bytes) => {
      const matches: TextMatch[] = [];
      for (const line of cut(bytes)) {
        const match = readMatch(root, line);
        if (match !== undefined && wanted(match.relative)) matches.push(match);
      }
      return matches.length === 0 || take(matches);
    },
    signal,
  );
  requireAnswer(end);
  return end.cut;
};

/** `./src/a.ts\0 12:5:the line` */
const readMatch = (root: string, line: string): TextMatch | undefined => {
  const [, name, number, column, text] = /^(?:\.[\\/])?([^\0]+)\0(\d+):(\d+):(.*)$/su.exec(line) ?? [];
  if (name === undefined || text === undefined) return undefined;
  const relative = toSlashes(name);
  const place = { line: Number(number), column: unitsBefore(text, Number(column) - 1) + 1 };
  return {
    path: join(root, name),
    root,
    relative,
    ...place,
    text: text.slice(0, wholeUpTo(text, MOST_SHOWN)).trimEnd(),
  };
};

/** UTF-16 units of a line in front of a byte of it. */
const unitsBefore = (line: string, bytes: number): number => {
  let passed = 0;
  let units = 0;
  while (passed < bytes && units < line.length) {
    const code = line.codePointAt(units) ?? 0;
    // A replacement character stands for a byte that is no character.
    passed += code < 0x80 || code === 0xfffd ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    units += code < 0x10000 ? 1 : 2;
  }
  return units + Math.max(0, bytes - passed);
};

const toSlashes = (name: string): string => (process.platform === 'win32' ? name.replaceAll('\\', '/') : name);

/** With 1 there was nothing to find; with 2 and words the question was wrong, and without words some file could not be read. */
const requireAnswer = ({ code, stderr, cut }: { code: number | null; stderr: string; cut: boolean }): void => {
  if (cut || code === 0 || code === 1 || (code === 2 && stderr.trim() === '')) return;
  throw new Failure('invalid', `The search could not be made: ${stderr.trim() || 'it ended without an answer'}`);
};

/** Cuts bytes into pieces of text at the mark; what has no mark yet waits. */
const cutter = (mark: string): ((bytes: Buffer) => readonly string[]) => {
  let rest: Buffer = Buffer.alloc(0);
  const byte = mark.charCodeAt(0);
  return (bytes) => {
    const all = rest.length === 0 ? bytes : Buffer.concat([rest, bytes]);
    const end = all.lastIndexOf(byte);
    rest = end < 0 ? all : all.subarray(end + 1);
    // Decoded in one piece, which is many times faster than name by name.
    return end < 0 ? [] : all.toString('utf8', 0, end).split(mark);
  };
};
