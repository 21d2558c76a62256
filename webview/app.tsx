import { useChat } from './chat.ts';
import { Composer } from './composer.tsx';
import { Banner, Conversation } from './conversation.tsx';
import { Header } from './sessions.tsx';
import { Empty } from './setup.tsx';

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
      <Conversation session={shown}>
        <Composer />
      </Conversation>
    </main>
  );
};
