import { basename } from 'node:path';
import * as vscode from 'vscode';
import type { Clock } from '../base/clock.ts';
import { Disposables } from '../base/disposable.ts';
import type { Log } from '../base/log.ts';
import type { SessionKey } from '../model/session.ts';
import { Mentions } from '../router/mentions.ts';
import type { Workspace } from '../router/ports.ts';
import type { Queries } from '../router/queries.ts';
import type { SessionStore } from '../router/store.ts';
import { editorQueries } from './queries.ts';
import { watchFolders } from './watcher.ts';

/** The folders of the window: what is asked of them, what is written there, and what changes there unasked. */
export class Files implements vscode.Disposable {
  /** What agents read and write through. */
  readonly workspace: Workspace;
  readonly mentions: Mentions;
  /** Of what others are told. */
  readonly mentionsOf: (queries: Queries) => Mentions;
  readonly queries: Queries;
  readonly #owned = new Disposables();

  constructor(parts: {
    readonly workspace: Workspace;
    readonly store: SessionStore;
    readonly clock: Clock;
    readonly log: Log;
    reveal(key: SessionKey): Promise<void>;
  }) {
    const { workspace, store, clock, log, reveal } = parts;
    const queries = editorQueries({ workspace, env: process.env, log });
    this.queries = queries;
    this.workspace = watchFolders({ store, queries, clock, log, reveal }, this.#owned).around(workspace);
    this.mentionsOf = (told) =>
      new Mentions({
        queries: told,
        clock,
        recent: openFiles,
        rootName: folderName,
        addressOf: (path) => vscode.Uri.file(path).toString(),
      });
    this.mentions = this.mentionsOf(queries);
  }

  dispose(): void {
    this.#owned.dispose();
  }
}

/** Of the editors, the one in front first. */
const openFiles = (): readonly string[] => {
  const { activeTabGroup, all } = vscode.window.tabGroups;
  const tabs = [activeTabGroup.activeTab, ...all.flatMap((group) => group.tabs)];
  const paths = tabs.flatMap((tab) =>
    tab?.input instanceof vscode.TabInputText && tab.input.uri.scheme === 'file' ? [tab.input.uri.fsPath] : [],
  );
  return [...new Set(paths)];
};

/** As the explorer calls it. */
const folderName = (path: string): string =>
  vscode.workspace.workspaceFolders?.find(({ uri }) => uri.fsPath === path)?.name ?? basename(path);
