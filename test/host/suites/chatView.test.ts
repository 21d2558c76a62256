import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { ChatView, type Door } from '../../../src/vscode/chatView.ts';
import type { WindowMemory } from '../../../src/vscode/unread.ts';
import type { SessionKey } from '../../../src/model/session.ts';
import { until } from '../../tools/until.ts';

const extension = vscode.Uri.file('/extension');

class FakeView {
  visible = true;
  readonly posted: unknown[] = [];
  readonly received = new vscode.EventEmitter<unknown>();
  readonly visibility = new vscode.EventEmitter<void>();
  readonly disposed = new vscode.EventEmitter<void>();
  readonly webview = {
    options: {} as vscode.WebviewOptions,
    html: '',
    cspSource: 'https://test',
    asWebviewUri: (uri: vscode.Uri) => uri,
    onDidReceiveMessage: this.received.event,
    postMessage: async (message: unknown) => {
      this.posted.push(message);
      return true;
    },
  };
  readonly onDidChangeVisibility = this.visibility.event;
  readonly onDidDispose = this.disposed.event;

  asView(): vscode.WebviewView {
    return this as unknown as vscode.WebviewView;
  }
}

class FakeDoor implements Door {
  shown: SessionKey | undefined;
  readonly #shown = new vscode.EventEmitter<SessionKey>();
  disposed = false;
  readonly heard: unknown[] = [];
  readonly onShown: Door['onShown'] = (listener) => this.#shown.event(listener);
  focus(key: SessionKey): void {
    this.shown = key;
    this.#shown.fire(key);
  }
  setup(): void {}
  since(): void {}
  dispose(): void {
    this.disposed = true;
  }
}

/** What a window remembers of the one before. */
class FakeMemory implements WindowMemory {
  readonly values = new Map<string, unknown>();
  get(name: string): unknown {
    return this.values.get(name);
  }
  async update(name: string, value: unknown): Promise<void> {
    this.values.set(name, value);
  }
}

const open = (memory = new FakeMemory()): { chat: ChatView; view: FakeView; doors: FakeDoor[] } => {
  const doors: FakeDoor[] = [];
  const chat = new ChatView({
    extension,
    memory,
    failed: (failure) => assert.fail(String(failure)),
    openDoor: async ({ readable }) => {
      const door = new FakeDoor();
      doors.push(door);
      void readable
        .pipeTo(new WritableStream({ write: (batch) => void door.heard.push(...batch) }))
        .catch(() => undefined);
      return door;
    },
  });
  const view = new FakeView();
  chat.resolveWebviewView(view.asView());
  return { chat, view, doors };
};

suite('the view of the chat', () => {
  test('[S43] its page may read its own files and nothing else, and run no command', () => {
    const { chat, view } = open();
    const { options } = view.webview;
    assert.deepEqual(options.localResourceRoots?.map(String), ['file:///extension/dist/webview']);
    assert.equal(options.enableScripts, true);
    assert.equal(options.enableCommandUris ?? false, false);
    assert.equal(options.enableForms ?? false, false);
    assert.match(view.webview.html, /default-src 'none'/u);
    chat.dispose();
  });

  test('[chatView] [acp 4.2.6] each hello begins anew, and a door ends when the chat goes out of sight', async () => {
    const { chat, view, doors } = open();
    const key = 'k' as SessionKey;
    view.received.fire({ type: 'hello', version: 1 });
    await until('a door', () => doors.length === 1);
    await chat.reveal(key);
    await until('the focus', () => doors[0]?.shown === key);
    view.received.fire([
      { type: 'hello', version: 1 },
      { type: 'attach', key },
    ]);
    await until('the second door', () => doors.length === 2 && doors[1]?.shown === key);
    assert.equal(doors[0]?.disposed, true);
    await until('its messages', () => doors[1]?.heard.length === 2);
    view.visible = false;
    view.visibility.fire();
    assert.equal(doors[1]?.disposed, true);
    assert.equal(chat.visible, false);
    assert.equal(chat.shown, key);
    chat.dispose();
  });

  test('[chatView] [acp 4.2.6] what was shown last is asked for again by the next window', async () => {
    const memory = new FakeMemory();
    const { chat, view, doors } = open(memory);
    const key = 'k' as SessionKey;
    const shown: SessionKey[] = [];
    chat.onDidShow((one) => shown.push(one));
    view.received.fire({ type: 'hello', version: 1 });
    await until('a door', () => doors.length === 1);
    await chat.reveal(key);
    await until('the focus', () => doors[0]?.shown === key);
    assert.deepEqual(shown, [key]);
    chat.dispose();
    const next = open(memory);
    assert.equal(next.chat.shown, key);
    next.view.received.fire({ type: 'hello', version: 1 });
    await until('the focus of the next window', () => next.doors[0]?.shown === key);
    next.chat.dispose();
  });
});
