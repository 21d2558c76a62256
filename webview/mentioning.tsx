/** Naming files in a prompt: what is offered while a mention is typed, and which ones the draft holds. */
import { effect, signal } from '@preact/signals';
import { makeVisible } from '../src/base/visibleText.ts';
import type { Mention } from '../src/protocol/view/messages.ts';
import { type Chat, useChat } from './chat.ts';
import { Icon, type IconName } from './icons.tsx';
import { mentionBlocks } from './mentioned.ts';

interface Token {
  /** Index of its mark in the text. */
  readonly from: number;
  readonly of: 'file' | 'text';
  readonly words: string;
}

/** A text is looked for from so many letters on: `#` also begins a heading, and `#1` names an issue. */
const LEAST_TEXT = 2;

const tokenAt = (field: HTMLTextAreaElement): Token | undefined => {
  const { selectionStart: caret, selectionEnd, value } = field;
  if (caret !== selectionEnd) return undefined;
  const found = /(?:^|\s)([@#])(\S*)$/u.exec(value.slice(0, caret));
  const [, mark, words = ''] = found ?? [];
  if (mark === undefined) return undefined;
  const of = mark === '@' ? 'file' : 'text';
  if (of === 'text' && words.length < LEAST_TEXT) return undefined;
  return { from: caret - words.length - 1, of, words };
};

const same = (a: Token | undefined, b: Token | undefined): boolean =>
  a?.from === b?.from && a?.of === b?.of && a?.words === b?.words;

export class Mentioning {
  readonly items = signal<readonly Mention[]>([]);
  /** -1: none yet, and Enter sends. */
  readonly active = signal(0);
  readonly more = signal(false);
  readonly #chat: Chat;
  #token: Token | undefined;
  #closedAt: number | undefined;
  #asked = 0;
  #answered = 0;
  /** Enter came before the answer. */
  #hurry: HTMLTextAreaElement | undefined;

  constructor(chat: Chat) {
    this.#chat = chat;
  }

  /** Listens for answers until the result is called. */
  listen(): () => void {
    return effect(() => {
      const answer = this.#chat.store.mentions.value;
      if (answer === undefined || answer.id !== this.#asked || this.#token === undefined) return;
      this.#answered = answer.id;
      this.items.value = answer.items;
      this.more.value = answer.more;
      this.active.value = this.#token.of === 'text' ? -1 : 0;
      const [first] = answer.items;
      if (this.#hurry !== undefined && first !== undefined) this.pick(first, this.#hurry);
      this.#hurry = undefined;
    });
  }

  /** To be called whenever the text or the caret is another. */
  look(field: HTMLTextAreaElement): void {
    const token = tokenAt(field);
    if (same(token, this.#token)) return;
    if (token?.from !== this.#closedAt) this.#closedAt = undefined;
    this.#token = this.#closedAt === undefined ? token : undefined;
    this.#hurry = undefined;
    if (this.#token === undefined) {
      this.items.value = [];
      return;
    }
    const { of, words } = this.#token;
    this.#asked += 1;
    this.#chat.bridge.post({ type: 'mentions', id: this.#asked, of, words });
  }

  /** Whether the key was meant for the list. */
  keyDown(event: KeyboardEvent, field: HTMLTextAreaElement): boolean {
    this.look(field);
    if (this.#token === undefined || event.shiftKey || !this.#takes(event.key, field)) return false;
    event.preventDefault();
    return true;
  }

  pick(item: Mention, field: HTMLTextAreaElement, ending = ' '): void {
    const token = this.#token;
    if (token === undefined) return;
    const before = field.value.slice(0, token.from);
    const after = field.value.slice(token.from + 1 + token.words.length);
    const text = `${before}@${item.label}${after.startsWith(' ') && ending === ' ' ? '' : ending}`;
    if (ending === ' ') this.#chat.prompts.mention(item.label, item.id);
    field.value = text + after;
    const caret = text.length + (after.startsWith(' ') && ending === ' ' ? 1 : 0);
    field.setSelectionRange(caret, caret);
    this.#chat.prompts.edit(field.value);
    this.look(field);
  }

  #takes(key: string, field: HTMLTextAreaElement): boolean {
    const items = this.items.value;
    const item = items[this.active.value];
    switch (key) {
      case 'ArrowDown':
      case 'ArrowUp':
        if (items.length === 0) return false;
        this.active.value =
          key === 'ArrowDown'
            ? (this.active.value + 1) % items.length
            : (Math.max(this.active.value, 0) + items.length - 1) % items.length;
        return true;
      case 'Escape':
        if (items.length === 0) return false;
        this.#closedAt = this.#token?.from;
        this.#token = undefined;
        this.items.value = [];
        return true;
      case 'Tab':
        if (item === undefined) return false;
        // Into the folder, to go on there; Enter takes the folder itself.
        this.pick(item, field, item.kind === 'folder' ? '/' : ' ');
        return true;
      case 'Enter':
        return this.#enter(item, field);
      default:
        return false;
    }
  }

  #enter(item: Mention | undefined, field: HTMLTextAreaElement): boolean {
    const token = this.#token;
    if (token === undefined) return false;
    if (this.#answered !== this.#asked) {
      // What stands in the list is the answer to other letters; a text that is searched for waits for nobody.
      if (token.of === 'file') this.#hurry = field;
      return token.of === 'file';
    }
    if (item === undefined) return false;
    if (item.label === token.words) {
      // What is typed whole is meant: Enter sends it.
      this.#chat.prompts.mention(item.label, item.id);
      return false;
    }
    this.pick(item, field);
    return true;
  }
}

const ICONS: Readonly<Record<Mention['kind'], IconName>> = {
  file: 'read',
  folder: 'move',
  line: 'search',
  changes: 'edit',
};

interface Props {
  readonly id: string;
  readonly mentioning: Mentioning;
  readonly field: () => HTMLTextAreaElement | null;
}

export const Mentions = ({ id, mentioning, field }: Props) => {
  const { t } = useChat();
  const { value: items } = mentioning.items;
  const { value: active } = mentioning.active;
  if (items.length === 0) return null;
  return (
    <div class="completion mentions scroll-y" role="listbox" id={id} aria-label={t('Files')}>
      {items.map((item, index) => (
        <div
          key={item.id}
          id={`${id}-${index}`}
          role="option"
          aria-selected={index === active}
          ref={(element) => {
            if (index === active) element?.scrollIntoView({ block: 'nearest' });
          }}
          // The press would take the focus out of the message.
          onMouseDown={(event) => event.preventDefault()}
          onClick={() => {
            const current = field();
            if (current !== null) mentioning.pick(item, current);
          }}
        >
          <Icon name={ICONS[item.kind]} />
          <Words item={item} />
        </div>
      ))}
      {mentioning.more.value ? <div class="about">{t('There is more: write on to narrow it.')}</div> : null}
    </div>
  );
};

/** Names of files are a stranger's words: what cannot be seen in them is made visible. */
const Words = ({ item: { label, kind, text, count } }: { readonly item: Mention }) => {
  const { t } = useChat();
  if (kind === 'changes')
    return (
      <>
        <span class="name">{label}</span>
        <span class="about">
          {count === 1 ? t('What git says was changed: 1 file') : t('What git says was changed: {0} files', count ?? 0)}
        </span>
      </>
    );
  const at = label.lastIndexOf('/') + 1;
  return (
    <>
      <span class="name">{makeVisible(label.slice(at), 'one')}</span>
      <span class="about">{makeVisible(text ?? label.slice(0, at), 'one')}</span>
    </>
  );
};

/** What goes along with the draft. */
export const Attached = () => {
  const { prompts, store, t } = useChat();
  const blocks = mentionBlocks(prompts.draft.value, store.memory.mentions);
  const labels = blocks.flatMap((block) => (block.type === 'resource_link' ? [block.name] : []));
  if (labels.length === 0) return null;
  return (
    <div class="attached" role="status">
      {t('Goes along: {0}', labels.map((label) => makeVisible(label, 'one')).join(', '))}
    </div>
  );
};
