import { basename } from 'node:path';
import * as vscode from 'vscode';
import type { Clock } from '../base/clock.ts';
import { Disposables } from '../base/disposable.ts';
import { sentence } from '../base/failure.ts';
import type { Log } from '../base/log.ts';
import { ignoredPaths } from '../machine/ignoredPaths.ts';
import { protectedStamps, stampOf } from '../machine/stamps.ts';
import type { Session, SessionKey } from '../model/session.ts';
import { OutOfBand } from '../router/outOfBand.ts';
import type { Queries } from '../router/queries.ts';
import type { SessionStore } from '../router/store.ts';
import { plainLine } from './plainText.ts';
import { titleOf } from './sessionWords.ts';

/** Watches the folders of the window while an agent works in them. */
export const watchFolders = (
  parts: {
    readonly store: SessionStore;
    readonly queries: Queries;
    readonly clock: Clock;
    readonly log: Log;
    reveal(key: SessionKey): Promise<void>;
  },
  owned: Disposables,
): OutOfBand => {
  const { store, queries, clock, log, reveal } = parts;
  const roots = (): readonly string[] => queries.roots();
  const outOfBand = new OutOfBand({
    store,
    clock,
    log,
    roots,
    watch: watchAll,
    stampOf,
    protectedFiles: () => protectedStamps(roots()),
    ignored: (root, paths) => ignoredPaths(queries, root, paths),
    alarm: (session, paths) => {
      alarm(session, paths, reveal).catch((failure: unknown) =>
        log.warn(`An alarm was not shown: ${sentence(failure)}`),
      );
    },
  });
  owned.add(outOfBand);
  followSaves(owned, (uri) => {
    if (uri.scheme === 'file') void outOfBand.saved(uri.fsPath);
  });
  return outOfBand;
};

/** What the person does in the editor, and what other extensions do through it for them. */
const followSaves = (owned: Disposables, saved: (uri: vscode.Uri) => void): void => {
  const { workspace } = vscode;
  owned.add(workspace.onDidSaveTextDocument(({ uri }) => saved(uri)));
  owned.add(workspace.onDidSaveNotebookDocument(({ uri }) => saved(uri)));
  owned.add(workspace.onDidCreateFiles(({ files }) => files.forEach(saved)));
  owned.add(workspace.onDidDeleteFiles(({ files }) => files.forEach(saved)));
  owned.add(
    workspace.onDidRenameFiles(({ files }) => files.forEach(({ oldUri, newUri }) => [oldUri, newUri].forEach(saved))),
  );
};

/** Every folder of the window, also one that comes while an agent works. */
const watchAll = (changed: (path: string) => void): Disposables => {
  const owned = new Disposables();
  let watchers = owned.add(new Disposables());
  const begin = (): void => {
    owned.remove(watchers);
    watchers = owned.add(new Disposables());
    const tell = ({ fsPath }: vscode.Uri): void => changed(fsPath);
    for (const folder of vscode.workspace.workspaceFolders ?? []) {
      if (folder.uri.scheme !== 'file') continue;
      const watcher = watchers.add(vscode.workspace.createFileSystemWatcher(new vscode.RelativePattern(folder, '**')));
      watchers.add(watcher.onDidCreate(tell));
      watchers.add(watcher.onDidChange(tell));
      watchers.add(watcher.onDidDelete(tell));
    }
  };
  begin();
  owned.add(vscode.workspace.onDidChangeWorkspaceFolders(begin));
  return owned;
};

const alarm = async (
  session: Session,
  paths: readonly string[],
  reveal: (key: SessionKey) => Promise<void>,
): Promise<void> => {
  const [first = '', ...others] = paths;
  const name = plainLine(basename(first), 60);
  const title = titleOf(session, vscode.l10n.t);
  const message =
    others.length === 0
      ? vscode.l10n.t('While “{0}” worked, {1} was changed without a question. It can make programs run.', title, name)
      : vscode.l10n.t(
          'While “{0}” worked, {1} and {2} other protected files were changed without a question. They can make programs run.',
          title,
          name,
          others.length,
        );
  const review = vscode.l10n.t('Review');
  const open = vscode.l10n.t('Open File');
  const answer = await vscode.window.showErrorMessage(message, review, open);
  if (answer === review) await reveal(session.key);
  if (answer === open) await vscode.commands.executeCommand('vscode.open', vscode.Uri.file(first), { preview: true });
};
