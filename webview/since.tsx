/** What happened while the person was away, above the composer, each with the way to it. */
import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { makeVisible } from '../src/base/visibleText.ts';
import type { FileEdit, Since } from '../src/model/since.ts';
import type { ToSurface } from '../src/protocol/view/messages.ts';
import { useChat } from './chat.ts';
import { Location } from './entries/tool.tsx';
import { Icon, type IconName } from './icons.tsx';
import type { Translate } from './l10n.ts';
import { pathIn } from './words.ts';

const MOST_FILES = 6;
const MOST_ENDS = 3;

export const SinceCard = ({ since }: { readonly since: Extract<ToSurface, { type: 'since' }> }) => {
  const { store, t } = useChat();
  const title = t('Since you left, {0} ago', ago(since.away, t));
  // The box is there before the words, or nobody would hear them.
  const [said, setSaid] = useState('');
  useEffect(() => setSaid(title), [title]);
  // By a click as a whole or by the keyboard: one that opened under a pressed button would move it away from the pointer.
  const [open, setOpen] = useState(false);
  const byKey = ({ target }: FocusEvent): void => {
    if (target instanceof Element && target.matches(':focus-visible')) setOpen(true);
  };
  const dismiss = (): void => {
    store.since.value = undefined;
    store.wish('composer');
  };
  return (
    // Where it has room for its first line only, this gives it more.
    <section
      class={open ? 'since open' : 'since'}
      aria-label={t('Since you left')}
      onClick={() => setOpen(true)}
      onFocusCapture={byKey}
    >
      <div class="since-head">
        <span class="since-title" role="status">
          {said}
        </span>
        <button type="button" class="quiet" aria-label={t('Dismiss')} title={t('Dismiss')} onClick={dismiss}>
          <Icon name="cross" />
        </button>
      </div>
      <ul class="scroll-y" tabIndex={0} aria-label={t('What happened')}>
        <Edits since={since} />
        <Commands since={since} />
        <Asked since={since} />
        <Ends ends={since.ends} />
      </ul>
    </section>
  );
};

const Line = ({ icon, children }: { readonly icon: IconName; readonly children: ComponentChildren }) => (
  <li class={icon}>
    <Icon name={icon} />
    <div>{children}</div>
  </li>
);

interface Props {
  readonly since: Extract<ToSurface, { type: 'since' }>;
}

const Edits = ({ since: { key, files, edits } }: Props) => {
  const { store, act, t } = useChat();
  if (files === 0) return null;
  const named = edits.slice(0, MOST_FILES);
  const nameOf = namesOf(named, store.session.value?.cwd);
  const open = ({ kind, entry, index }: FileEdit): void =>
    act({ kind: kind === 'diff' ? 'diff/open' : 'location/open', key, entry, index });
  return (
    <Line icon="edit">
      {files === 1 ? t('1 file edited') : t('{0} files edited', files)}
      <div class="locations">
        {named.map((edit) => (
          <Location
            key={edit.path}
            title={makeVisible(edit.path, 'one')}
            text={makeVisible(nameOf(edit), 'one')}
            onOpen={() => open(edit)}
          />
        ))}
        {files > named.length ? <span class="dim">{t('{0} more', files - named.length)}</span> : null}
      </div>
    </Line>
  );
};

/** The name of the file alone, where no other one is called so. */
const namesOf = (edits: readonly FileEdit[], folder: string | undefined): ((edit: FileEdit) => string) => {
  const last = ({ path }: FileEdit): string => /[^\\/]+$/u.exec(path)?.[0] ?? path;
  return (edit) =>
    edits.some((other) => other !== edit && last(other) === last(edit)) ? pathIn(folder, edit.path) : last(edit);
};

const Commands = ({ since: { commands, failed } }: Props) => {
  const { t } = useChat();
  if (commands === 0) return null;
  return (
    <Line icon="execute">
      {commands === 1 ? t('1 command ran') : t('{0} commands ran', commands)}
      {failed === 0 ? null : <span class="failed"> · {t('{0} failed', failed)}</span>}
    </Line>
  );
};

const Asked = ({ since: { asked, waiting } }: Props) => {
  const { store, t } = useChat();
  if (asked === 0) return null;
  const open = store.session.value?.questions.filter(({ id }) => waiting.includes(id)) ?? [];
  const [first] = open;
  return (
    <Line icon="ask">
      {asked === 1 ? t('1 question asked') : t('{0} questions asked', asked)}
      {first === undefined ? null : (
        <div class="locations">
          <button
            type="button"
            class="location"
            onClick={() => {
              store.question.value = first.id;
              store.wish('question');
            }}
          >
            {open.length === 1 ? t('1 waits for you') : t('{0} wait for you', open.length)}
          </button>
        </div>
      )}
    </Line>
  );
};

const Ends = ({ ends }: Pick<Since, 'ends'>) => {
  const { t } = useChat();
  const done = ends.filter(({ reason }) => reason === 'end_turn').length;
  const stopped = ends.filter(({ reason }) => reason === 'cancelled').length;
  const others = ends.filter(({ reason }) => reason !== 'end_turn' && reason !== 'cancelled');
  const more = others.length - MOST_ENDS;
  return (
    <>
      {done === 0 ? null : <Line icon="check">{done === 1 ? t('1 turn done') : t('{0} turns done', done)}</Line>}
      {stopped === 0 ? null : (
        <Line icon="stop">{stopped === 1 ? t('1 turn stopped') : t('{0} turns stopped', stopped)}</Line>
      )}
      {others.slice(-MOST_ENDS).map(({ seq, title = '' }) => (
        <Line key={seq} icon="warning">
          {makeVisible(t(title), 'one')}
        </Line>
      ))}
      {more > 0 ? <Line icon="warning">{t('{0} more', more)}</Line> : null}
    </>
  );
};

const ago = (milliseconds: number, t: Translate): string => {
  const seconds = Math.max(1, Math.round(milliseconds / 1_000));
  if (seconds < 60) return t('{0} s', seconds);
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return t('{0} min', minutes);
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return t('{0} h {1} min', hours, minutes % 60);
  const days = Math.floor(hours / 24);
  return days === 1 ? t('1 day') : t('{0} days', days);
};
