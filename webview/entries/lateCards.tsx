import type { PlanEntry, SubagentEntry } from '../../src/model/entry.ts';
import { makeVisible } from '../../src/base/visibleText.ts';
import type { Translate } from '../l10n.ts';
import { useChat } from '../chat.ts';
import { Icon } from '../icons.tsx';
import { planStatus } from '../words.ts';
import { Text } from './text.tsx';
import { Location } from './tool.tsx';

/** The cards of what not every session has: in a chunk of their own. */
export const PlanCard = ({ entry }: { readonly entry: PlanEntry }) => {
  const { t } = useChat();
  const { items, text, withdrawn } = entry;
  const done = items.filter((item) => item.status === 'completed').length;
  const state = withdrawn === true ? t('withdrawn') : t('{0} of {1} done', done, items.length);
  return (
    <div class={withdrawn === true ? 'card plan withdrawn' : 'card plan'}>
      <div class="card-head">
        <span class="title">{t('Plan')}</span>
        {withdrawn === true || items.length > 0 ? <span class="state">{state}</span> : null}
      </div>
      {items.length === 0 ? null : (
        <ul>
          {items.map((item, index) => (
            <li key={index} class={item.status}>
              <span class="mark" aria-hidden="true" />
              <span>{item.content}</span>
              {item.priority === 'high' ? <span class="priority">{t('high')}</span> : null}
              <span class="hidden">{` (${planStatus(item.status, t)})`}</span>
            </li>
          ))}
        </ul>
      )}
      {text === undefined ? null : <Text text={text} />}
      <PlanFile entry={entry} />
    </div>
  );
};

/** Opened by the host, which knows the address from the entry. */
const PlanFile = ({ entry: { id, uri } }: { readonly entry: PlanEntry }) => {
  const { store, act } = useChat();
  const key = store.shown.value;
  if (uri === undefined || key === undefined) return null;
  return (
    <div class="locations">
      <Location
        title={makeVisible(uri, 'one')}
        text={makeVisible(/[^\\/]+$/u.exec(uri)?.[0] ?? uri, 'one')}
        onOpen={() => act({ kind: 'location/open', key, entry: id, index: 0 })}
      />
    </div>
  );
};

export const SubagentCard = ({ entry }: { readonly entry: SubagentEntry }) => {
  const { store, t } = useChat();
  const known = store.session.value?.subagents[entry.session];
  const title = known?.title ?? t('Helper of the agent');
  const { description, state, cwd, said = '' } = known ?? {};
  return (
    <div class="card subagent">
      <div class="card-head">
        <Icon name="think" />
        <span class="title">{makeVisible(title, 'one')}</span>
        {state === undefined ? null : <span class="state">{stateWord(state, t)}</span>}
      </div>
      {description === undefined ? null : <div class="dim">{makeVisible(description, 'many')}</div>}
      {cwd === undefined ? null : <div class="dim">{makeVisible(cwd, 'one')}</div>}
      <Text text={said} />
    </div>
  );
};

const stateWord = (state: string, t: Translate): string => {
  switch (state) {
    case 'running':
      return t('working');
    case 'requires_action':
      return t('Waiting for you');
    case 'idle':
      return t('idle');
    default:
      return makeVisible(state, 'one');
  }
};
