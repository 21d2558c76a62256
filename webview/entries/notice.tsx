import type { ComponentChildren } from 'preact';
import type { NoticeEntry } from '../../src/model/entry.ts';
import { WORDS } from '../../src/model/fold/words.ts';
import { useChat } from '../chat.ts';
import { makeVisible } from '../../src/base/visibleText.ts';
import { Icon } from '../icons.tsx';
import { pathIn } from '../words.ts';
import { Locations } from './tool.tsx';

export const NoticeCard = ({ entry, last }: { readonly entry: NoticeEntry; readonly last: boolean }) => {
  const { store, t } = useChat();
  // A session that cannot go on says so above the composer, with the same ways out.
  const { value: session } = store.session;
  // A restart mends an agent, and not what one has done.
  const mendable = entry.severity === 'error' && entry.title !== WORDS.protectedChanged;
  const helps = last && mendable && session?.link.state === 'ready';
  return (
    <div class={`notice ${entry.severity}`}>
      <Icon name={entry.severity} />
      <div>
        <div class="notice-title">{t(entry.title)}</div>
        {entry.locations !== undefined ? (
          <Locations entry={entry} nameOf={(path) => makeVisible(pathIn(session?.cwd, path), 'one')} />
        ) : entry.description === undefined ? null : (
          <div class="notice-text">{entry.description}</div>
        )}
        {helps ? <AgentHelp /> : null}
      </div>
    </div>
  );
};

/** What helps with an agent that is in trouble; `children` are more buttons. */
export const AgentHelp = ({ children }: { readonly children?: ComponentChildren }) => {
  const { store, act, may, editor, t } = useChat();
  const key = store.shown.value;
  if (key === undefined || may !== 'drive') return null;
  return (
    <div class="actions">
      <button type="button" onClick={() => act({ kind: 'agent/restart', key })}>
        {t('Restart agent')}
      </button>
      {editor ? (
        <button type="button" class="secondary" onClick={() => act({ kind: 'agent/log', key })}>
          {t('Show log')}
        </button>
      ) : null}
      {children}
    </div>
  );
};
