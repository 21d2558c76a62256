import { lstat, readdir, stat } from 'node:fs/promises';
import { basename, dirname, join, relative as relativePath, sep } from 'node:path';
import { Failure } from '../base/failure.ts';
import { compileGlob } from '../base/glob.ts';
import { LIMITS } from '../router/limits.ts';
import type {
  DiffQuery,
  FileQuery,
  FolderEntry,
  FoundFile,
  GitStatus,
  Measured,
  Queries,
  TextMatch,
  TextQuery,
} from '../router/queries.ts';
import type { Variables } from './environmentVariables.ts';
import { type Git, gitDiff, gitIgnored, type GitScope, gitStatus } from './git.ts';
import { listFiles, searchText, type SearchRules } from './ripgrep.ts';

/** Where a path really leads. */
interface Admitted {
  readonly path: string;
  readonly real: string;
  readonly inside: boolean;
  readonly kind?: 'file' | 'folder' | 'other';
}

interface Range {
  readonly line?: number;
  readonly limit?: number;
}

export interface QueriesParts {
  roots(): readonly string[];
  /** The gate that agents pass too. Rejects with a `Failure` for a path that is none. */
  place(path: string, signal: AbortSignal): Promise<Admitted>;
  /** Of a place inside of the roots. */
  readText(place: Admitted, range: Range, signal: AbortSignal): Promise<string>;
  rules(root: string): SearchRules;
  /** Absolute paths of programs outside of the workspace; undefined where there is none. Rejects where nothing may be started. */
  ripgrep(): Promise<string | undefined>;
  git(): Promise<string | undefined>;
  readonly env: Variables;
}

/** Queries answered on this machine's disk by ripgrep and git. What an editor knows better is handed in. */
export class WorkspaceQueries implements Queries {
  readonly #parts: QueriesParts;

  constructor(parts: QueriesParts) {
    this.#parts = parts;
  }

  roots(): readonly string[] {
    return this.#parts.roots();
  }

