import * as vscode from 'vscode';
import { Disposables } from '../base/disposable.ts';

const SCHEME = 'wheelhouse-diff';
/** VS Code's own, as its git extension opens it. It is no promised API: there may be none. */
const MERGE_EDITOR = '_open.mergeEditor';

export interface MergeSides {
  readonly base: string;
  readonly mine: { readonly name: string; readonly text: string };
  readonly theirs: { readonly name: string; readonly text: string };
  /** How often both changed the same lines. */
  readonly conflicts: number;
}

/** Shows a text, or an old and a new one side by side, read-only: what an agent says and proposes is looked at here, never edited. */
export class Diffs implements vscode.Disposable {
  readonly #owned = new Disposables();
  readonly #texts = new Map<string, string>();
  #count = 0;

  constructor() {
    this.#owned.add(
      vscode.workspace.registerTextDocumentContentProvider(SCHEME, {
        provideTextDocumentContent: (uri) => this.#texts.get(uri.toString()) ?? '',
      }),
    );
    // A text lives as long as its editor: a session can show hundreds of large ones.
    this.#owned.add(vscode.workspace.onDidCloseTextDocument(({ uri }) => this.#texts.delete(uri.toString())));
  }

  /** `path` gives both sides their language and their name; nothing is read from it. */
  async open(diff: { path: string; oldText: string | null; newText: string; title: string }): Promise<void> {
    this.#count += 1;
    const left = this.#put('old', diff.path, diff.oldText ?? '');
    const right = this.#put('new', diff.path, diff.newText);
    await vscode.commands.executeCommand('vscode.diff', left, right, diff.title, { preview: true });
  }

  /** A text by itself, under a title. */
  async show(title: string, text: string): Promise<void> {
    this.#count += 1;
    const uri = this.#put('new', `/${title}`, text);
    await vscode.commands.executeCommand('vscode.open', uri, { preview: true });
  }

  /**
   * Shows a document in which two texts were put together, and what each of them did to their common base. Where VS Code
   * has its merge editor, what both changed is chosen there; else it stands in the document, between markers. The merge
   * editor saves the document as it opens.
   */
  async openMerge(document: vscode.TextDocument, { base, mine, theirs, conflicts }: MergeSides): Promise<void> {
    const commands = conflicts === 0 ? [] : await vscode.commands.getCommands(false);
    if (!commands.includes(MERGE_EDITOR)) {
      await vscode.window.showTextDocument(document, { preview: false });
      return;
    }
    this.#count += 1;
    const { fsPath } = document.uri;
    await vscode.commands.executeCommand(MERGE_EDITOR, {
      base: this.#put('base', fsPath, base),
      input1: { uri: this.#put('mine', fsPath, mine.text), title: mine.name },
      input2: { uri: this.#put('theirs', fsPath, theirs.text), title: theirs.name },
      output: document.uri,
    });
  }

  dispose(): void {
    this.#owned.dispose();
    this.#texts.clear();
  }

  #put(side: 'old' | 'new' | 'base' | 'mine' | 'theirs', path: string, text: string): vscode.Uri {
    const { path: uriPath } = vscode.Uri.file(path);
    const uri = vscode.Uri.from({ scheme: SCHEME, path: uriPath, query: `${side}-${this.#count}` });
    this.#texts.set(uri.toString(), text);
    return uri;
  }
}
