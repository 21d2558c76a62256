import * as vscode from 'vscode';
import { realPathOf } from '../machine/place.ts';
import type { Place } from '../router/ports.ts';

/** Whole addresses are compared: `git:` and other twins have the same path. */
const isAt = (uri: vscode.Uri, path: string): boolean => uri.toString() === vscode.Uri.file(path).toString();

/**
 * The text that the editor has of a file, under whichever name it was opened: one with unsaved edits before all others,
 * since these are the person's.
 */
export const findDocument = async (place: Place): Promise<vscode.TextDocument | undefined> => {
  const open = vscode.workspace.textDocuments.filter(({ uri, isClosed }) => !isClosed && uri.scheme === 'file');
  for (const document of open)
    if (document.isDirty && (isAt(document.uri, place.real) || (await leadsTo(document.uri, place)))) return document;
  return (
    open.find(({ uri }) => isAt(uri, place.real)) ??
    open.find(({ uri }) => place.real !== place.path && isAt(uri, place.path))
  );
};

const leadsTo = async (uri: vscode.Uri, place: Place): Promise<boolean> => {
  try {
    return (await realPathOf(uri.fsPath)).real === place.real;
  } catch {
    return false;
  }
};

/** Whether the person has it before them, or behind a tab. */
export const hasTab = ({ uri }: vscode.TextDocument): boolean =>
  vscode.window.tabGroups.all.some(({ tabs }) => tabs.some(({ input }) => shows(input, uri.toString())));

const shows = (input: unknown, address: string): boolean => {
  if (input instanceof vscode.TabInputText) return input.uri.toString() === address;
  return input instanceof vscode.TabInputTextDiff && input.modified.toString() === address;
};

export const findNotebook = ({ real, path }: Place): vscode.NotebookDocument | undefined =>
  vscode.workspace.notebookDocuments.find(({ uri, isClosed }) => !isClosed && (isAt(uri, real) || isAt(uri, path)));

/** A new document that has been given this name and was never saved. */
export const findUntitled = ({ real, path }: Place): vscode.TextDocument | undefined =>
  vscode.workspace.textDocuments.find(
    ({ uri, isClosed }) => !isClosed && uri.scheme === 'untitled' && (uri.fsPath === real || uri.fsPath === path),
  );
