/** What the person writes: drafts by session, prompts on their way to the core, and changes of those that wait there. */
import { computed, effect, type ReadonlySignal, signal } from '@preact/signals';
import type { QueuedPrompt, SessionKey } from '../src/model/session.ts';
import type { Bridge } from './bridge.ts';
import type { Edit } from './memory.ts';
import { keptBlocks, mentionBlocks } from './mentioned.ts';
import type { Store } from './store.ts';

/** The key of what is written before there is a session. */
const NOWHERE = '';
/** Mentions that are remembered; those of drafts that are not sent yet are among the last ones. */
const MENTIONS = 200;

type Prompt = QueuedPrompt['prompt'];

export class Prompts {
  readonly #store: Store;
  readonly #bridge: Bridge;
  readonly #revision = signal(0);
  readonly #editing: ReadonlySignal<Edit | undefined>;
  readonly #draft: ReadonlySignal<string>;
  #saving: ReturnType<typeof setTimeout> | undefined;

  constructor(store: Store, bridge: Bridge) {
    this.#store = store;
    this.#bridge = bridge;
    this.#editing = computed(() => {
      void this.#revision.value;
      return store.memory.edits[store.shown.value ?? NOWHERE];
    });
    this.#draft = computed(() => {
      void this.#revision.value;
      const draft = store.memory.drafts[store.shown.value ?? NOWHERE] ?? '';
      return store.pending.value?.text ?? this.#editing.value?.text ?? draft;
    });
    effect(() => this.#sendPending());
    effect(() => {
      const { text, count } = store.composed.value;
      if (count > 0) this.#insert(text);
    });
  }

  /** What stands in the composer. */
  get draft(): ReadonlySignal<string> {
    return this.#draft;
  }

  /** The queued prompt that stands in the composer to be changed. It may have left the queue meanwhile. */
  get editing(): ReadonlySignal<Edit | undefined> {
    return this.#editing;
  }

  edit(text: string): void {
    const key = this.#store.shown.peek() ?? NOWHERE;
    const editing = this.#editing.peek();
    if (editing === undefined) this.#set(key, text);
    else this.#setEdit(key, { ...editing, text });
  }

  change({ id, prompt }: QueuedPrompt): void {
    const key = this.#store.shown.peek();
    if (key !== undefined) this.#setEdit(key, { id, text: wordsOf(prompt) });
    this.#store.wish('composer');
  }

  /** The label after an `@` stands for this. */
  mention(label: string, id: string): void {
    const { memory } = this.#store;
    const { [label]: _, ...others } = memory.mentions;
    memory.mentions = Object.fromEntries([...Object.entries(others).slice(1 - MENTIONS), [label, id]]);
    this.#changed();
  }

  /** The prompt stays as it waits, and the draft is back. */
  leaveEdit(): void {
    this.#setEdit(this.#store.shown.peek() ?? NOWHERE, undefined);
  }

  /** Sends the draft, into a new session of the agent where there is none; or saves the change of a queued prompt. */
  submit(agent?: string): void {
    const text = this.#draft.peek();
    if (text.trim() === '' || this.#store.pending.peek() !== undefined) return;
    this.#store.refusal.value = undefined;
    const key = this.#store.shown.peek();
    const editing = this.#editing.peek();
    if (key === undefined) this.#start(text, agent);
    else if (editing !== undefined) this.#save(key, editing);
    else {
      this.#set(key, '');
      this.#send(key, text);
    }
  }

  withdraw(): void {
    const pending = this.#store.pending.peek();
    this.#store.pending.value = undefined;
    if (pending !== undefined) this.#set(pending.key ?? NOWHERE, pending.text);
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

  /** From here on it waits in the core, which keeps it whatever becomes of this view. */
  #sendPending(): void {
    const pending = this.#store.pending.value;
    if (pending?.key === undefined) return;
    this.#store.pending.value = undefined;
    this.#set(NOWHERE, '');
    this.#send(pending.key, pending.text);
  }

  #send(key: SessionKey, text: string): void {
    const prompt: Prompt = [{ type: 'text', text }, ...mentionBlocks(text, this.#store.memory.mentions)];
    this.#store.sent.value += 1;
    // Who goes on has seen it.
    this.#store.since.value = undefined;
    this.#bridge.command(key, { kind: 'prompt', prompt }).catch((failure: unknown) => {
      if ((this.#store.memory.drafts[key] ?? '') === '') this.#set(key, text);
      this.#store.refuse(failure);
    });
  }

  #save(key: SessionKey, editing: Edit): void {
    const queued = this.#store.session.peek()?.queue.find(({ id }) => id === editing.id);
    this.#setEdit(key, undefined);
    // It was sent, or somebody else has removed it: what was written is a prompt of its own now.
    if (queued === undefined) return this.#send(key, editing.text);
    const { text } = editing;
    const kept = keptBlocks(text, queued.prompt);
    const had = new Set(kept.map((block) => (block.type === 'resource_link' ? block.name : '')));
    const added = mentionBlocks(text, this.#store.memory.mentions);
    const prompt: Prompt = [
      { type: 'text', text },
      ...kept,
      ...added.filter((block) => block.type === 'resource_link' && !had.has(block.name)),
    ];
    this.#bridge.command(key, { kind: 'queue/change', id: editing.id, prompt }).catch((failure: unknown) => {
      if (this.#store.memory.edits[key] === undefined) this.#setEdit(key, editing);
      this.#store.refuse(failure);
    });
  }

  #insert(text: string): void {
    const { drafts } = this.#store.memory;
    const before = this.#editing.peek()?.text ?? drafts[this.#store.shown.peek() ?? NOWHERE] ?? '';
    this.edit(before === '' ? text : `${before}\n${text}`);
  }

  #set(key: string, text: string): void {
    const { drafts } = this.#store.memory;
    if (text === '') delete drafts[key];
    else drafts[key] = text;
    this.#changed();
  }

  #setEdit(key: string, edit: Edit | undefined): void {
    const { edits } = this.#store.memory;
    if (edit === undefined) delete edits[key];
    else edits[key] = edit;
    this.#changed();
  }

  #changed(): void {
    this.#revision.value = this.#revision.peek() + 1;
    clearTimeout(this.#saving);
    this.#saving = setTimeout(() => this.#store.remember(), 200);
  }
}

/** What of a prompt stands in a composer. */
export const wordsOf = (prompt: Prompt): string =>
  prompt.flatMap((block) => (block.type === 'text' ? [block.text] : [])).join('\n\n');
