import type { PlanEntry } from '../../src/model/entry.ts';
import { useChat } from '../chat.ts';
import { planStatus } from '../words.ts';

export const PlanCard = ({ entry }: { readonly entry: PlanEntry }) => {
  const { t } = useChat();
  const done = entry.items.filter((item) => item.status === 'completed').length;
  return (
    <div class="card plan">
      <div class="card-head">
        <span class="title">{t('Plan')}</span>
        <span class="state">{t('{0} of {1} done', done, entry.items.length)}</span>
      </div>
      <ul>
        {entry.items.map((item, index) => (
          <li key={index} class={item.status}>
            <span class="mark" aria-hidden="true" />
            <span>{item.content}</span>
            {item.priority === 'high' ? <span class="priority">{t('high')}</span> : null}
            <span class="hidden">{` (${planStatus(item.status, t)})`}</span>
          </li>
        ))}
      </ul>
    </div>
  );
};
