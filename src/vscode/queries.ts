import * as vscode from 'vscode';
import { sentence } from '../base/failure.ts';
import type { Log } from '../base/log.ts';
import type { Variables } from '../machine/environmentVariables.ts';
import { ripgrepUnder } from '../machine/findRipgrep.ts';
import { findProgram } from '../machine/local.ts';
import { WorkspaceQueries } from '../machine/queries.ts';
import type { SearchRules } from '../machine/ripgrep.ts';
import type { Workspace } from '../router/ports.ts';
import { requireTrust } from './trust.ts';

/** The workspace as this window sees it: its buffers, its settings of what is hidden, its ripgrep and its git. */
export const editorQueries = (parts: {
  readonly workspace: Workspace;
  readonly env: Variables;
  readonly log: Log;
}): WorkspaceQueries => {
  const { workspace, env, log } = parts;
  const once = <T>(look: () => Promise<T>): (() => Promise<T>) => {
    let found: Promise<T> | undefined;
    return () => (found ??= look());
  };
  const ripgrep = once(async () => {
    const path = await ripgrepUnder(vscode.env.appRoot);
    if (path === undefined) log.warn(`No ripgrep was found under ${vscode.env.appRoot}: files cannot be searched.`);
    return path;
  });
  const git = once(async () => {
    try {
      return (await editorGit()) ?? (await findProgram('git', env, workspace.roots()));
    } catch (failure) {
      log.info(`No git is used: ${sentence(failure)}`);
      return undefined;
    }
  });
  return new WorkspaceQueries({
    roots: () => workspace.roots(),
    place: (path, signal) => workspace.place(path, signal),
    readText: (place, range, signal) => workspace.readText(place, range, signal),
    rules: searchRules,
    // A repository can have programs run by a mere look at it.
    async ripgrep() {
      requireTrust();
      return await ripgrep();
    },
    async git() {
      requireTrust();
      return await git();
    },
    env,
  });
};

/** What VS Code's own search leaves out below the root. */
const searchRules = (root: string): SearchRules => {
  const scope = vscode.Uri.file(root);
  const files = vscode.workspace.getConfiguration('files', scope);
  const search = vscode.workspace.getConfiguration('search', scope);
  return {
    exclude: [...globsOf(files.get<unknown>('exclude')), ...globsOf(search.get<unknown>('exclude'))],
    ignoreFiles: search.get<unknown>('useIgnoreFiles') !== false,
    parentIgnoreFiles: search.get<unknown>('useParentIgnoreFiles') === true,
    globalIgnoreFiles: search.get<unknown>('useGlobalIgnoreFiles') === true,
  };
};

/** Those that are simply on: a condition on a file beside it is no question that ripgrep can be asked. */
const globsOf = (value: unknown): readonly string[] =>
  typeof value === 'object' && value !== null
    ? Object.entries(value).flatMap(([glob, on]) => (on === true ? [glob] : []))
    : [];

/** The git that VS Code itself uses: the person may have told it which. */
const editorGit = async (): Promise<string | undefined> => {
  const extension = vscode.extensions.getExtension<unknown>('vscode.git');
  if (extension === undefined) return undefined;
  const { exports } = extension.isActive ? extension : { exports: await extension.activate() };
  if (!hasApi(exports)) return undefined;
  try {
    const { git } = exports.getAPI(1);
    return git?.path;
  } catch {
    // It throws where the person has switched git off.
    return undefined;
  }
};

interface GitExports {
  getAPI(version: 1): { readonly git?: { readonly path: string } };
}

const hasApi = (exports: unknown): exports is GitExports =>
  typeof exports === 'object' && exports !== null && 'getAPI' in exports && typeof exports.getAPI === 'function';
