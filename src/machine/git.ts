import { join } from 'node:path';
import { Failure } from '../base/failure.ts';
import type { DiffQuery, GitChange, GitStatus } from '../router/queries.ts';
import type { Variables } from './environmentVariables.ts';
import { runTool, type ToolEnd } from './tool.ts';

export interface Git {
  /** Absolute path of the program. */
  readonly file: string;
  readonly env: Variables;
}

/** What is looked at: in a folder, all below it, or what has this name there, whether it exists or not. */
export interface GitScope {
  readonly folder: string;
  readonly name?: string;
}

/** Of what one answer of git may hold. */
const MOST_BYTES = 4 * 1024 * 1024;

/**
 * A repository names programs of its own, and whoever wrote the repository wrote them: those that a look would start
 * are turned off. Nothing is locked or asked for.
 */
const QUIET = [
  '--no-pager',
  '--no-optional-locks',
  '-c',
  'core.fsmonitor=false',
  '-c',
  `core.hooksPath=${process.platform === 'win32' ? 'NUL' : '/dev/null'}`,
] as const;

const VARIABLES = {
  GIT_DIR: null,
  GIT_WORK_TREE: null,
  GIT_INDEX_FILE: null,
  GIT_EXTERNAL_DIFF: null,
  GIT_TERMINAL_PROMPT: '0',
  LC_ALL: 'C',
} as const;

export const gitStatus = async (
  git: Git,
  { folder, name }: GitScope,
  most: number,
  signal: AbortSignal,
): Promise<GitStatus> => {
  const top = (await ask(git, folder, ['rev-parse', '--show-toplevel'], signal)).text.trimEnd();
  const args = ['status', '--porcelain=v2', '--branch', '-z', '--untracked-files=all', '--ignore-submodules=dirty'];
  const { text, more } = await ask(git, folder, [...args, '--', within(name)], signal);
  const { changes, ...of } = readStatus(text, more, top);
  return {
    ...of,
    changes: changes.slice(0, most),
    more: more || changes.length > most,
  };
};

/** In a repository without a commit, against nothing. */
export const gitDiff = async (
  git: Git,
  { folder, name }: GitScope,
  part: DiffQuery['part'],
  signal: AbortSignal,
): Promise<{ readonly text: string; readonly more: boolean }> => {
  const hasHead = async (): Promise<boolean> =>
    (await run(git, folder, ['rev-parse', '--verify', '--quiet', 'HEAD'], signal)).end.code === 0;
  const against = part === 'unstaged' ? [] : part === 'staged' || !(await hasHead()) ? ['--cached'] : ['HEAD'];
  const quiet = ['--no-ext-diff', '--no-textconv', '--no-color', '--ignore-submodules=dirty'];
  return await ask(git, folder, ['diff', ...quiet, ...against, '--', within(name)], signal);
};

/** Those of the paths that are ignored. */
export const gitIgnored = async (
  git: Git,
  folder: string,
  paths: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlySet<string>> => {
  if (paths.length === 0) return new Set();
  const { text, end } = await run(git, folder, ['check-ignore', '-z', '--stdin'], signal, `${paths.join('\0')}\0`);
  // 1: none is; anything else: there is no repository, or a path lies beyond a link.
  return end.code === 0 ? new Set(text.split('\0').filter((path) => path !== '')) : new Set();
};

interface Answer {
  readonly text: string;
  readonly end: ToolEnd;
}

const run = async (
  git: Git,
  folder: string,
  args: readonly string[],
  signal: AbortSignal,
  input?: string,
): Promise<Answer> => {
  const chunks: Buffer[] = [];
  let size = 0;
  const end = await runTool(
    {
      ...git,
      cwd: folder,
      args: [...QUIET, ...args],
      over: VARIABLES,
      ...(input === undefined ? {} : { input }),
    },
    (bytes) => {
      chunks.push(bytes);
      size += bytes.length;
      return size <= MOST_BYTES;
    },
    signal,
  );
  return { text: Buffer.concat(chunks).subarray(0, MOST_BYTES).toString('utf8'), end };
};

const ask = async (
  git: Git,
  folder: string,
  args: readonly string[],
  signal: AbortSignal,
): Promise<{ readonly text: string; readonly more: boolean }> => {
  const { text, end } = await run(git, folder, args, signal);
  if (end.cut || end.code === 0) return { text, more: end.cut };
  if (/not a git repository/iu.test(end.stderr))
    throw new Failure('no repository', `${folder} is not in a git repository.`);
  throw new Failure('failed', `git could not answer: ${end.stderr.trim() || `it ended with ${end.code}`}`);
};

/** A name is a name, whatever signs are in it. */
const within = (name: string | undefined): string => (name === undefined ? '.' : `:(literal)${name}`);

/** Porcelain v2 with NUL between the fields that are paths. A last one that may be torn is left out. */
const readStatus = (text: string, torn: boolean, top: string): Omit<GitStatus, 'more'> => {
  const records = text.split('\0');
  records.pop();
  if (torn) records.pop();
  const changes: GitChange[] = [];
  let of: Omit<GitStatus, 'more' | 'changes'> = {};
  for (let at = 0; at < records.length; at += 1) {
    const record = records[at] ?? '';
    if (record.startsWith('# ')) of = { ...of, ...readHeader(record) };
    const change = readChange(record, top);
    if (change === undefined) continue;
    if (!record.startsWith('2 ')) changes.push(change);
    else {
      at += 1;
      changes.push({ ...change, from: join(top, records[at] ?? '') });
    }
  }
  return { ...of, changes };
};

/** `# branch.head main`, `# branch.ab +1 -2` */
const readHeader = (record: string): Omit<GitStatus, 'more' | 'changes'> => {
  const branch = /^# branch\.head (.*)$/su.exec(record)?.[1];
  if (branch !== undefined) return branch === '(detached)' ? {} : { branch };
  const [, ahead, behind] = /^# branch\.ab \+(\d+) -(\d+)$/u.exec(record) ?? [];
  return ahead === undefined ? {} : { ahead: Number(ahead), behind: Number(behind) };
};

/** How many words stand before the path. */
const WORDS: Readonly<Record<string, number>> = { '1': 8, '2': 9, u: 10 };

const readChange = (record: string, top: string): GitChange | undefined => {
  const [kind = '', states = ''] = record.split(' ', 2);
  if (kind === '?') return { path: join(top, record.slice(2)), index: '?', worktree: '?' };
  const words = WORDS[kind];
  if (words === undefined) return undefined;
  const path = record.split(' ').slice(words).join(' ');
  return { path: join(top, path), index: states[0] ?? '.', worktree: states[1] ?? '.' };
};
