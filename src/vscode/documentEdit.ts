import * as vscode from 'vscode';
import type { Clock } from '../base/clock.ts';
import { Disposables } from '../base/disposable.ts';
import { Failure } from '../base/failure.ts';
import { minimalEdit } from './minimalEdit.ts';
import { sameLines } from '../base/textLines.ts';
import { withLineEnds } from './textFile.ts';

/**
 * Puts the text into the document, as one step of undo and not saved. False when it stands there already.
 * @throws Failure `changed`
 */
export const editDocument = async (document: vscode.TextDocument, content: string): Promise<boolean> => {
  const change = minimalEdit(document.getText(), withLineEnds(content, document.eol));
  if (change === undefined) return false;
  const edit = new vscode.WorkspaceEdit();
  const range = new vscode.Range(document.positionAt(change.start), document.positionAt(change.end));
  edit.replace(document.uri, range, change.text);
  if (!(await vscode.workspace.applyEdit(edit))) throw changedMeanwhile(document.uri.fsPath);
  return true;
};

/** @throws Failure `not saved` */
export const saveDocument = async (document: vscode.TextDocument): Promise<void> => {
  if (!(await document.save())) throw notSaved(document);
};

export const notSaved = ({ uri }: vscode.TextDocument): Failure =>
  new Failure(
    'not saved',
    vscode.l10n.t('{0} was changed in the editor but could not be saved.', uri.fsPath),
    vscode.l10n.t('Look at the editor: the change stands there unsaved.'),
  );

/**
 * Takes back what is not saved, to what stands on the disk. VS Code that looked at a file while it was being written has
 * its text and believes it to be older than it is: it refuses every save, until it reads the file once more.
 * @throws Failure `not saved` when it has not `text` then
 */
export const readAnew = async (document: vscode.TextDocument, text: string): Promise<void> => {
  await vscode.window.showTextDocument(document, { preserveFocus: true, preview: false });
  await vscode.commands.executeCommand('workbench.action.files.revert');
  if (document.isDirty || !sameLines(document.getText(), text)) throw notSaved(document);
};

/**
 * Waits until the document has these lines: one that is open learns of a change on the disk a moment later. False when
 * it has not after `milliseconds`.
 */
export const hasLines = async (
  document: vscode.TextDocument,
  text: string,
  limit: { readonly clock: Clock; readonly milliseconds: number },
  signal: AbortSignal,
): Promise<boolean> => {
  const matches = (): boolean => sameLines(document.getText(), text);
  if (matches()) return true;
  const owned = new Disposables();
  try {
    return await new Promise<boolean>((resolve, reject) => {
      owned.add(
        vscode.workspace.onDidChangeTextDocument((change) => {
          if (change.document === document && matches()) resolve(true);
        }),
      );
      owned.add(limit.clock.after(limit.milliseconds, () => resolve(false)));
      const aborted = (): void => reject(signal.reason as Error);
      signal.addEventListener('abort', aborted, { once: true });
      owned.onEnd(() => signal.removeEventListener('abort', aborted));
    });
  } finally {
    owned.dispose();
  }
};

export const changedMeanwhile = (path: string): Failure =>
  new Failure(
    'changed',
    vscode.l10n.t('{0} changed while it was being written.', path),
    vscode.l10n.t('Read it again, then write.'),
  );
