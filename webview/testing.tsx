/** A chat with a host that only writes down: what the tests of the screen are made with. */
import { render } from 'preact';
import { emptySession, type QueuedPrompt, type Session, type SessionKey } from '../src/model/session.ts';
import type { Logged, SessionEvent } from '../src/model/event.ts';
import { reduce } from '../src/model/reduce.ts';
import { summary } from '../src/model/summary.ts';
import { type FromSurface, type Setup, type ToSurface, VIEW_VERSION } from '../src/protocol/view/messages.ts';
import { App } from './app.tsx';
import { Bridge } from './bridge.ts';
import { type Chat, ChatContext } from './chat.ts';
import { createLanguage } from './l10n.ts';
import { Prompts } from './prompts.ts';
import { Store } from './store.ts';
import { wheelBar } from './words.ts';

// The brand only exists for the compiler: any text may be a key in a test.
export const keyOf = (text: string): SessionKey => text as SessionKey;
export const KEY = keyOf('s1');

export const READY: Setup = {
  folder: true,
  trusted: true,
  agents: [{ id: 'demo', label: 'Demo' }],
  defaultAgent: 'demo',
};

export const aSession = (title = 'A session', key: SessionKey = KEY): Session =>
  emptySession({
    key,
    backend: 'demo',
    agentLabel: 'Demo',
    title,
    cwd: '/project',
    createdAt: 1,
    owns: { history: 'us', queue: 'us', questions: 'us' },
    epoch: 'e1',
  });

export const logged = (from: number, events: readonly SessionEvent[]): readonly Logged[] =>
  events.map((event, index) => ({ seq: from + 1 + index, at: 1_000 * (from + 1 + index), event }));

export const after = (session: Session, ...events: readonly SessionEvent[]): Session =>
  reduce(session, logged(session.at.seq, events));

export const ready: SessionEvent = { kind: 'link', link: { state: 'ready' } };
export const turn = (text: string, id = 't1'): SessionEvent => ({
  kind: 'turn/started',
  turn: id,
  prompt: [{ type: 'text', text }],
  device: 'editor',
});
export const ended = (reason = 'end_turn', id = 't1'): SessionEvent => ({ kind: 'turn/ended', turn: id, reason });
export const says = (text: string): SessionEvent => ({
  kind: 'update',
  update: { sessionUpdate: 'agent_message_chunk', content: { type: 'text', text } },
});
export const thinks = (text: string): SessionEvent => ({
  kind: 'update',
  update: { sessionUpdate: 'agent_thought_chunk', content: { type: 'text', text } },
});
export const asks = (
  over: Partial<Extract<SessionEvent, { kind: 'question/asked' }>['question']> = {},
): SessionEvent => ({
  kind: 'question/asked',
  question: {
    id: 'q1',
    kind: 'permission',
    title: 'Run it',
    hash: 'hash1',
    at: 1,
    options: [
      { id: 'yes', name: 'Allow', kind: 'allow_once' },
      { id: 'no', name: 'Reject', kind: 'reject_once' },
    ],
    ...over,
  },
});

export const queued = (id: string, text: string, over: Partial<QueuedPrompt> = {}): QueuedPrompt => ({
  id,
  prompt: [{ type: 'text', text }],
  device: 'editor',
  at: 1,
  state: 'waiting',
  ...over,
});
export const queue = (prompts: readonly QueuedPrompt[], why?: string): SessionEvent => ({
  kind: 'queue/changed',
  queue: prompts,
  paused: why !== undefined,
  ...(why === undefined || why === '' ? {} : { why }),
});

export class Screen {
  readonly posted: FromSurface[] = [];
  readonly chat: Chat;
  readonly root: HTMLElement;
  saved: unknown;

  constructor(saved?: unknown) {
    this.saved = saved;
    const bridge = new Bridge({
      postMessage: (message) => this.posted.push(message as FromSurface),
      getState: () => this.saved,
      setState: (state) => (this.saved = structuredClone(state)),
    });
    const language = createLanguage();
    const store = new Store(bridge, language, VIEW_VERSION);
    this.chat = {
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
    this.root = document.createElement('div');
    document.body.append(this.root);
    render(
      <ChatContext.Provider value={this.chat}>
        <App />
      </ChatContext.Provider>,
      this.root,
    );
  }

  send(...messages: readonly ToSurface[]): void {
    for (const message of messages) this.chat.store.receive(structuredClone(message));
  }

  welcome(setup: Setup = READY, strings: Readonly<Record<string, string>> = {}): void {
    this.send({ type: 'welcome', version: VIEW_VERSION, strings, setup });
  }

  /** Welcomed, and showing the session. */
  show(session: Session): void {
    this.welcome();
    this.send(
      { type: 'catalogue', sessions: [summary(session)], removed: [] },
      { type: 'snapshot', key: session.key, session },
    );
  }

  events(session: Session, ...events: readonly SessionEvent[]): void {
    const { epoch, seq } = session.at;
    this.send({ type: 'events', key: session.key, epoch, after: seq, events: logged(seq, events) });
  }

  posts<T extends FromSurface['type']>(type: T): readonly Extract<FromSurface, { type: T }>[] {
    return this.posted.filter((message): message is Extract<FromSurface, { type: T }> => message.type === type);
  }

  find<T extends Element = HTMLElement>(selector: string): T {
    const found = this.root.querySelector<T>(selector);
    if (found === null) throw new Error(`Nothing matches ${selector} in: ${this.root.textContent ?? ''}`);
    return found;
  }

  all(selector: string): readonly HTMLElement[] {
    return [...this.root.querySelectorAll<HTMLElement>(selector)];
  }

  button(name: string): HTMLButtonElement {
    const found = [...this.root.querySelectorAll('button')].find(
      (button) => (button.getAttribute('aria-label') ?? button.textContent?.trim()) === name,
    );
    if (found === undefined) throw new Error(`No button “${name}” in: ${this.root.textContent ?? ''}`);
    return found;
  }

  get message(): HTMLTextAreaElement {
    return this.find<HTMLTextAreaElement>('textarea[aria-label="Message"]');
  }

  type(text: string): void {
    this.message.value = text;
    this.message.dispatchEvent(new Event('input', { bubbles: true }));
  }

  press(target: Element, key: string, options: KeyboardEventInit = {}): KeyboardEvent {
    const event = new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true, ...options });
    target.dispatchEvent(event);
    return event;
  }

  dispose(): void {
    render(null, this.root);
    this.root.remove();
  }
}
