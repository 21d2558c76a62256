import * as vscode from 'vscode';
import type { Clock } from '../base/clock.ts';
import { Failure } from '../base/failure.ts';
import type { Log } from '../base/log.ts';
import { isAsSeen, sameLines, withLineFeeds, withoutMark } from '../base/textLines.ts';
import { Places } from '../machine/place.ts';
import { removeEmpty, requireWritableFile, writeVerified } from '../machine/verifiedFile.ts';
import type { Conflict, LineRange, Place, Settlement, Workspace } from '../router/ports.ts';
import type { Diffs } from './diffs.ts';
import { changedMeanwhile, editDocument, hasLines, notSaved, readAnew, saveDocument } from './documentEdit.ts';
import { lineRange } from '../base/lineRange.ts';
import { findDocument, findNotebook, findUntitled, hasTab } from './openDocuments.ts';
import { requireEditable } from './readOnly.ts';
import { type DiskText, encodeNew, readTextFile, requireSize, withLineEnds } from './textFile.ts';
import { mergeThree } from './threeWay.ts';

/** How long an open document may take to notice what stands on the disk, in milliseconds, before it is edited. */
const NOTICE = 5000;
/** And after we wrote: what is written stands there either way, only its step of undo is missing. */
const FOLLOW = 2000;

type Settle = (conflict: Conflict) => Promise<Settlement>;
type Written = Awaited<ReturnType<Workspace['writeText']>>;

/**
 * The editor's files: what the person sees is what an agent reads, and what an agent writes is a step of undo.
 *
 * A file that the person has open is edited and saved by VS Code, as if they had done it: formatters and all that
 * listens to a save do their work. Any other is put on the disk by us, whole and where it was judged to be, while VS Code
 * has its text at hand: so it follows with a step of undo, and no editor has to be opened for it. Outside of the
 * workspace it watches nothing and would not follow, so there it is VS Code that writes.
 */
export class EditorWorkspace implements Workspace {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #diffs: Pick<Diffs, 'openMerge'>;
  readonly #places = new Places(() => this.roots());
  /** The last write of each file that is under way: two edits of one document at once would tear it. */
  readonly #writes = new Map<string, Promise<unknown>>();

  constructor(parts: { readonly clock: Clock; readonly log: Log; readonly diffs: Pick<Diffs, 'openMerge'> }) {
    this.#clock = parts.clock;
    this.#log = parts.log;
    this.#diffs = parts.diffs;
  }

  roots(): readonly string[] {
    const folders = vscode.workspace.workspaceFolders ?? [];
    return folders.filter(({ uri }) => uri.scheme === 'file').map(({ uri }) => uri.fsPath);
  }

  async place(path: string, signal: AbortSignal): Promise<Place> {
    if (/^untitled:/iu.test(path)) throw unsavedNew(path);
    const place = await this.#places.find(path);
    signal.throwIfAborted();
    return place;
  }

  async readText(place: Place, range: LineRange, signal: AbortSignal): Promise<string> {
    requireCount(range.line, 1, 'line');
    requireCount(range.limit, 0, 'limit');
    const notebook = findNotebook(place);
    if (notebook?.isDirty === true) throw unsavedNotebook(place.path);
    const open = await findDocument(place);
    if (open?.isDirty === true) return lineRange(open.getText(), range);
    const disk = await readTextFile(place.real, open, signal);
    if (disk !== undefined) return lineRange(disk.text, range);
    if (findUntitled(place) !== undefined) throw unsavedNew(place.path, 'not found');
    throw new Failure('not found', vscode.l10n.t('{0} does not exist.', place.path));
  }

