import * as vscode from 'vscode';
import { Disposables } from '../base/disposable.ts';

const SCHEME = 'wheelhouse-diff';

/** Shows an old and a new text side by side, both read-only: what an agent proposes is looked at here, never edited. */
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

  dispose(): void {
    this.#owned.dispose();
    this.#texts.clear();
  }

  #put(side: 'old' | 'new', path: string, text: string): vscode.Uri {
    const { path: uriPath } = vscode.Uri.file(path);
    const uri = vscode.Uri.from({ scheme: SCHEME, path: uriPath, query: `${side}-${this.#count}` });
    this.#texts.set(uri.toString(), text);
    return uri;
  }
}
