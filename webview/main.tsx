import { batch } from '@preact/signals';
import { options, render } from 'preact';
import { type ToSurface, VIEW_VERSION } from '../src/protocol/view/messages.ts';
import { App } from './app.tsx';
import { Bridge, type Host } from './bridge.ts';
import { type Chat, ChatContext } from './chat.ts';
import { createLanguage } from './l10n.ts';
import { Prompts } from './prompts.ts';
import { Store } from './store.ts';
import { wheelBar } from './words.ts';
import './style/main.css';

declare const acquireVsCodeApi: () => Host;

const isMessage = (value: unknown): value is ToSurface =>
  typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';

const boot = (root: HTMLElement): void => {
  // However many batches arrive, the picture is made once for each frame.
  options.debounceRendering = (draw) => requestAnimationFrame(draw);
  const bridge = new Bridge(acquireVsCodeApi());
  const language = createLanguage();
  const store = new Store(bridge, language, VIEW_VERSION);
  const chat: Chat = {
    store,
    bridge,
    prompts: new Prompts(store, bridge),
    t: language.t,
    act: (action) => {
      bridge.act(action).catch((failure: unknown) => store.refuse(failure));
    },
    here: 'editor',
    may: 'drive',
    editor: true,
    touch: false,
    bar: () => wheelBar(store, language.t),
  };
  window.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
    // The host posts what it has to say in batches: one crossing for a burst.
    const messages: readonly unknown[] = Array.isArray(data) ? data : [data];
    batch(() => {
      for (const message of messages) if (isMessage(message)) store.receive(message);
    });
  });
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible') store.refresh();
    else store.remember();
  });
  window.addEventListener('pagehide', () => store.remember());
  render(
    <ChatContext.Provider value={chat}>
      <App />
    </ChatContext.Provider>,
    root,
  );
  bridge.hello();
};

const root = document.getElementById('app');
if (root !== null) boot(root);
