import * as vscode from 'vscode';
import { Disposables } from '../../base/disposable.ts';
import { type PairingAsked, type PairingShown, readPairingAsked } from '../../protocol/view/pairing.ts';
import { chatHtml } from '../chatHtml.ts';

export type MakePanel = typeof vscode.window.createWebviewPanel;

/** A page beside the editors with a code for one device. It holds no secret but that code, and asks for nothing else. */
export class PairingPanel implements vscode.Disposable {
  readonly #panel: vscode.WebviewPanel;
  readonly #owned = new Disposables();
  #shown: (() => PairingShown) | undefined;

  constructor(parts: {
    /** Of the extension. */
    readonly extension: vscode.Uri;
    readonly asked: (asked: Exclude<PairingAsked, { ask: 'hello' }>) => void;
    /** By the person, or by us. */
    readonly closed: () => void;
    readonly make?: MakePanel;
  }) {
    const files = vscode.Uri.joinPath(parts.extension, 'dist', 'webview');
    const make = parts.make ?? vscode.window.createWebviewPanel;
    const title = vscode.l10n.t('Pair a Device');
    this.#panel = make('wheelhouse.pairing', title, vscode.ViewColumn.Active, {
      enableScripts: true,
      // Only what the page is made of: by default a webview could read the whole workspace.
      localResourceRoots: [files],
    });
    const { webview } = this.#panel;
    this.#owned.add(
      webview.onDidReceiveMessage((message: unknown) => {
        const asked = readPairingAsked(message);
        if (asked?.ask === 'hello') this.#post();
        else if (asked !== undefined) parts.asked(asked);
      }),
    );
    this.#owned.add(
      this.#panel.onDidDispose(() => {
        this.#owned.dispose();
        parts.closed();
      }),
    );
    const file = (name: string): string => webview.asWebviewUri(vscode.Uri.joinPath(files, name)).toString();
    webview.html = chatHtml({
      source: webview.cspSource,
      script: file('pairing.js'),
      style: file('pairing.css'),
      nonce: crypto.randomUUID(),
      language: vscode.env.language,
      title,
    });
  }

  /** Asked for again whenever the page comes to sight anew: what time is left is said as of then. */
  show(shown: () => PairingShown): void {
    this.#shown = shown;
    this.#post();
  }

  reveal(): void {
    this.#panel.reveal();
  }

  dispose(): void {
    this.#panel.dispose();
  }

  #post(): void {
    if (this.#shown !== undefined && !this.#owned.ended) void this.#panel.webview.postMessage(this.#shown());
  }
}
