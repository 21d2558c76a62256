import type { SessionKey } from '../src/model/session.ts';
import type { Summary } from '../src/model/summary.ts';
import { makeVisible } from '../src/base/visibleText.ts';
import { useChat } from './chat.ts';
import { folderOf } from './folder.ts';
import { Icon } from './icons.tsx';
import { StateWord } from './stateWord.tsx';
import { stateWord } from './words.ts';

/** Which session is shown, how it is, and the way to another one. */
export const Header = () => {
  const { store, act, t } = useChat();
  const { value: shown } = store.shown;
  const { value: session } = store.session;
  const sessions = [...store.sessions.value.values()]
    .filter(({ key, archived }) => archived !== true || key === shown)
    .sort((a, b) => b.changedAt - a.changedAt);
  if (shown === undefined) return null;
  const known = sessions.some((summary) => summary.key === shown);
  return (
    <>
      <div class="header">
        <select
          class="switcher"
          aria-label={t('Session')}
          title={session?.cwd}
          value={shown}
          onChange={({ currentTarget }) => {
            const chosen = sessions.find((summary) => summary.key === currentTarget.value);
            if (chosen !== undefined) store.show(chosen.key);
          }}
        >
          {known ? null : <option value={shown}>{session?.title || t('New session')}</option>}
          {sessions.map((summary) => (
            <SessionOption key={summary.key} summary={summary} shown={shown} />
          ))}
        </select>
        {session === undefined ? null : <StateWord session={session} />}
        <button
          type="button"
          class="quiet"
          aria-label={t('New session')}
          title={t('New session')}
          onClick={() => act({ kind: 'session/new' })}
        >
          <Icon name="plus" />
        </button>
      </div>
      {session === undefined ? null : <Folder cwd={session.cwd} />}
    </>
  );
};

/** Where the session works, as soon as that is a question. */
const Folder = ({ cwd }: { readonly cwd: string }) => {
  const { store, t } = useChat();
  const folders = store.setup.value?.folders ?? [];
  const folder = folderOf(folders, cwd);
  if (folders.length < 2 || folder === undefined) return null;
  const below = cwd.slice(folder.path.length);
  return (
    <div class="session-folder" title={cwd}>
      {t('in {0}', makeVisible(folder.name + below, 'one'))}
    </div>
  );
};

const SessionOption = ({ summary, shown }: { readonly summary: Summary; readonly shown: SessionKey }) => {
  const { t } = useChat();
  const name = `${summary.title || t('New session')} · ${summary.agentLabel}`;
  // The shown one says how it is beside the list.
  const quiet = summary.key === shown || summary.state === 'Ready';
  return <option value={summary.key}>{quiet ? name : `${name} · ${stateWord(summary.state, t)}`}</option>;
};
