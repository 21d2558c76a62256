/** What is missing before a session can begin, and the button that mends it. */
import type { Setup } from '../src/protocol/view/messages.ts';
import { useChat } from './chat.ts';
import type { Lack } from './setup.tsx';

export const Missing = ({ setup, lacking }: { readonly setup: Setup; readonly lacking: Lack }) => {
  const { t } = useChat();
  switch (lacking) {
    case 'disk':
      return (
        <Card
          title={t('This folder is not on a disk')}
          text={t(
            'An agent is a program that works on files on a disk, and this folder ({0}) is none that a program could open. Open a copy of it on a disk.',
            setup.virtual ?? '',
          )}
          button={t('Open folder')}
          what="folder"
        />
      );
    case 'folder':
      return (
        <Card
          title={t('No folder is open')}
          text={t('An agent reads and changes the files of a folder. Open one to begin.')}
          button={t('Open folder')}
          what="folder"
        />
      );
    case 'trust':
      return (
        <Card
          title={t('This folder is not trusted')}
          text={t('Agents run programs. They start here once you say that you trust what is in this folder.')}
          button={t('Manage trust')}
          what="trust"
        />
      );
    case 'agent':
      return (
        <Card
          title={t('The agent cannot be started')}
          text={setup.agentMissing ?? t('No agent is set up.')}
          button={t('Set up an agent')}
          what="agent"
          settings
        />
      );
  }
};

interface Props {
  readonly title: string;
  readonly text: string;
  readonly button: string;
  readonly what: 'folder' | 'trust' | 'agent';
  readonly settings?: boolean;
}

const Card = ({ title, text, button, what, settings = false }: Props) => {
  const { act, editor, t } = useChat();
  return (
    <div class="empty">
      <h1>{title}</h1>
      <p>{text}</p>
      {editor ? (
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
      ) : null}
    </div>
  );
};
