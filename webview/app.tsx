import { useChat } from './chat.ts';
import { Announcer } from './announcer.tsx';
import { Composer } from './composer.tsx';
import { Icon } from './icons.tsx';
import { Late, useLate } from './late.ts';
import { Questions } from './question.tsx';
import { Header } from './sessions.tsx';
import { Empty } from './setup.tsx';
import { Transcript } from './transcript.tsx';
import { Trouble } from './trouble.tsx';

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
        <Banner />
        <Empty />
      </main>
    );
  return (
    <main class="app">
      <h1 class="hidden">{t('Chat with {0}', store.session.value?.agentLabel ?? t('Agent'))}</h1>
      <Header />
      <Banner />
      {/* What was drawn of another numbering may bear the same ids. */}
      <Transcript key={`${shown} ${store.session.value?.at.epoch ?? ''}`} session={shown} />
      <Since />
      <Questions />
      <Trouble />
      <Queued />
      <Composer />
      <Announcer />
    </main>
  );
};

/** What is wrong with the window as a whole. The box is there before the words, or nobody would hear them. */
const Banner = () => {
  const trouble = useChat().store.setup.value?.trouble;
  return (
    <div class="banner" role="status">
      {trouble === undefined ? null : (
        <>
          <Icon name="warning" />
          <span>{trouble}</span>
        </>
      )}
    </div>
  );
};

const queueList = new Late(() => import('./queue.tsx'));

const Queued = () => {
  const { value: session } = useChat().store.session;
  const part = useLate(queueList, session !== undefined && session.queue.length > 0);
  return session === undefined || part === undefined ? null : <part.Queue key={session.key} session={session} />;
};

const sinceCard = new Late(() => import('./since.tsx'));

const Since = () => {
  const { value: since } = useChat().store.since;
  const part = useLate(sinceCard, since !== undefined);
  return since === undefined || part === undefined ? null : <part.SinceCard since={since} />;
};
