/** The page: the list of sessions, one session, or the first words of a new one. */
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { makeVisible } from '../../src/base/visibleText.ts';
import type { SessionKey } from '../../src/model/session.ts';
import { Banner, Conversation } from '../conversation.tsx';
import { useChat } from '../chat.ts';
import { Composer, Refused } from '../composer.tsx';
import { Icon } from '../icons.tsx';
import { Empty } from '../setup.tsx';
import { StateWord } from '../stateWord.tsx';
import { ListBar, SessionList } from './list.tsx';
import { Offline } from './offline.tsx';
import { usePage } from './page.ts';

export const PageApp = () => {
  const { store, t } = useChat();
  const { link, places, whole, forget } = usePage();
  const { value: shown } = store.shown;
  const { value: begins } = places.begins;
  useTitle();
  if (store.versionMismatch.value) {
    return (
      <Stop
        title={t('This page is of another version')}
        text={t('The host was updated. Load the page again to go on.')}
      >
        <button type="button" onClick={() => location.reload()}>
          {t('Load again')}
        </button>
      </Stop>
    );
  }
  if (link.state.value.kind === 'unknown') {
    return (
      <Stop
        title={t('This device is not paired any more')}
        text={t('It was revoked at the host. To use it again, pair it with a new code from there.')}
      >
        <button type="button" onClick={forget}>
          {t('Pair again')}
        </button>
      </Stop>
    );
  }
  return (
    <main class={link.state.value.kind === 'live' ? 'app page' : 'app page stale'}>
      {shown !== undefined ? <SessionBar session={shown} /> : begins ? <BeginBar /> : <ListBar />}
      <Offline />
      <Banner />
      {shown !== undefined ? (
        <Conversation session={shown}>
          <Writing />
        </Conversation>
      ) : begins ? (
        <Empty />
      ) : (
        <SessionList />
      )}
      {whole.value === undefined ? null : <Whole text={whole.value} />}
    </main>
  );
};

interface StopProps {
  readonly title: string;
  readonly text: string;
  readonly children: ComponentChildren;
}

/** Nothing can be done here but this. */
const Stop = ({ title, text, children }: StopProps) => (
  <main class="app page">
    <div class="empty">
      <h1>{title}</h1>
      <p>{text}</p>
      <div class="actions">{children}</div>
    </div>
  </main>
);

const BeginBar = () => (
  <header class="bar">
    <Back />
    <div class="bar-words">
      <h1>{useChat().t('New session')}</h1>
    </div>
  </header>
);

const SessionBar = ({ session: key }: { readonly session: SessionKey }) => {
  const { store, t } = useChat();
  const { value: session } = store.session;
  const title = session?.title ?? store.sessions.value.get(key)?.title ?? '';
  return (
    <header class="bar">
      <Back />
      <div class="bar-words">
        <h1>{makeVisible(title, 'one') || t('New session')}</h1>
        {session === undefined ? (
          <span class="dim">{t('Loading…')}</span>
        ) : (
          <span class="dim">
            <StateWord session={session} />
            {' · '}
            {makeVisible(session.agentLabel, 'one')}
          </span>
        )}
      </div>
    </header>
  );
};

/** In the place of an editor, for what is too long for the transcript. */
const Whole = ({ text }: { readonly text: string }) => {
  const { t } = useChat();
  const { whole } = usePage();
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog
      ref={dialog}
      class="whole"
      aria-label={t('The whole text')}
      onClose={() => {
        whole.value = undefined;
      }}
    >
      <pre class="scroll-y" tabIndex={0}>
        {text}
      </pre>
      <button type="button" onClick={() => dialog.current?.close()}>
        {t('Close')}
      </button>
    </dialog>
  );
};

const Back = () => {
  const { t } = useChat();
  const { places } = usePage();
  return (
    <button type="button" class="quiet back" aria-label={t('Back to the sessions')} onClick={() => places.leave()}>
      <Icon name="chevron" />
    </button>
  );
};

/** What a device that may not write gets in the place of a field that would refuse. */
const Writing = () => {
  const { may, t } = useChat();
  if (may === 'drive') return <Composer />;
  return (
    <div class="composer watching">
      <Refused />
      <span class="dim">
        {may === 'watch'
          ? t('This device may only watch.')
          : t('This device may watch and answer questions, and not write.')}
      </span>
    </div>
  );
};

/** A tab in the background tells that somebody is waited for. */
const useTitle = (): void => {
  const { store } = useChat();
  let questions = 0;
  for (const { questions: count } of store.sessions.value.values()) questions += count;
  useEffect(() => {
    document.title = questions === 0 ? 'Wheelhouse' : `(${questions}) Wheelhouse`;
  }, [questions]);
};