  async list(
    folder: string,
    signal: AbortSignal,
  ): Promise<{ readonly entries: readonly FolderEntry[]; readonly more: boolean }> {
    const { real, path } = await this.#admit(folder, signal);
    const root = this.#rootOf(path);
    const hidden = (root === undefined ? [] : this.#parts.rules(root).exclude).map(compileGlob);
    const below = root === undefined ? '' : toSlashes(relativePath(root, path));
    const entries = (await foldersFirst(real)).filter(
      ({ name }) => !hidden.some((hides) => hides(below === '' ? name : `${below}/${name}`)),
    );
    signal.throwIfAborted();
    return { entries: entries.slice(0, LIMITS.queryEntries), more: entries.length > LIMITS.queryEntries };
  }

  async measure(folder: string, entries: readonly FolderEntry[], signal: AbortSignal): Promise<readonly Measured[]> {
    const { real } = await this.#admit(folder, signal);
    const measured = await Promise.all(entries.map((entry) => measure(real, entry)));
    signal.throwIfAborted();
    return measured;
  }

  async read(path: string, range: Range, signal: AbortSignal): Promise<string> {
    return await this.#parts.readText(await this.#admit(path, signal), range, signal);
  }

  async findFiles(
    query: FileQuery,
    found: (files: readonly FoundFile[]) => void,
    signal: AbortSignal,
  ): Promise<{ readonly more: boolean }> {
    const ripgrep = await this.#ripgrep();
    return await this.#eachRoot(query.most, found, (root, take) =>
      listFiles(ripgrep, root, this.#parts.rules(root), query, take, signal),
    );
  }

  async search(
    query: TextQuery,
    found: (matches: readonly TextMatch[]) => void,
    signal: AbortSignal,
  ): Promise<{ readonly more: boolean }> {
    const ripgrep = await this.#ripgrep();
    return await this.#eachRoot(query.most, found, (root, take) =>
      searchText(ripgrep, root, this.#parts.rules(root), query, take, signal),
    );
  }

  async gitStatus(folder: string, signal: AbortSignal): Promise<GitStatus> {
    const scope = await scopeOf(await this.#admit(folder, signal));
    return await gitStatus(await this.#git(), scope, LIMITS.queryEntries, signal);
  }

  async gitDiff(
    { path, part }: DiffQuery,
    signal: AbortSignal,
  ): Promise<{ readonly text: string; readonly more: boolean }> {
    const scope = await scopeOf(await this.#admit(path, signal));
    return await gitDiff(await this.#git(), scope, part, signal);
  }

  async gitIgnored(folder: string, paths: readonly string[], signal: AbortSignal): Promise<ReadonlySet<string>> {
    const { real } = await this.#admit(folder, signal);
    return await gitIgnored(await this.#git(), real, paths, signal);
  }

  /** Roots one after the other, each file as of the innermost: of nested roots the outer one finds it too. */
  async #eachRoot<Found extends FoundFile>(
    most: number,
    found: (items: readonly Found[]) => void,
    run: (root: string, take: (items: readonly Found[]) => boolean) => Promise<boolean>,
  ): Promise<{ readonly more: boolean }> {
    const roots = [...new Set(this.roots())];
    let left = Math.max(0, most);
    for (const root of roots) {
      const nested = roots.filter((other) => other !== root && other.startsWith(root + sep));
      const more = await run(root, (items) => {
        const own =
          nested.length === 0
            ? items
            : items.filter(({ path }) => !nested.some((inner) => path.startsWith(inner + sep)));
        if (own.length > 0 && left > 0) found(own.slice(0, left));
        const enough = own.length > left;
        left = Math.max(0, left - own.length);
        return !enough;
      });
      if (more) return { more };
    }
    return { more: false };
  }

  async #admit(path: string, signal: AbortSignal): Promise<Admitted> {
    const place = await this.#parts.place(path, signal);
    if (place.inside) return place;
    throw new Failure('outside', `${path} is outside of the folders of the workspace.`);
  }

  #rootOf(path: string): string | undefined {
    return this.roots()
      .filter((root) => path === root || path.startsWith(root.endsWith(sep) ? root : root + sep))
      .toSorted((a, b) => b.length - a.length)[0];
  }

  async #ripgrep(): Promise<{ readonly file: string; readonly env: Variables }> {
    const file = await this.#parts.ripgrep();
    if (file !== undefined) return { file, env: this.#parts.env };
    throw new Failure('missing', 'Files cannot be searched: there is no ripgrep here.', 'Install ripgrep.');
  }

  async #git(): Promise<Git> {
    const file = await this.#parts.git();
    if (file !== undefined) return { file, env: this.#parts.env };
    throw new Failure('missing', 'There is no git here.', 'Install git, or put it on PATH.');
  }
}

const toSlashes = (path: string): string => (sep === '/' ? path : path.replaceAll(sep, '/'));

/** What does not exist may have been deleted, with the folders that it was in: there is something to tell of it. */
const scopeOf = async ({ real, kind }: Admitted): Promise<GitScope> => {
  if (kind === 'folder') return { folder: real };
  let folder = dirname(real);
  const isThere = (path: string): Promise<boolean> =>
    stat(path).then(
      (about) => about.isDirectory(),
      () => false,
    );
  while (!(await isThere(folder)) && folder !== dirname(folder)) folder = dirname(folder);
  return { folder, name: toSlashes(relativePath(folder, real)) };
};

/** Without what cannot be told; a name that is none of the folder's leads nowhere else. */
const measure = async (folder: string, { name, kind }: FolderEntry): Promise<Measured> => {
  const about = name === basename(name) ? await lstat(join(folder, name)).catch(() => undefined) : undefined;
  if (about === undefined) return { name, kind };
  return { name, kind, ...(about.isFile() ? { size: about.size } : {}), modified: Math.trunc(about.mtimeMs) };
};

const foldersFirst = async (folder: string): Promise<readonly FolderEntry[]> => {
  const entries = await readdir(folder, { withFileTypes: true }).catch((failure: unknown) => {
    throw notListed(folder, failure);
  });
  const rank = ({ kind }: FolderEntry): number => (kind === 'folder' ? 0 : 1);
  return entries
    .map((entry): FolderEntry => ({
      name: entry.name,
      kind: entry.isDirectory() ? 'folder' : entry.isFile() ? 'file' : entry.isSymbolicLink() ? 'link' : 'other',
    }))
    .toSorted((a, b) => rank(a) - rank(b) || (a.name < b.name ? -1 : 1));
};

const notListed = (folder: string, failure: unknown): unknown => {
  const code = failure instanceof Error && 'code' in failure ? failure.code : undefined;
  if (code === 'ENOENT') return new Failure('not found', `${folder} does not exist.`);
  return code === 'ENOTDIR' ? new Failure('invalid', `${folder} is no folder.`) : failure;
};
