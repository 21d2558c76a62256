import { watch } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../base/clock.ts';
import { type Disposable, Disposables, toDisposable } from '../base/disposable.ts';
import { sentence } from '../base/failure.ts';
import type { Log } from '../base/log.ts';
import { ignoredPaths } from '../machine/ignoredPaths.ts';
import { protectedStamps, stampOf } from '../machine/stamps.ts';
import { OutOfBand } from '../router/outOfBand.ts';
import type { Workspace } from '../router/ports.ts';
import type { Queries } from '../router/queries.ts';
import type { SessionStore } from '../router/store.ts';

/** Looks at the folders of a host while an agent works in them. */
export const watchRoots = (
  parts: {
    readonly store: SessionStore;
    readonly workspace: Workspace;
    readonly queries: Queries;
    readonly clock: Clock;
    readonly log: Log;
  },
  owned: Disposables,
): OutOfBand => {
  const { store, workspace, queries, clock, log } = parts;
  const roots = (): readonly string[] => workspace.roots();
  return owned.add(
    new OutOfBand({
      store,
      clock,
      log,
      roots,
      watch: (changed) => watchAll(roots(), changed, log),
      stampOf,
      protectedFiles: () => protectedStamps(roots()),
      ignored: (root, paths) => ignoredPaths(queries, root, paths),
      // It stands in the transcript, and every window that follows the session tells its person.
      alarm: (session, paths) => log.warn(`In “${session.title}” protected files were changed: ${paths.join(', ')}`),
    }),
  );
};

/**
 * Where the system watches a whole tree by itself. Elsewhere each folder would have to be opened, in a large workspace for
 * seconds; there the protected files are compared at the end of a turn, and nothing else is told.
 */
const watchAll = (roots: readonly string[], changed: (path: string) => void, log: Log): Disposable => {
  const owned = new Disposables();
  if (process.platform !== 'darwin' && process.platform !== 'win32') return owned;
  for (const root of roots) {
    try {
      const watcher = watch(root, { recursive: true, persistent: false }, (_, name) => {
        if (name !== null) changed(join(root, name));
      });
      watcher.on('error', (failure) => log.info(`${root} is not watched any more: ${sentence(failure)}`));
      owned.add(toDisposable(() => watcher.close()));
    } catch (failure) {
      log.info(`${root} is not watched: ${sentence(failure)}`);
    }
  }
  return owned;
};
