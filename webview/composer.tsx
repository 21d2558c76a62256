import { type ReadonlySignal, useSignal } from '@preact/signals';
import type { TargetedKeyboardEvent } from 'preact';
import { useEffect, useId, useMemo, useRef } from 'preact/hooks';
import type { Session, SlashCommand } from '../src/model/session.ts';
import { useChat } from './chat.ts';
import { Completion, hintFor, matching } from './completion.tsx';
import { whenFocused } from './focus.ts';
import { Icon } from './icons.tsx';
import type { Translate } from './l10n.ts';
import { Late, useLate } from './late.ts';
import { MENTION_MARK } from './mentioned.ts';
import { Pickers } from './pickers.tsx';

const NONE: readonly SlashCommand[] = [];

/** Without a session it starts one: `agent` is the one that was chosen for it. */
export const Composer = ({ agent }: { readonly agent?: string }) => {
  const { store, prompts, bridge, touch, bar, t } = useChat();
  const barred = bar('write');
  const field = useRef<HTMLTextAreaElement>(null);
  const { value: session } = store.session;
  const pending = store.pending.value !== undefined;
  const draft = prompts.draft.value;
  const running = session?.turn.state === 'running';
  const editing = prompts.editing.value;
  const completion = useCompletion(session?.commands ?? NONE, prompts.draft, (text) => prompts.edit(text));
  const mentions = useMentions(field);
  useFocus(field, running);

  /** Barred, it says why. */
  const unbarred = (run: () => void): void => {
    const why = bar('write');
    if (why === undefined) run();
    else store.refusal.value = { message: why };
  };
  const send = (): void => unbarred(() => prompts.submit(agent));
  const keyDown = (event: TargetedKeyboardEvent<HTMLTextAreaElement>): void => {
    // An input method's Enter picks a word. Chromium says so in two ways, and not always in both.
    if (event.isComposing || event.keyCode === 229) return;
    if (completion.keyDown(event) || mentions.keyDown(event)) return;
    if (event.key === 'Escape' && prompts.editing.peek() !== undefined) {
      event.preventDefault();
      prompts.leaveEdit();
      return;
    }
    if (touch || event.key !== 'Enter' || event.shiftKey || event.ctrlKey || event.altKey || event.metaKey) return;
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
      {pending ? <PendingLine /> : null}
      {editing === undefined ? null : <EditLine waits={session?.queue.some(({ id }) => id === editing.id) === true} />}
      {completion.list}
      {mentions.list}
      {/* By its key: a hint that appears above would otherwise take over this element, and the keyboard were lost. */}
      <div key="field" class="field-box">
        <textarea
          ref={field}
          aria-label={t('Message')}
          {...completion.aria}
          {...mentions.aria}
          rows={1}
          placeholder={barred ?? placeholder(session, t)}
          value={draft}
          readOnly={pending}
          onInput={(event) => {
            prompts.edit(event.currentTarget.value);
            mentions.look();
          }}
          onKeyDown={keyDown}
          onKeyUp={mentions.look}
          onClick={mentions.look}
        />
        <div class="composer-row">
          {session === undefined ? <span class="pickers" /> : <Pickers session={session} />}
          <span class="sending">
            {running ? (
              <button
                type="button"
                class="round secondary"
                aria-label={t('Stop')}
                title={barred ?? t('Stop')}
                aria-disabled={barred !== undefined}
                onClick={() => unbarred(cancel)}
              >
                <Icon name="stop" />
              </button>
            ) : null}
            <button
              type="button"
              class={running ? 'round secondary' : 'round'}
              aria-label={editing === undefined ? t('Send') : t('Save')}
              title={barred ?? (editing === undefined ? t('Send (Enter)') : t('Save (Enter)'))}
              aria-disabled={draft.trim() === '' || pending || barred !== undefined}
              onClick={send}
            >
              <Icon name={editing === undefined ? 'send' : 'check'} />
            </button>
          </span>
        </div>
      </div>
    </div>
  );
};

const useFocus = (field: { readonly current: HTMLTextAreaElement | null }, running: boolean): void => {
  const { store, touch } = useChat();
  const wish = store.focusWish.value;
  useEffect(() => {
    if (touch || wish?.place !== 'composer') return undefined;
    return whenFocused(() => {
      const { current } = field;
      if (current === null) return;
      current.focus();
      current.setSelectionRange(current.value.length, current.value.length);
    });
  }, [wish, field, touch]);
  useEffect(() => {
    // A view that is given the keyboard as a whole has it nowhere, and so has one whose focused button went away with
    // the turn: then it is wanted here.
    const take = (): void => {
      if (!touch && document.hasFocus() && document.activeElement === document.body) field.current?.focus();
    };
    take();
    window.addEventListener('focus', take);
    return () => window.removeEventListener('focus', take);
  }, [field, running, touch]);
};

export const Refused = () => {
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

const PendingLine = () => {
  const { prompts, t } = useChat();
  return (
    <div class="held-back">
      <span>{t('Starting a session…')}</span>
      <button type="button" class="quiet" onClick={() => prompts.withdraw()}>
        {t('Do not send')}
      </button>
    </div>
  );
};

const EditLine = ({ waits }: { readonly waits: boolean }) => {
  const { store, prompts, t } = useChat();
  const leave = (): void => {
    prompts.leaveEdit();
    store.wish('composer');
  };
  return (
    <div class="held-back" role="status">
      <span>
        {waits
          ? t('Changing a queued prompt. Enter saves it, Escape leaves it as it was.')
          : t('This prompt does not wait any more. Enter sends your text as a new one.')}
      </span>
      <button type="button" class="quiet" onClick={leave}>
        {t('Leave')}
      </button>
    </div>
  );
};

const placeholder = (session: Session | undefined, t: Translate): string => {
  if (session === undefined) return t('Ask an agent to do something');
  const { turn, link, agentLabel } = session;
  if (turn.state === 'running' || link.state === 'connecting') return t('Queue a message for {0}', agentLabel);
  return t('Ask {0}, / for commands, @ for files', agentLabel);
};

const mentioning = new Late(() => import('./mentioning.tsx'));

/** What is offered for a mention; nothing of it is loaded before one is begun. */
const useMentions = (field: { readonly current: HTMLTextAreaElement | null }) => {
  const chat = useChat();
  const id = useId();
  const draft = chat.prompts.draft.value;
  const part = useLate(mentioning, draft.includes('@') || MENTION_MARK.test(draft));
  const own = useMemo(() => part && new part.Mentioning(chat), [part, chat]);
  useEffect(() => {
    if (own === undefined) return undefined;
    const stop = own.listen();
    // What was typed while it was being loaded.
    if (field.current !== null) own.look(field.current);
    return stop;
  }, [own, field]);
  const look = (): void => {
    if (field.current !== null) own?.look(field.current);
  };
  const keyDown = (event: KeyboardEvent): boolean =>
    own !== undefined && field.current !== null && own.keyDown(event, field.current);
  const open = own !== undefined && own.items.value.length > 0;
  const aria = open
    ? {
        'aria-autocomplete': 'list' as const,
        'aria-controls': id,
        ...(own.active.value < 0 ? {} : { 'aria-activedescendant': `${id}-${own.active.value}` }),
      }
    : {};
  const list =
    part === undefined || own === undefined ? null : (
      <>
        <part.Mentions id={id} mentioning={own} field={() => field.current} />
        <part.Attached />
      </>
    );
  return { list, aria, keyDown, look };
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
