import * as vscode from 'vscode';
import { plainLine } from '../plainText.ts';
import type { FarEntry, FarFileSource } from './far.ts';
import { farUri, showFarFile } from './farFiles.ts';

/** Lets a person look through the folders of a session elsewhere, and opens the file that they choose. */
export const browseFiles = async (
  place: {
    readonly source: FarFileSource;
    readonly environment: string;
    readonly session: string;
    readonly root: string;
    readonly title: string;
  },
  signal: AbortSignal,
): Promise<void> => {
  const { source, environment, session, root, title } = place;
  for (let path = root; ;) {
    const chosen = await choose(await source.list(session, path, signal), { path, title, isRoot: path === root });
    if (chosen === undefined) return;
    if (chosen === UP) path = path.slice(0, path.lastIndexOf('/')) || '/';
    else {
      path = `${path === '/' ? '' : path}/${chosen.name}`;
      if (chosen.type !== 'directory') return await showFarFile(farUri(environment, session, path));
    }
  }
};

const UP = Symbol('up');

const choose = async (
  entries: readonly FarEntry[],
  { path, title, isRoot }: { readonly path: string; readonly title: string; readonly isRoot: boolean },
): Promise<FarEntry | typeof UP | undefined> => {
  const items = entries
    .toSorted((a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name))
    .map((entry) => ({
      entry,
      label: plainLine(entry.name, 100),
      description: entry.branch === undefined ? '' : `$(git-branch) ${plainLine(entry.branch, 60)}`,
      iconPath: new vscode.ThemeIcon(entry.type === 'directory' ? 'folder' : 'file'),
    }));
  const up = { entry: UP, label: '..', iconPath: new vscode.ThemeIcon('arrow-up') } as const;
  const all: readonly (vscode.QuickPickItem & { readonly entry: FarEntry | typeof UP })[] = isRoot
    ? items
    : [up, ...items];
  const placeHolder = vscode.l10n.t('{0}: which file? It can be read here, and not changed.', plainLine(path, 100));
  return (
    await vscode.window.showQuickPick(all, { title: plainLine(title, 60), placeHolder, matchOnDescription: true })
  )?.entry;
};

/** Folders first. */
const rank = ({ type }: FarEntry): number => (type === 'directory' ? 0 : 1);
