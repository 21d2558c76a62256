import { basename } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Clock } from '../base/clock.ts';
import type { Disposables } from '../base/disposable.ts';
import type { Log } from '../base/log.ts';
import { DiskWorkspace } from '../machine/diskWorkspace.ts';
import { OwnFolders } from '../machine/ownFolders.ts';
import type { RelayEdits } from '../relay/ports.ts';
import { Mentions } from '../router/mentions.ts';
import type { FilesSession, Workspace } from '../router/ports.ts';
import type { Queries } from '../router/queries.ts';
import type { SessionStore } from '../router/store.ts';
import { EditorFiles } from './editorFiles.ts';
import { hostQueries } from './queries.ts';
import { hostRelayEdits } from './relayEdits.ts';
import { watchRoots } from './watch.ts';
import type { Windows } from './windows.ts';

/** The files of a host, as each of those has them that work with them. */
export interface HostFiles {
  readonly disk: Workspace;
  readonly queries: Queries;
  readonly mentions: Mentions;
  /** Of agents, which are seen to change what they change. */
  readonly workspace: Workspace;
  filesOf(session: FilesSession): Workspace;
  /** Of devices. */
  readonly edits: RelayEdits;
}

export const hostFiles = (
  parts: {
    readonly store: SessionStore;
    readonly windows: Windows;
    readonly clock: Clock;
    readonly log: Log;
    /** Absolute: what is the host's own. */
    readonly own: readonly string[];
    roots(): readonly string[];
    /** Aborted when the host ends. */
    readonly ending: AbortSignal;
  },
  owned: Disposables,
): HostFiles => {
  const { store, windows, clock, log, own, roots, ending } = parts;
  const disk = new DiskWorkspace(roots);
  const queries = hostQueries(disk);
  const watch = watchRoots({ store, workspace: disk, queries, clock, log }, owned);
  const files = new EditorFiles({ windows, disk, clock });
  return {
    disk,
    queries,
    mentions: new Mentions({
      queries: new OwnFolders(own).queries(queries, (path, signal) => disk.place(path, signal)),
      clock,
      recent: () => [],
      rootName: (root) => basename(root),
      addressOf: (path) => pathToFileURL(path).href,
    }),
    workspace: watch.around(disk),
    filesOf: (session) => watch.around(files.of(session)),
    edits: hostRelayEdits({ files, watch, windows, log, ending }),
  };
};
