import { useState } from 'preact/hooks';
import type { Setup } from '../src/protocol/view/messages.ts';
import { useChat } from './chat.ts';
import { Composer } from './composer.tsx';
import { Late, useLate } from './late.ts';

const missing = new Late(() => import('./missing.tsx'));

/** Nothing to show yet: what is missing, or the first words. */
export const Empty = () => {
  const { value: setup } = useChat().store.setup;
  const lacking = setup === undefined ? undefined : lackOf(setup);
  const part = useLate(missing, lacking !== undefined);
  if (setup === undefined) return <div class="empty" aria-busy="true" />;
  if (lacking === undefined) return <Start setup={setup} />;
  return part === undefined ? <div class="empty" aria-busy="true" /> : <part.Missing setup={setup} lacking={lacking} />;
};

/** What keeps every session from being started; `disk`: the folder is on none. */
export type Lack = 'disk' | 'folder' | 'trust' | 'agent';

const lackOf = ({ virtual, folder, trusted, agents, agentMissing }: Setup): Lack | undefined => {
  if (virtual !== undefined) return 'disk';
  if (!folder) return 'folder';
  if (!trusted) return 'trust';
  return agents.length === 0 || (agentMissing !== undefined && agents.length === 1) ? 'agent' : undefined;
};

const Start = ({ setup }: { readonly setup: Setup }) => {
  const { act, t } = useChat();
  const [chosen, setChosen] = useState<string>();
  const agent = chosen ?? setup.defaultAgent ?? setup.agents[0]?.id;
  const missing = setup.agentMissing !== undefined && (agent === undefined || agent === setup.defaultAgent);
  return (
    <>
      <div class="empty">
        <h1>{t('What should be done?')}</h1>
        <p>{t('Write it below. The agent works in this folder and asks here for what it needs a permission for.')}</p>
        <div class="actions">
          {setup.agents.length < 2 ? null : (
            <select
              class="picker"
              aria-label={t('Agent')}
              value={agent}
              onChange={({ currentTarget }) => setChosen(currentTarget.value)}
            >
              {setup.agents.map(({ id, label }) => (
                <option key={id} value={id}>
                  {label}
                </option>
              ))}
            </select>
          )}
          <button
            type="button"
            class="secondary"
            onClick={() => act({ kind: 'session/new', ...(agent === undefined ? {} : { agent }) })}
          >
            {t('New session')}
          </button>
        </div>
        {missing ? (
          <p class="refusal">
            <span>{setup.agentMissing}</span>
            <button type="button" class="quiet" onClick={() => act({ kind: 'mend', what: 'agent' })}>
              {t('Set up an agent')}
            </button>
          </p>
        ) : null}
      </div>
      <Composer {...(agent === undefined ? {} : { agent })} />
    </>
  );
};
