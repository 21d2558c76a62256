import type { TargetedKeyboardEvent } from 'preact';
import { useEffect, useId, useRef, useState } from 'preact/hooks';
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
  const completion = useCompletion(session?.commands ?? NONE, draft, (text) => prompts.edit(text));
  useFocusWish(field);

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
          placeholder={session === undefined ? t('Ask an agent to do something') : t('Ask {0}, / for commands', session.agentLabel)}
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

const useFocusWish = (field: { readonly current: HTMLTextAreaElement | null }): void => {
  const wish = useChat().store.focusWish.value;
  useEffect(() => {
    if (wish?.place !== 'composer') return undefined;
    return whenFocused(() => {
      const { current } = field;
      if (current === null) return;
      current.focus();
      current.setSelectionRange(current.value.length, current.value.length);
    });
  }, [wish]);
};

const Refused = () => {
  const { store } = useChat();
  const { value: refusal } = store.refusal;
  if (refusal === undefined) return null;
  return (
    <div class="refusal" role="alert">
      <Icon name="warning" />
      <span>{refusal.message}{refusal.next === undefined ? null : <span class="next"> {refusal.next}</span>}</span>
    </div>
  );
};

const PendingLine = ({ session }: { readonly session: Session | undefined }) => {
  const { prompts, t } = useChat();
  return (
    <div class="pending">
      <span>{session === undefined ? t('Starting a session…') : t('Sent as soon as {0} is ready', session.agentLabel)}</span>
      <button type="button" class="quiet" onClick={() => prompts.withdraw()}>{t('Do not send')}</button>
    </div>
  );
};

const useCompletion = (commands: readonly SlashCommand[], draft: string, edit: (text: string) => void) => {
  const id = useId();
  const [active, setActive] = useState(0);
  const [closedFor, setClosedFor] = useState<string>();
  const { t } = useChat();
  const found = closedFor === draft ? NONE : matching(commands, draft);
  const at = Math.min(active, found.length - 1);
  const pick = (command: SlashCommand): void => {
    edit(`/${command.name} `);
    setActive(0);
  };
  const hint = hintFor(commands, draft);
  const open = found.length > 0;
  const keyDown = (event: TargetedKeyboardEvent<HTMLTextAreaElement>): boolean => {
    const command = found[at];
    if (command === undefined) return false;
    // What is typed whole is meant: Enter sends it.
    const whole = event.key === 'Enter' && draft === `/${command.name}`;
    const steps: Readonly<Record<string, () => void>> = {
      ArrowDown: () => setActive((at + 1) % found.length),
      ArrowUp: () => setActive((at + found.length - 1) % found.length),
      Escape: () => setClosedFor(draft),
      Tab: () => pick(command),
      Enter: () => pick(command),
    };
    const step = steps[event.key];
    if (step === undefined || whole || event.shiftKey) return false;
    event.preventDefault();
    step();
    return true;
  };
  const list = open ? (
    <Completion id={id} commands={found} active={at} onPick={pick} />
  ) : hint === undefined ? null : (
    <div class="command-hint">{t('Expects: {0}', hint)}</div>
  );
  const aria = open ? { 'aria-autocomplete': 'list' as const, 'aria-controls': id, 'aria-activedescendant': `${id}-${at}` } : {};
  return { list, aria, keyDown };
};
