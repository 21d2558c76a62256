/** The sessions of the host, those that wait for the person first. */
import { useEffect, useState } from 'preact/hooks';
import { makeVisible } from '../../src/base/visibleText.ts';
import type { Summary } from '../../src/model/summary.ts';
import { useChat } from '../chat.ts';
import { Icon } from '../icons.tsx';
import { stateWord } from '../words.ts';
import { usePage } from './page.ts';
import { agoOf } from './times.ts';

const MINUTE = 60_000;

export const ListBar = () => {
  const { store, may, t } = useChat();
  const { places, device } = usePage();
  const known = store.setup.value !== undefined;
  return (
    <header class="bar">
      <div class="bar-words">
        <h1>{t('Sessions')}</h1>
        <span class="dim">{makeVisible(device.name, 'one')}</span>
      </div>
      {may === 'drive' ? (
        <button type="button" aria-disabled={!known} onClick={() => known && places.begin()}>
          <Icon name="plus" />
          {t('New session')}
        </button>
      ) : null}
    </header>
  );
};

export const SessionList = () => {
  const { store, may, t } = useChat();
  const now = useMinute();
  const sessions = inOrder([...store.sessions.value.values()]);
  if (store.setup.value === undefined) return <div class="empty" aria-busy="true" />;
  if (sessions.length === 0) {
    return (
      <div class="empty">
        <h2>{t('No sessions yet')}</h2>
        <p>
          {may === 'drive'
            ? t('Begin one here, or in the editor: it appears in both.')
            : t('What is begun in the editor appears here.')}
        </p>
      </div>
    );
  }
  return (
    <ul class="sessions scroll-y" aria-label={t('Sessions')}>
      {sessions.map((summary) => (
        <li key={summary.key}>
          <Row summary={summary} now={now} />
        </li>
      ))}
    </ul>
  );
};

const Row = ({ summary, now }: { readonly summary: Summary; readonly now: number }) => {
  const { store, t } = useChat();
  const { key, title, agentLabel, machine, state, questions, changedAt, asleep, pinned } = summary;
  const word = asleep === true ? t('Not running') : stateWord(state, t);
  return (
    <button type="button" class="row" onClick={() => store.show(key)}>
      <span class="row-title">
        {pinned === true ? <span class="pin">{t('Pinned')}</span> : null}
        {makeVisible(title, 'one') || t('New session')}
      </span>
      <span class="row-time">{agoOf(changedAt, now, t)}</span>
      <span class="row-about">
        <span class={`state-word ${asleep === true ? 'asleep' : state.toLowerCase().replaceAll(' ', '-')}`}>
          {word}
        </span>
        {' · '}
        {makeVisible(machine === undefined ? agentLabel : `${agentLabel}, ${machine}`, 'one')}
      </span>
      {questions === 0 ? null : (
        <span class="badge" aria-label={questions === 1 ? t('1 question') : t('{0} questions', questions)} role="img">
          {questions}
        </span>
      )}
    </button>
  );
};

/** What wants the person first, then what they have pinned, then what changed last. */
const inOrder = (sessions: readonly Summary[]): readonly Summary[] =>
  sessions
    .filter(({ archived }) => archived !== true)
    .toSorted((a, b) => rank(a) - rank(b) || b.changedAt - a.changedAt);

const rank = ({ state, asleep, pinned }: Summary): number => {
  if (asleep !== true && (state === 'Waiting for you' || state === 'Failed')) return 0;
  return pinned === true ? 1 : 2;
};

/** The time, to the minute. */
const useMinute = (): number => {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), MINUTE);
    return () => clearInterval(timer);
  }, []);
  return now;
};
