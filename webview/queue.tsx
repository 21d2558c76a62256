/** Prompts that wait for their turn, in the order in which they go out. */
import { useId, useLayoutEffect, useRef } from 'preact/hooks';
import { makeVisible } from '../src/base/visibleText.ts';
import type { QueueCommand } from '../src/model/event.ts';
import type { QueuedPrompt, Session } from '../src/model/session.ts';
import { useChat } from './chat.ts';
import { Icon, type IconName } from './icons.tsx';
import { wordsOf } from './prompts.ts';

/** What is seen of one; the rest is read by changing it. */
const MOST_TEXT = 400;

export const Queue = ({ session }: { readonly session: Session }) => {
  const { store, bridge, t } = useChat();
  const { key, queue, queuePaused, queueWhy } = session;
  const box = useKeptFocus();
  if (queue.length === 0) return null;
  const ask = (command: QueueCommand): void => {
    bridge.command(key, command).catch((failure: unknown) => store.refuse(failure));
  };
  const why = queueWhy === undefined ? t('Paused.') : t(queueWhy);
  return (
    <div class="queue" ref={box}>
      <div class="queue-head">
        <span class="queue-count">{t('Queued prompts: {0}', queue.length)}</span>
        <span class="queue-why" role="status">
          {queuePaused ? why : ''}
        </span>
        {queuePaused ? (
          <Action name="play" label={t('Resume queue')} onClick={() => ask({ kind: 'queue/resume' })} />
        ) : (
          <Action name="pause" label={t('Pause queue')} onClick={() => ask({ kind: 'queue/pause' })} />
        )}
        <Action name="delete" label={t('Clear queue')} onClick={() => ask({ kind: 'queue/clear' })} />
      </div>
      <ul class="scroll-y" aria-label={t('Queued prompts')}>
        {queue.map((queued, index) => (
          <Item key={queued.id} queued={queued} queue={queue} index={index} ask={ask} />
        ))}
      </ul>
    </div>
  );
};

interface ItemProps {
  readonly queued: QueuedPrompt;
  readonly queue: readonly QueuedPrompt[];
  readonly index: number;
  readonly ask: (command: QueueCommand) => void;
}

const Item = ({ queued, queue, index, ask }: ItemProps) => {
  const { prompts, here, t } = useChat();
  const text = useId();
  const { id, prompt, device, state } = queued;
  const others = prompt.filter(({ type }) => type !== 'text').length;
  const [above, below] = [queue[index - 1], queue[index + 1]];
  const move = (before: QueuedPrompt | undefined): void =>
    ask({ kind: 'queue/move', id, ...(before === undefined ? {} : { before: before.id }) });
  return (
    <li data-id={id} class={prompts.editing.value?.id === id ? 'editing' : undefined}>
      <div class="queued" id={text}>
        <div class="queued-text">{makeVisible(wordsOf(prompt).slice(0, MOST_TEXT), 'many')}</div>
        {others === 0 ? null : <span class="dim">{t('Attachments: {0}', others)} </span>}
        {device === here || device === '' ? null : <span class="dim">{t('From {0}', device)} </span>}
        {state === 'unknown' ? (
          <span class="doubt">{t('It is not known whether this was sent. Look at the transcript.')}</span>
        ) : null}
      </div>
      <div class="queued-actions">
        {prompt.every(isEditable) ? (
          <Action name="edit" label={t('Edit')} about={text} onClick={() => prompts.change(queued)} />
        ) : null}
        <Action name="up" label={t('Move up')} about={text} idle={above === undefined} onClick={() => move(above)} />
        <Action
          name="down"
          label={t('Move down')}
          about={text}
          idle={below === undefined}
          onClick={() => move(queue[index + 2])}
        />
        <Action name="send" label={t('Send now')} about={text} onClick={() => ask({ kind: 'queue/send', id })} />
        <Action name="cross" label={t('Remove')} about={text} onClick={() => ask({ kind: 'queue/remove', id })} />
      </div>
    </li>
  );
};

/** A surface may not send back what is an address: a prompt with one is changed where it was written. */
const isEditable = ({ type }: QueuedPrompt['prompt'][number]): boolean =>
  type === 'text' || type === 'image' || type === 'audio';

interface ActionProps {
  readonly name: IconName;
  readonly label: string;
  /** The id of what it is done to. */
  readonly about?: string;
  /** There is nothing to do. It stays where it is, so that the keyboard does too. */
  readonly idle?: boolean;
  readonly onClick: () => void;
}

const Action = ({ name, label, about, idle = false, onClick }: ActionProps) => (
  <button
    type="button"
    class="quiet"
    aria-label={label}
    title={label}
    aria-describedby={about}
    aria-disabled={idle}
    onClick={() => {
      if (!idle) onClick();
    }}
  >
    <Icon name={name} />
  </button>
);

interface Held {
  readonly id: string | undefined;
  readonly index: number;
  readonly label: string | null;
}

/** The keyboard stays at the same prompt when that moves, and at its place when it goes away. */
const useKeptFocus = () => {
  const { store } = useChat();
  const box = useRef<HTMLDivElement>(null);
  // Before the new picture takes the place of the old one: afterwards nobody knows where it was.
  const held = holding(box.current);
  useLayoutEffect(() => {
    if (held === undefined || box.current?.contains(document.activeElement) === true) return;
    const items = [...(box.current?.querySelectorAll<HTMLElement>('li') ?? [])];
    const place = items.find((item) => item.dataset['id'] === held.id) ?? items[Math.min(held.index, items.length - 1)];
    const buttons = [...((held.index < 0 ? box.current : place)?.querySelectorAll('button') ?? [])];
    const button = buttons.find((one) => one.getAttribute('aria-label') === held.label) ?? buttons[0];
    if (button === undefined) store.wish('composer');
    else button.focus();
  });
  return box;
};

const holding = (box: HTMLElement | null): Held | undefined => {
  const focused = document.activeElement;
  if (box === null || focused === null || !box.contains(focused)) return undefined;
  const item = focused.closest('li');
  const index = item === null ? -1 : [...box.querySelectorAll('li')].indexOf(item);
  return { id: item?.dataset['id'], index, label: focused.getAttribute('aria-label') };
};
