import { isAbsolute, normalize } from 'node:path';
import * as vscode from 'vscode';
import type { Clock } from '../base/clock.ts';
import { Disposables } from '../base/disposable.ts';
import { Failure } from '../base/failure.ts';
import type { Log } from '../base/log.ts';
import type { Workspace } from '../router/ports.ts';
import { isContained } from './containment.ts';
import { lineRange } from './lineRange.ts';
import { minimalEdit } from './minimalEdit.ts';
import { readTextFile, sameLines, withLineEnds } from './textFile.ts';

/** How long an open document may take to notice what stands on the disk, in milliseconds. */
const NOTICE = 5000;

/** The editor's files: what the person sees is what an agent reads, and what an agent writes is a step of undo. */
export class EditorWorkspace implements Workspace {
  readonly #clock: Clock;
  readonly #log: Log;
  /** The last write of each path that is under way: two edits of one document at once would tear it. */
  readonly #writes = new Map<string, Promise<void>>();

  constructor(parts: { readonly clock: Clock; readonly log: Log }) {
    this.#clock = parts.clock;
    this.#log = parts.log;
  }

  roots(): readonly string[] {
    const folders = vscode.workspace.workspaceFolders ?? [];
    return folders.filter(({ uri }) => uri.scheme === 'file').map(({ uri }) => uri.fsPath);
  }

  async readText(
    path: string,
    range: { readonly line?: number; readonly limit?: number },
    signal: AbortSignal,
  ): Promise<string> {
    requireCount(range.line, 1, 'line');
    requireCount(range.limit, 0, 'limit');
    const file = await this.#admit(path);
    const open = openDocument(file);
    if (open?.isDirty === true) return lineRange(open.getText(), range);
    const text = await readTextFile(file, signal);
    if (text === undefined) throw new Failure('not found', vscode.l10n.t('{0} does not exist.', path));
    return lineRange(text, range);
  }

  async writeText(path: string, content: string, signal: AbortSignal): Promise<void> {
    const text = content.startsWith('\uFEFF') ? content.slice(1) : content;
    // In line before anything is awaited: the order in which they came is the order in which they are done.
    const place = normalize(path);
    const before = this.#writes.get(place) ?? Promise.resolve();
    const writing = before.catch(() => undefined).then(async () => this.#write(await this.#admit(path), text, signal));
    this.#writes.set(place, writing);
    try {
      await writing;
    } finally {
      if (this.#writes.get(place) === writing) this.#writes.delete(place);
    }
  }

  /** @throws Failure `invalid`, `outside` */
  async #admit(path: string): Promise<string> {
    if (!isAbsolute(path) || path.includes('\0'))
      throw new Failure('invalid', vscode.l10n.t('{0} is not an absolute path.', path));
    const file = normalize(path);
    if (await isContained(this.roots(), file)) return file;
    throw new Failure(
      'outside',
      vscode.l10n.t('{0} is outside of the folders of this window.', path),
      vscode.l10n.t('Add its folder to the workspace.'),
    );
  }

  async #write(file: string, content: string, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const disk = await readTextFile(file, signal);
    const open = openDocument(file);
    if (open?.isDirty === true) return await settleUnsaved(open, content);
    if (disk === undefined) return await create(file, content);
    if (sameLines(disk, content)) return;
    const document = await vscode.workspace.openTextDocument(vscode.Uri.file(file));
    await this.#noticed(document, disk, signal);
    await this.#replace(document, content);
  }

  /** An open document learns of a change on the disk a moment later; an edit of what it showed before would undo that change. */
  async #noticed(document: vscode.TextDocument, disk: string, signal: AbortSignal): Promise<void> {
    const matches = (): boolean => sameLines(document.getText(), disk);
    if (matches()) return;
    const owned = new Disposables();
    try {
      await new Promise<void>((resolve, reject) => {
        owned.add(
          vscode.workspace.onDidChangeTextDocument((change) => change.document === document && matches() && resolve()),
        );
        owned.add(this.#clock.after(NOTICE, () => reject(changedMeanwhile(document.uri.fsPath))));
        const aborted = (): void => reject(signal.reason as Error);
        signal.addEventListener('abort', aborted, { once: true });
        owned.onEnd(() => signal.removeEventListener('abort', aborted));
      });
    } finally {
      owned.dispose();
    }
  }

  async #replace(document: vscode.TextDocument, content: string): Promise<void> {
    const path = document.uri.fsPath;
    if (document.isDirty) return await settleUnsaved(document, content);
    const wanted = withLineEnds(content, document.eol);
    const change = minimalEdit(document.getText(), wanted);
    if (change === undefined) return;
    const edit = new vscode.WorkspaceEdit();
    const range = new vscode.Range(document.positionAt(change.start), document.positionAt(change.end));
    edit.replace(document.uri, range, change.text);
    if (!(await vscode.workspace.applyEdit(edit))) throw changedMeanwhile(path);
    if (!(await document.save())) throw notSaved(path);
    if (document.getText() !== wanted)
      this.#log.info(`${path} was changed while it was saved (a formatter?): it is not exactly what the agent wrote.`);
  }
}

const requireCount = (value: number | undefined, least: number, name: string): void => {
  if (value === undefined || (Number.isSafeInteger(value) && value >= least)) return;
  throw new Failure('invalid', vscode.l10n.t('“{0}” must be a whole number from {1} on.', name, least));
};

/** By the whole address: `git:` and other twins have the same path. */
const openDocument = (file: string): vscode.TextDocument | undefined => {
  const address = vscode.Uri.file(file).toString();
  return vscode.workspace.textDocuments.find(({ uri, isClosed }) => !isClosed && uri.toString() === address);
};

/** The person is typing here: their words are never overwritten, but what is already there may be saved. */
const settleUnsaved = async (document: vscode.TextDocument, content: string): Promise<void> => {
  const path = document.uri.fsPath;
  if (!sameLines(document.getText(), content))
    throw new Failure(
      'unsaved',
      vscode.l10n.t('{0} has edits of the person that are not saved, so it was not written.', path),
      vscode.l10n.t('Save or revert the file, then ask again.'),
    );
  if (!(await document.save())) throw notSaved(path);
};

const create = async (file: string, content: string): Promise<void> => {
  const uri = vscode.Uri.file(file);
  const edit = new vscode.WorkspaceEdit();
  // As an edit and not as bytes: so it can be undone, and others that follow file operations hear of it. It makes the folders.
  edit.createFile(uri, { contents: await vscode.workspace.encode(content, { uri }) });
  if (!(await vscode.workspace.applyEdit(edit)))
    throw new Failure(
      'not written',
      vscode.l10n.t('{0} could not be made.', file),
      vscode.l10n.t('Look at its folder’s permissions.'),
    );
};

const changedMeanwhile = (path: string): Failure =>
  new Failure(
    'changed',
    vscode.l10n.t('{0} changed while it was being written.', path),
    vscode.l10n.t('Read it again, then write.'),
  );

const notSaved = (path: string): Failure =>
  new Failure(
    'not saved',
    vscode.l10n.t('{0} was changed in the editor but could not be saved.', path),
    vscode.l10n.t('Look at the editor: the change stands there unsaved.'),
  );
