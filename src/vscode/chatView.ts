import * as vscode from 'vscode';
import { Disposables } from '../base/disposable.ts';
import type { Duplex } from '../base/duplex.ts';
import type { Event } from '../base/event.ts';
import type { SessionKey } from '../model/session.ts';
import type { Setup, ToSurface } from '../protocol/view/messages.ts';
import { chatHtml } from './chatHtml.ts';
import { isHello, Surface } from './surface.ts';
import type { WindowMemory } from './unread.ts';

type News = Extract<ToSurface, { type: 'since' }>;

/** What the chat needs of the core's door. */
export interface Door {
  readonly shown: SessionKey | undefined;
  readonly onShown: Event<SessionKey>;
  focus(key: SessionKey, question?: string): void;
  since(news: News): void;
  setup(setup: Setup): void;
  dispose(): void;
}

/** The name under which the window remembers what was shown last. */
const SHOWN = 'shown';

/** Only what the page is made of: by default a webview could read the whole workspace. */
const chatOptions = (extension: vscode.Uri): vscode.WebviewOptions => ({
  enableScripts: true,
  localResourceRoots: [vscode.Uri.joinPath(extension, 'dist', 'webview')],
});

/**
 * The chat in the sidebar. Its page is destroyed whenever it is out of sight, and messages to it may be lost then: so a
 * door lives from the page's hello until it is hidden, and what the person looked at is remembered here, over the end
 * of the window too.
 */
export class ChatView implements vscode.WebviewViewProvider, vscode.Disposable {
  static readonly id = 'wheelhouse.chat';
  readonly #extension: vscode.Uri;
  readonly #openDoor: (surface: Duplex<unknown, ToSurface>) => Promise<Door>;
  readonly #failed: (failure: unknown) => void;
  readonly #memory: WindowMemory;
  readonly #owned = new Disposables();
  readonly #attention = this.#owned.add(new vscode.EventEmitter<void>());
  /** The chat came into sight or went out of it. */
  readonly onDidChangeVisibility = this.#attention.event;
  readonly #showed = this.#owned.add(new vscode.EventEmitter<SessionKey>());
  /** The page shows another session. */
  readonly onDidShow = this.#showed.event;
  #view: vscode.WebviewView | undefined;
  #surface: Surface | undefined;
  #door: Door | undefined;
  #last: SessionKey | undefined;
  /** What the page was told to show, until it has answered by attaching. */
  #told: { readonly key: SessionKey; readonly before: SessionKey | undefined } | undefined;
  #wanted: { readonly key: SessionKey; readonly question?: string } | undefined;

  constructor(parts: {
    readonly extension: vscode.Uri;
    readonly openDoor: (surface: Duplex<unknown, ToSurface>) => Promise<Door>;
    readonly failed: (failure: unknown) => void;
    readonly memory: WindowMemory;
  }) {
    this.#extension = parts.extension;
    this.#openDoor = parts.openDoor;
    this.#failed = parts.failed;
    this.#memory = parts.memory;
    const last = parts.memory.get(SHOWN);
    if (typeof last === 'string') this.#last = last as SessionKey;
  }

  get visible(): boolean {
    return this.#view?.visible === true;
  }

  /** The session that the person looks at, or looked at last. */
  get shown(): SessionKey | undefined {
    if (this.#wanted !== undefined) return this.#wanted.key;
    if (this.#told !== undefined && this.#told.before === this.#door?.shown) return this.#told.key;
    return this.#door?.shown ?? this.#last;
  }

  /** The session that is in sight now, drawn or about to be. */
  get inSight(): SessionKey | undefined {
    return this.visible ? this.#door?.shown : undefined;
  }

  resolveWebviewView(view: vscode.WebviewView): void {
    const { webview } = view;
    this.#view = view;
    webview.options = chatOptions(this.#extension);
    const owned = this.#owned.add(new Disposables());
    owned.add(webview.onDidReceiveMessage((message: unknown) => this.#receive(webview, message)));
    owned.add(
      view.onDidChangeVisibility(() => {
        if (!view.visible) this.#leave();
        this.#attention.fire();
      }),
    );
    owned.add(
      view.onDidDispose(() => {
        this.#owned.remove(owned);
        if (this.#view !== view) return;
        this.#leave();
        this.#view = undefined;
      }),
    );
    const file = (name: string): string =>
      webview.asWebviewUri(vscode.Uri.joinPath(this.#extension, 'dist', 'webview', name)).toString();
    webview.html = chatHtml({
      source: webview.cspSource,
      script: file('main.js'),
      style: file('main.css'),
      // The global one: `node:crypto` would be loaded at the start of every window.
      nonce: crypto.randomUUID(),
      language: vscode.env.language,
      title: vscode.l10n.t('Chat'),
    });
  }

  /** Turns to the session, now or when the chat is next in sight; the focus stays where it is. */
  show(key: SessionKey, question?: string): void {
    this.#wanted = { key, ...(question === undefined ? {} : { question }) };
    this.#deliver();
  }

  /** Brings the chat to sight, and the session and the question in it where they are named. */
  async reveal(key?: SessionKey, question?: string): Promise<void> {
    if (key !== undefined) this.show(key, question);
    await vscode.commands.executeCommand(`${ChatView.id}.focus`);
  }

  since(news: News): void {
    this.#door?.since(news);
  }

  setup(setup: Setup): void {
    this.#door?.setup(setup);
  }

  /** The session was closed: it is not what the person comes back to. */
  forget(key: SessionKey): void {
    if (this.#last === key) this.#last = undefined;
    if (this.#memory.get(SHOWN) === key) void this.#memory.update(SHOWN, undefined);
  }

  dispose(): void {
    this.#leave();
    this.#owned.dispose();
  }

  #receive(webview: vscode.Webview, message: unknown): void {
    if (isHello(message)) this.#enter(webview);
    this.#surface?.receive(message);
  }

  #enter(webview: vscode.Webview): void {
    this.#leave();
    const surface = new Surface((batch) => void webview.postMessage(batch));
    this.#surface = surface;
    this.#openDoor(surface.duplex).then((door) => {
      // The page may have gone while the core was loading.
      if (this.#surface !== surface) return door.dispose();
      this.#door = door;
      door.onShown((key) => this.#shows(key));
      if (this.#wanted === undefined && this.#last !== undefined) this.#wanted = { key: this.#last };
      this.#deliver();
    }, this.#failed);
  }

  #leave(): void {
    this.#last = this.shown;
    this.#door?.dispose();
    this.#surface?.end();
    this.#door = undefined;
    this.#surface = undefined;
    this.#told = undefined;
  }

  #shows(key: SessionKey): void {
    if (this.#memory.get(SHOWN) !== key) void this.#memory.update(SHOWN, key);
    this.#showed.fire(key);
  }

  #deliver(): void {
    if (this.#door === undefined || this.#wanted === undefined) return;
    this.#told = { key: this.#wanted.key, before: this.#door.shown };
    this.#door.focus(this.#wanted.key, this.#wanted.question);
    this.#wanted = undefined;
  }
}
