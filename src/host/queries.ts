import { Failure } from '../base/failure.ts';
import { findProgram } from '../machine/local.ts';
import { WorkspaceQueries } from '../machine/queries.ts';
import { DEFAULT_RULES } from '../machine/ripgrep.ts';
import type { Workspace } from '../router/ports.ts';

/** What may be asked of the folders of a host. */
export const hostQueries = (workspace: Workspace): WorkspaceQueries => {
  const roots = (): readonly string[] => workspace.roots();
  return new WorkspaceQueries({
    roots,
    place: (path, signal) => workspace.place(path, signal),
    readText: (place, range, signal) => workspace.readText(place, range, signal),
    rules: () => DEFAULT_RULES,
    ripgrep: () => findProgram('rg', process.env, roots()).catch(noProgram),
    git: () => findProgram('git', process.env, roots()).catch(noProgram),
    env: process.env,
  });
};

const noProgram = (failure: unknown): undefined => {
  if (failure instanceof Failure) return undefined;
  throw failure;
};
