import { type ReadonlySignal, useSignal } from '@preact/signals';
import type { TargetedKeyboardEvent } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';
import type { Session, SlashCommand } from '../src/model/session.ts';
import { useChat } from './chat.ts';
import { Completion, hintFor, matching } from './completion.tsx';
import { whenFocused } from './focus.ts';
import { Icon } from './icons.tsx';
import { Pickers } from './pickers.tsx';

const NONE: readonly SlashCommand[] = [];

/** Without a session it starts one: `agent` is the one that was chosen for it. */
export const Composer = ({ agent }: { readonly agent?: string }) => {
  const { store, prompts, bridge, t } = useChat();
  const field = useRef<HTMLTextAreaElement>(null);
  const { value: session } = store.session;
  const pending = store.pending.value !== undefined;
  const draft = prompts.draft.value;
  const running = session?.turn.state === 'running';
  const completion = useCompletion(session?.commands ?? NONE, prompts.draft, (text) => prompts.edit(text));
  useFocus(field, running);

  const send = (): void => prompts.submit(agent);
  const keyDown = (event: TargetedKeyboardEvent<HTMLTextAreaElement>): void => {
    // An input method's Enter picks a word. Chromium says so in two ways, and not always in both.
    if (event.isComposing || event.keyCode === 229) return;
    if (completion.keyDown(event)) return;
    if (event.key !== 'Enter' || event.shiftKey || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    send();
  };
  const cancel = (): void => {
    const key = store.shown.peek();
    if (key !== undefined) bridge.command(key, { kind: 'cancel' }).catch((failure: unknown) => store.refuse(failure));
  };
  return (
    <div class="composer">
      <Refused />
      {pending ? <PendingLine session={session} /> : null}
      {completion.list}
      <div class="field-box">
        <textarea
          ref={field}
          aria-label={t('Message')}
          {...completion.aria}
          rows={1}
          placeholder={
            session === undefined ? t('Ask an agent to do something') : t('Ask {0}, / for commands', session.agentLabel)
          }
          value={draft}
          readOnly={pending}
          onInput={(event) => prompts.edit(event.currentTarget.value)}
          onKeyDown={keyDown}
        />
        <div class="composer-row">
          {session === undefined ? <span class="pickers" /> : <Pickers session={session} />}
          <span class="sending">
            {running ? (
              <button type="button" class="round secondary" aria-label={t('Stop')} title={t('Stop')} onClick={cancel}>
                <Icon name="stop" />
              </button>
            ) : null}
            <button
              type="button"
              class={running ? 'round secondary' : 'round'}
              aria-label={t('Send')}
              title={t('Send (Enter)')}
              aria-disabled={draft.trim() === '' || pending}
              onClick={send}
            >
              <Icon name="send" />
            </button>
          </span>
        </div>
      </div>
    </div>
  );
};

const useFocus = (field: { readonly current: HTMLTextAreaElement | null }, running: boolean): void => {
  const wish = useChat().store.focusWish.value;
  useEffect(() => {
    if (wish?.place !== 'composer') return undefined;
    return whenFocused(() => {
      const { current } = field;
      if (current === null) return;
      current.focus();
      current.setSelectionRange(current.value.length, current.value.length);
    });
  }, [wish, field]);
  useEffect(() => {
    // A view that is given the keyboard as a whole has it nowhere, and so has one whose focused button went away with
    // the turn: then it is wanted here.
    const take = (): void => {
      if (document.hasFocus() && document.activeElement === document.body) field.current?.focus();
    };
    take();
    window.addEventListener('focus', take);
    return () => window.removeEventListener('focus', take);
  }, [field, running]);
};

const Refused = () => {
  const { store } = useChat();
  const { value: refusal } = store.refusal;
  if (refusal === undefined) return null;
  return (
    <div class="refusal" role="alert">
      <Icon name="warning" />
      <span>
        {refusal.message}
        {refusal.next === undefined ? null : <span class="next"> {refusal.next}</span>}
      </span>
    </div>
  );
};

const PendingLine = ({ session }: { readonly session: Session | undefined }) => {
  const { prompts, t } = useChat();
  return (
    <div class="held-back">
      <span>
        {session === undefined ? t('Starting a session…') : t('Sent as soon as {0} is ready', session.agentLabel)}
      </span>
      <button type="button" class="quiet" onClick={() => prompts.withdraw()}>
        {t('Do not send')}
      </button>
    </div>
  );
};

/**
 * What the keys do is decided from what is true when they go down, not from what was drawn last: a quick hand, or a
 * program, is faster than a frame.
 */
const useCompletion = (
  commands: readonly SlashCommand[],
  draft: ReadonlySignal<string>,
  edit: (text: string) => void,
) => {
  const id = useId();
  const active = useSignal(0);
  const closedFor = useSignal<string | undefined>(undefined);
  const { t } = useChat();
  const now = (): { readonly found: readonly SlashCommand[]; readonly at: number } => {
    const found = closedFor.value === draft.value ? NONE : matching(commands, draft.value);
    return { found, at: Math.min(active.value, found.length - 1) };
  };
  const pick = (command: SlashCommand): void => {
    edit(`/${command.name} `);
    active.value = 0;
  };
  const keyDown = (event: TargetedKeyboardEvent<HTMLTextAreaElement>): boolean => {
    const { found, at } = now();
    const command = found[at];
    if (command === undefined || event.shiftKey) return false;
    switch (event.key) {
      case 'ArrowDown':
        active.value = (at + 1) % found.length;
        break;
      case 'ArrowUp':
        active.value = (at + found.length - 1) % found.length;
        break;
      case 'Escape':
        closedFor.value = draft.value;
        break;
      case 'Enter':
        // What is typed whole is meant: Enter sends it.
        if (draft.value === `/${command.name}`) return false;
        pick(command);
        break;
      case 'Tab':
        pick(command);
        break;
      default:
        return false;
    }
    event.preventDefault();
    return true;
  };
  const { found, at } = now();
  if (found.length > 0) {
    const aria = { 'aria-autocomplete': 'list' as const, 'aria-controls': id, 'aria-activedescendant': `${id}-${at}` };
    return { list: <Completion id={id} commands={found} active={at} onPick={pick} />, aria, keyDown };
  }
  const hint = hintFor(commands, draft.value);
  const list = hint === undefined ? null : <div class="command-hint">{t('Expects: {0}', hint)}</div>;
  return { list, aria: {}, keyDown };
};
