/** The queries of a workspace in the words of the wire. Source: the relay protocol, §9, workspace. */
import { Failure } from '../base/failure.ts';
import { lineRange, requireRange } from '../base/lineRange.ts';
import { wholeUpTo } from '../base/wholeText.ts';
import { defined, type Fields, isText } from '../model/fold/read.ts';
import type { FolderEntry, Queries } from '../router/queries.ts';
import { eolOf, versionOf } from './edits.ts';

/** Of one answer: entries, and UTF-16 units of text. */
const MOST_ENTRIES = 1000;
const MOST_TEXT = 1024 * 1024;

const TYPES: Readonly<Record<FolderEntry['kind'], string>> = {
  file: 'file',
  folder: 'directory',
  link: 'symlink',
  other: 'other',
};

export const listDirectory = async (queries: Queries, params: Fields, signal: AbortSignal): Promise<object> => {
  const path = readText(params, 'path');
  const limit = readLimit(params);
  const { entries, more } = await queries.list(path, signal);
  const told = await queries.measure(path, entries.slice(0, limit), signal);
  return {
    path,
    entries: told.map(({ name, kind, size, modified }) => defined({ name, type: TYPES[kind], size, mtime: modified })),
    truncated: more || entries.length > limit,
  };
};

/** The whole text of a file inside of the roots. */
export type ReadText = (path: string, signal: AbortSignal) => Promise<string>;

/** `version` and `eol` are of the whole file, whatever part of it is asked for. */
export const readFile = async (read: ReadText, params: Fields, signal: AbortSignal): Promise<object> => {
  const path = readText(params, 'path');
  const { line, limit } = readLines(params);
  const text = await read(path, signal);
  const rest = lineRange(text, { line });
  const content = cut(limit === undefined ? rest : lineRange(rest, { limit }));
  const truncated = content.length < rest.length;
  return { path, content, version: await versionOf(text), eol: eolOf(text), truncated };
};

export const findFiles = async (queries: Queries, params: Fields, signal: AbortSignal): Promise<object> => {
  const glob = readText(params, 'glob');
  const paths: string[] = [];
  const query = { glob, most: readLimit(params) };
  const { more } = await queries.findFiles(query, (files) => paths.push(...files.map(({ path }) => path)), signal);
  return { paths, truncated: more };
};

export const searchText = async (queries: Queries, params: Fields, signal: AbortSignal): Promise<object> => {
  const query = {
    text: readText(params, 'query'),
    regularExpression: params['isRegex'] === true,
    ...(params['glob'] === undefined ? {} : { glob: readText(params, 'glob') }),
    most: readLimit(params),
  };
  const matches: object[] = [];
  const { more } = await queries.search(
    query,
    (found) => matches.push(...found.map(({ path, line, column, text }) => ({ path, line, column, text }))),
    signal,
  );
  return { matches, truncated: more };
};

/** Letters as in git's porcelain v1; a branch that follows none is as far as that one. `truncated` is ours. */
export const gitStatus = async (queries: Queries, params: Fields, signal: AbortSignal): Promise<object> => {
  const {
    branch = null,
    ahead = 0,
    behind = 0,
    changes,
    more,
  } = await queries.gitStatus(folderOf(queries, params), signal);
  const letter = (state: string): string => (state === '.' ? ' ' : state);
  return {
    branch,
    ahead,
    behind,
    changes: changes
      .slice(0, MOST_ENTRIES)
      .map(({ path, index, worktree }) => ({ path, index: letter(index), worktree: letter(worktree) })),
    truncated: more || changes.length > MOST_ENTRIES,
  };
};

export const gitDiff = async (queries: Queries, params: Fields, signal: AbortSignal): Promise<object> => {
  const part = params['staged'] === true ? 'staged' : 'unstaged';
  const { text, more } = await queries.gitDiff({ path: folderOf(queries, params), part }, signal);
  const diff = cut(text);
  return { diff, truncated: more || diff.length < text.length };
};

const folderOf = (queries: Queries, params: Fields): string => {
  if (params['path'] !== undefined) return readText(params, 'path');
  const [first] = queries.roots();
  if (first === undefined) throw new Failure('not found', 'No folder is open here.');
  return first;
};

const readText = (params: Fields, name: string): string => {
  const value = params[name];
  if (!isText(value)) throw new Failure('invalid', `“${name}” must be a text.`);
  return value;
};

/** A larger one is the largest. */
const readLimit = ({ limit }: Fields): number => {
  const range = { limit: limit === undefined ? MOST_ENTRIES : Number.isSafeInteger(limit) ? (limit as number) : -1 };
  requireRange(range);
  return Math.min(range.limit, MOST_ENTRIES);
};

const readLines = ({ line = 1, limit }: Fields): { readonly line: number; readonly limit: number | undefined } => {
  const number = (value: unknown): number => (typeof value === 'number' ? value : -1);
  const range = { line: number(line), ...(limit === undefined ? {} : { limit: number(limit) }) };
  requireRange(range);
  return { line: range.line, limit: range.limit };
};

/** To the last line that is whole, where there is one. */
const cut = (text: string): string => {
  if (text.length <= MOST_TEXT) return text;
  const end = text.lastIndexOf('\n', MOST_TEXT - 1) + 1;
  return text.slice(0, end > 0 ? end : wholeUpTo(text, MOST_TEXT));
};
