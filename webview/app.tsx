import { entryAt, entryCount } from '../src/model/entry.ts';
import { useChat } from './chat.ts';
import { Announcer } from './announcer.tsx';
import { Composer } from './composer.tsx';
import { AgentHelp } from './entries/notice.tsx';
import { Icon } from './icons.tsx';
import { Questions } from './question.tsx';
import { Header } from './sessions.tsx';
import { Empty } from './setup.tsx';
import { Transcript } from './transcript.tsx';

export const App = () => {
  const { store, t } = useChat();
  const { value: shown } = store.shown;
  if (store.versionMismatch.value) {
    return (
      <main class="empty">
        <h1>{t('This view is of another version')}</h1>
        <p>{t('The extension was updated. Reload the window to go on.')}</p>
      </main>
    );
  }
  if (shown === undefined)
    return (
      <main class="app">
        <Empty />
      </main>
    );
  return (
    <main class="app">
      <h1 class="hidden">{t('Chat with {0}', store.session.value?.agentLabel ?? t('Agent'))}</h1>
      <Header />
      {/* What was drawn of another numbering may bear the same ids. */}
      <Transcript key={`${shown} ${store.session.value?.at.epoch ?? ''}`} session={shown} />
      <Questions />
      <Trouble />
      <Composer />
      <Announcer />
    </main>
  );
};

/** A session that cannot go on by itself. */
const Trouble = () => {
  const { store, act, t } = useChat();
  const { value: session } = store.session;
  const link = session?.link;
  if (link?.state !== 'failed' && link?.state !== 'disconnected') return null;
  const last = session === undefined ? undefined : entryAt(session.entries, entryCount(session.entries) - 1);
  // The end of a turn is told in the transcript, and once is enough.
  const told = last?.kind === 'notice' && last.title === link.detail;
  const title = link.state === 'failed' ? t('The session failed') : t('The session is disconnected');
  return (
    <div class="trouble notice error">
      <Icon name="error" />
      <div>
        <div class="notice-title">{title}</div>
        {link.detail === undefined || told ? null : <div class="notice-text">{link.detail}</div>}
        <AgentHelp>
          {session?.agentSession === undefined ? (
            <button type="button" class="secondary" onClick={() => act({ kind: 'mend', what: 'settings' })}>
              {t('Open settings')}
            </button>
          ) : null}
        </AgentHelp>
      </div>
    </div>
  );
};
