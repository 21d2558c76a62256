/** What the person writes: drafts by session, and prompts on their way to the agent. */
import { computed, effect, type ReadonlySignal, signal } from '@preact/signals';
import type { SessionKey } from '../src/model/session.ts';
import type { Bridge } from './bridge.ts';
import type { Store } from './store.ts';

/** The key of what is written before there is a session. */
const NOWHERE = '';

export class Prompts {
  readonly #store: Store;
  readonly #bridge: Bridge;
  readonly #revision = signal(0);
  readonly #draft: ReadonlySignal<string>;
  #saving: ReturnType<typeof setTimeout> | undefined;

  constructor(store: Store, bridge: Bridge) {
    this.#store = store;
    this.#bridge = bridge;
    this.#draft = computed(() => {
      void this.#revision.value;
      return store.pending.value?.text ?? store.memory.drafts[store.shown.value ?? NOWHERE] ?? '';
    });
    effect(() => this.#sendPending());
    effect(() => {
      const { text, count } = store.composed.value;
      if (count > 0) this.#insert(text);
    });
  }

  get draft(): ReadonlySignal<string> {
    return this.#draft;
  }

  edit(text: string): void {
    this.#set(this.#store.shown.peek() ?? NOWHERE, text);
  }

  /** Sends the draft, into a new session of the agent where there is none. */
  submit(agent?: string): void {
    const text = this.#draft.peek();
    if (text.trim() === '' || this.#store.pending.peek() !== undefined) return;
    this.#store.refusal.value = undefined;
    const key = this.#store.shown.peek();
    if (key === undefined) this.#start(text, agent);
    else if (this.#ready()) this.#send(key, text);
    else this.#store.pending.value = { text, key };
  }

  withdraw(): void {
    const pending = this.#store.pending.peek();
    this.#store.pending.value = undefined;
    if (pending !== undefined) this.#set(pending.key ?? NOWHERE, pending.text);
  }

  #ready(): boolean {
    const state = this.#store.session.peek()?.link.state;
    // Where it cannot become ready by itself the core says why it refuses.
    return state === 'ready' || state === 'failed' || state === 'disconnected';
  }

  #start(text: string, agent: string | undefined): void {
    const store = this.#store;
    store.pending.value = { text, key: undefined };
    this.#bridge.act({ kind: 'session/new', ...(agent === undefined ? {} : { agent }) }).then(
      () => {
        const pending = store.pending.peek();
        if (pending !== undefined && pending.key === undefined) store.pending.value = { text, key: store.shown.peek() };
      },
      (failure: unknown) => {
        this.withdraw();
        store.refuse(failure);
      },
    );
  }

  #sendPending(): void {
    const pending = this.#store.pending.value;
    const session = this.#store.session.value;
    if (pending?.key === undefined || session?.key !== pending.key) return;
    const { state } = session.link;
    if (state === 'ready') {
      this.#store.pending.value = undefined;
      this.#set(NOWHERE, '');
      this.#send(pending.key, pending.text);
    } else if (state === 'failed' || state === 'disconnected') {
      this.#set(NOWHERE, '');
      this.withdraw();
    }
  }

  #send(key: SessionKey, text: string): void {
    // A turn that runs refuses it: then the text had better not have gone for a moment.
    const refusable = this.#store.session.peek()?.turn.state === 'running';
    if (!refusable) this.#set(key, '');
    this.#bridge.command(key, { kind: 'prompt', prompt: [{ type: 'text', text }] }).then(
      () => {
        if (refusable && this.#store.memory.drafts[key] === text) this.#set(key, '');
      },
      (failure: unknown) => {
        if ((this.#store.memory.drafts[key] ?? '') === '') this.#set(key, text);
        this.#store.refuse(failure);
      },
    );
  }

  #insert(text: string): void {
    const key = this.#store.shown.peek() ?? NOWHERE;
    const draft = this.#store.memory.drafts[key] ?? '';
    this.#set(key, draft === '' ? text : `${draft}\n${text}`);
  }

  #set(key: string, text: string): void {
    const { memory } = this.#store;
    if (text === '') delete memory.drafts[key];
    else memory.drafts[key] = text;
    this.#revision.value = this.#revision.peek() + 1;
    clearTimeout(this.#saving);
    this.#saving = setTimeout(() => this.#store.remember(), 200);
  }
}