  async writeText(place: Place, content: string, settle: Settle, signal: AbortSignal): Promise<Written> {
    // In line before anything is awaited: the order in which they came is the order in which they are done.
    const before = this.#writes.get(place.real) ?? Promise.resolve();
    const writing = before.catch(() => undefined).then(() => this.#write(place, withoutMark(content), settle, signal));
    this.#writes.set(place.real, writing);
    try {
      return await writing;
    } finally {
      if (this.#writes.get(place.real) === writing) this.#writes.delete(place.real);
    }
  }

  async #write(place: Place, content: string, settle: Settle, signal: AbortSignal): Promise<Written> {
    signal.throwIfAborted();
    if (findNotebook(place)?.isDirty === true) throw unsavedNotebook(place.path);
    if (findUntitled(place) !== undefined) throw unsavedNew(place.path);
    requireSize(place.path, content);
    requireEditable(place);
    const open = await findDocument(place);
    if (open?.isDirty === true) {
      if (!isAsSeen(place.seen, open.getText())) throw changedMeanwhile(place.path);
      return await this.#settle(place, open, content, settle, signal);
    }
    const disk = await readTextFile(place.real, open, signal);
    if (!isAsSeen(place.seen, disk?.text)) throw changedMeanwhile(place.path);
    if (disk === undefined) return await this.#create(place, content, signal);
    if (sameLines(disk.text, content)) return 'unchanged';
    if (open === undefined || !hasTab(open)) return await this.#overwrite(place, disk, content, signal);
    if (!(await hasLines(open, disk.text, { clock: this.#clock, milliseconds: NOTICE }, signal)))
      throw changedMeanwhile(place.path);
    if (open.isDirty) return await this.#settle(place, open, content, settle, signal);
    return await this.#edit(place, open, content, signal);
  }

  /** Through the open document, by VS Code. */
  async #edit(place: Place, document: vscode.TextDocument, content: string, signal: AbortSignal): Promise<Written> {
    await this.#lookAgain(place, signal);
    // Else the change would stand in the editor, with nowhere to save it to.
    await requireWritableFile(place.real);
    signal.throwIfAborted();
    const before = document.isDirty ? undefined : document.getText();
    await editDocument(document, content);
    if (!(await document.save())) {
      const disk = await readTextFile(place.real, document, signal);
      if (before === undefined || disk === undefined || !sameLines(disk.text, before)) throw notSaved(document);
      await readAnew(document, before);
      await editDocument(document, content);
      await saveDocument(document);
    }
    // VS Code saves by name: had a link come in its way, another file would have the text now.
    const there = await readTextFile(place.real, document, signal);
    if (there === undefined || !sameLines(there.text, document.getText())) {
      this.#log.error(`${place.real} was exchanged while it was saved: what was written may stand in another file.`);
      throw changedMeanwhile(place.path);
    }
    return sameLines(document.getText(), content) ? 'written' : 'reworked';
  }

  /** Onto the disk, by us. */
  async #overwrite(place: Place, disk: DiskText, content: string, signal: AbortSignal): Promise<Written> {
    const document = await vscode.workspace.openTextDocument(vscode.Uri.file(place.real));
    if (!place.inside && (await hasLines(document, disk.text, { clock: this.#clock, milliseconds: FOLLOW }, signal)))
      return await this.#edit(place, document, content, signal);
    // A file with no line end in it yet has none that could be kept.
    const text = disk.text.includes('\n') ? withLineEnds(content, document.eol) : content;
    await this.#put(place, document, { text, bytes: await disk.encode(text) }, signal);
    return 'written';
  }

  /** First without content, so that VS Code has something that it can take the content back to. */
  async #create(place: Place, content: string, signal: AbortSignal): Promise<Written> {
    await writeVerified(place.real, new Uint8Array(), { isNew: true }, signal);
    try {
      const document = await vscode.workspace.openTextDocument(vscode.Uri.file(place.real));
      if (!place.inside) return await this.#edit(place, document, content, signal);
      const bytes = await encodeNew(place.real, content);
      if (content !== '') await this.#put(place, document, { text: content, bytes }, signal);
      return 'written';
    } catch (failure) {
      await removeEmpty(place.real);
      throw failure;
    }
  }

  async #put(
    place: Place,
    document: vscode.TextDocument,
    { text, bytes }: { readonly text: string; readonly bytes: Uint8Array },
    signal: AbortSignal,
  ): Promise<void> {
    const before = (): void => {
      if (document.isDirty) throw changedMeanwhile(place.path);
    };
    await writeVerified(place.real, bytes, { isNew: false, before }, signal);
    if (!(await hasLines(document, text, { clock: this.#clock, milliseconds: FOLLOW }, signal)))
      this.#log.info(`${place.real} was written, and the editor has not noticed it yet.`);
  }

  /** The person is typing here: nothing of theirs is overwritten unless they say so, and then one undo brings it back. */
  async #settle(
    place: Place,
    document: vscode.TextDocument,
    theirs: string,
    settle: Settle,
    signal: AbortSignal,
  ): Promise<Written> {
    const mine = document.getText();
    if (sameLines(mine, theirs)) {
      await saveDocument(document);
      return sameLines(document.getText(), theirs) ? 'written' : 'reworked';
    }
    // An editor that saves by itself does so while the person is asked: what both began with is gone from the disk then.
    const base = (await readTextFile(place.real, document, signal))?.text ?? '';
    const answer = await settle({ mine, theirs });
    signal.throwIfAborted();
    if (answer === 'mine') return 'kept';
    if (answer === 'merge') return await this.#merge(document, { base, theirs });
    // They were asked about the text that stood there then.
    if (document.isClosed || document.getText() !== mine) throw changedMeanwhile(place.path);
    return await this.#edit(place, document, theirs, signal);
  }

  async #merge(
    document: vscode.TextDocument,
    { base: before, theirs }: { readonly base: string; readonly theirs: string },
  ): Promise<Written> {
    const base = withLineFeeds(before);
    const mine = { name: vscode.l10n.t('Yours'), text: withLineFeeds(document.getText()) };
    const other = { name: vscode.l10n.t('The agent’s'), text: withLineFeeds(theirs) };
    const merged = mergeThree(base, mine, other);
    await editDocument(document, merged.text);
    await this.#diffs.openMerge(document, { base, mine, theirs: other, conflicts: merged.conflicts });
    return 'merging';
  }

  /** It was judged a while ago, and a person may have been asked since. */
  async #lookAgain(place: Place, signal: AbortSignal): Promise<void> {
    const now = await this.place(place.path, signal);
    if (now.real !== place.real || now.inside !== place.inside || now.protectedBy !== place.protectedBy)
      throw changedMeanwhile(place.path);
  }
}

const requireCount = (value: number | undefined, least: number, name: string): void => {
  if (value === undefined || (Number.isSafeInteger(value) && value >= least)) return;
  throw new Failure('invalid', vscode.l10n.t('“{0}” must be a whole number from {1} on.', name, least));
};

const unsavedNew = (path: string, code = 'invalid'): Failure =>
  new Failure(
    code,
    vscode.l10n.t('{0} is a new document in the editor that was never saved, so there is no such file.', path),
    vscode.l10n.t('Ask the person to save it.'),
  );

const unsavedNotebook = (path: string): Failure =>
  new Failure(
    'unsaved',
    vscode.l10n.t('{0} is open as a notebook with edits of the person that are not saved.', path),
    vscode.l10n.t('Ask the person to save it or to revert it.'),
  );
