import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import * as vscode from 'vscode';

/** The folder that the window has open: a copy of the sample that only this run uses. */
export const folder = (): string => {
  const [first] = vscode.workspace.workspaceFolders ?? [];
  if (first === undefined) throw new Error('the window has no folder');
  return first.uri.fsPath;
};

export const pathOf = (name: string): string => join(folder(), name);

export const put = async (name: string, content: string | Uint8Array): Promise<string> => {
  const path = pathOf(name);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content);
  return path;
};

export const remove = async (name: string): Promise<void> => {
  // The editor may write into it just now.
  if (existsSync(pathOf(name))) await rm(pathOf(name), { recursive: true, maxRetries: 20, retryDelay: 50 });
};

/** Opens the file in an editor. */
export const show = async (path: string): Promise<vscode.TextEditor> =>
  await vscode.window.showTextDocument(await vscode.workspace.openTextDocument(vscode.Uri.file(path)), {
    preview: false,
  });

/** Types at the beginning of the document, unsaved. */
export const typeAtStart = async (editor: vscode.TextEditor, text: string): Promise<void> => {
  if (!(await editor.edit((edit) => edit.insert(new vscode.Position(0, 0), text))))
    throw new Error('the editor took no edit');
};

/** Closes every editor; what was not saved is thrown away. */
export const closeEditors = async (): Promise<void> => {
  for (const document of vscode.workspace.textDocuments) {
    if (!document.isDirty || document.uri.scheme !== 'file') continue;
    await vscode.window.showTextDocument(document);
    await vscode.commands.executeCommand('workbench.action.revertAndCloseActiveEditor');
  }
  await vscode.commands.executeCommand('workbench.action.closeAllEditors');
};
