import { useState } from 'preact/hooks';
import type { Setup } from '../src/protocol/view/messages.ts';
import { useChat } from './chat.ts';
import { Composer } from './composer.tsx';

/** Nothing to show yet: what is missing, and the button that mends it. */
export const Empty = () => {
  const { store, t } = useChat();
  const { value: setup } = store.setup;
  if (setup === undefined) return <div class="empty" aria-busy="true" />;
  if (setup.virtual !== undefined) {
    return (
      <Missing
        title={t('This folder is not on a disk')}
        text={t(
          'An agent is a program that works on files on a disk, and this folder ({0}) is none that a program could open. Open a copy of it on a disk.',
          setup.virtual,
        )}
        button={t('Open folder')}
        what="folder"
      />
    );
  }
  if (!setup.folder) {
    return (
      <Missing
        title={t('No folder is open')}
        text={t('An agent reads and changes the files of a folder. Open one to begin.')}
        button={t('Open folder')}
        what="folder"
      />
    );
  }
  if (!setup.trusted) {
    return (
      <Missing
        title={t('This folder is not trusted')}
        text={t('Agents run programs. They start here once you say that you trust what is in this folder.')}
        button={t('Manage trust')}
        what="trust"
      />
    );
  }
  if (setup.agents.length === 0 || (setup.agentMissing !== undefined && setup.agents.length === 1)) {
    return (
      <Missing
        title={t('The agent cannot be started')}
        text={setup.agentMissing ?? t('No agent is set up.')}
        button={t('Set up an agent')}
        what="agent"
        settings
      />
    );
  }
  return <Start setup={setup} />;
};

interface MissingProps {
  readonly title: string;
  readonly text: string;
  readonly button: string;
  readonly what: 'folder' | 'trust' | 'agent';
  readonly settings?: boolean;
}

const Missing = ({ title, text, button, what, settings = false }: MissingProps) => {
  const { act, t } = useChat();
  return (
    <div class="empty">
      <h1>{title}</h1>
      <p>{text}</p>
      <div class="actions">
        <button type="button" onClick={() => act({ kind: 'mend', what })}>
          {button}
        </button>
        {settings ? (
          <button type="button" class="secondary" onClick={() => act({ kind: 'mend', what: 'settings' })}>
            {t('Open settings')}
          </button>
        ) : null}
      </div>
    </div>
  );
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
