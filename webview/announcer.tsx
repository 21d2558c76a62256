import { useEffect, useRef, useState } from 'preact/hooks';
import { entryAt, entryCount } from '../src/model/entry.ts';
import type { Session } from '../src/model/session.ts';
import { useChat } from './chat.ts';
import type { Translate } from './l10n.ts';

/** What a screen reader is told: that a message ended or a question waits, never the words as they come in. */
export const Announcer = () => {
  const { store, t } = useChat();
  const [text, setText] = useState('');
  const before = useRef<Session>(undefined);
  const { value: session } = store.session;
  useEffect(() => {
    const news = session === undefined ? undefined : newsOf(before.current, session, t);
    before.current = session;
    if (news !== undefined) setText(news);
  }, [session, t]);
  return (
    <div class="hidden" aria-live="polite">
      {text}
    </div>
  );
};

const newsOf = (before: Session | undefined, now: Session, t: Translate): string | undefined => {
  if (before?.key !== now.key) return undefined;
  const asked = now.questions.find((question) => !before.questions.some((known) => known.id === question.id));
  if (asked !== undefined) return t('The agent asks: {0}', asked.title.slice(0, MOST));
  if (now.queue.length > before.queue.length) return t('Queued prompts: {0}', now.queue.length);
  if (now.queueWhy !== undefined && before.queueWhy === undefined) return t(now.queueWhy);
  if (before.turn.state !== 'running' || now.turn.state === 'running') return undefined;
  return t('The agent has finished. {0}', lastWords(now));
};

const MOST = 300;

const lastWords = ({ entries }: Session): string => {
  const entry = entryAt(entries, entryCount(entries) - 1);
  if (entry?.kind === 'notice') return entry.title;
  if (entry?.kind !== 'agent') return '';
  const part = entry.parts.at(-1);
  return part?.type === 'text' ? part.text.slice(-MOST) : '';
};
