/** What keeps a session from going on, above the composer, with what can be done about it. */
import type { ComponentChildren } from 'preact';
import { entryAt, entryCount } from '../src/model/entry.ts';
import type { Session, SessionKey } from '../src/model/session.ts';
import { useChat } from './chat.ts';
import { AgentHelp } from './entries/notice.tsx';
import { folderOf } from './folder.ts';
import { Icon, type IconName } from './icons.tsx';
import { duration } from './words.ts';

export const TroubleCard = ({ session }: Props) => {
  const { store, editor } = useChat();
  const { link, turn, questions, machine } = session;
  const { trusted = true, folders } = store.setup.value ?? {};
  if (!trusted) return <Restricted />;
  if (link.elsewhere !== undefined) return <Elsewhere session={session} />;
  if (link.state === 'failed' || link.state === 'disconnected')
    return link.forgotten === true ? <Forgotten session={session} /> : <Lost session={session} />;
  if (link.again !== undefined) return <Again session={session} seconds={link.again} />;
  // An agent that waits for an answer has every right to be silent.
  if (link.silent !== undefined && turn.state === 'running' && questions.length === 0)
    return <Silent session={session} seconds={link.silent} />;
  const isHere = editor && machine === undefined && folders !== undefined;
  if (isHere && folderOf(folders, session.cwd) === undefined) return <Left session={session} />;
  return null;
};

const Restricted = () => {
  const { act, editor, t } = useChat();
  return (
    <Card
      icon="info"
      title={t('This folder is not trusted')}
      text={t('What was said can be read here. No agent starts before you say that you trust what is in this folder.')}
    >
      {editor ? (
        <div class="actions">
          <button type="button" onClick={() => act({ kind: 'mend', what: 'trust' })}>
            {t('Manage trust')}
          </button>
        </div>
      ) : null}
    </Card>
  );
};

const Left = ({ session: { key, cwd } }: Props) => {
  const { act, t } = useChat();
  return (
    <Card
      icon="warning"
      title={t('The folder of this session is not open in this window')}
      text={t('The agent still works in {0}. What it reads and writes there through the editor is asked of you.', cwd)}
    >
      <div class="actions">
        <button type="button" class="secondary" onClick={() => act({ kind: 'folder/add', key })}>
          {t('Add the folder')}
        </button>
      </div>
    </Card>
  );
};

interface Props {
  readonly session: Session;
}

const Lost = ({ session: { link, entries, agentSession } }: Props) => {
  const { act, editor, t } = useChat();
  const last = entryAt(entries, entryCount(entries) - 1);
  // The end of a turn is told in the transcript, and once is enough.
  const told = last?.kind === 'notice' && last.title === link.detail;
  const failed = link.state === 'failed';
  return (
    <Card
      icon={failed ? 'error' : 'warning'}
      title={failed ? t('The session failed') : t('The session is disconnected')}
      {...(link.detail === undefined || told ? {} : { text: t(link.detail) })}
    >
      <AgentHelp>
        {editor && agentSession === undefined ? (
          <button type="button" class="secondary" onClick={() => act({ kind: 'mend', what: 'settings' })}>
            {t('Open settings')}
          </button>
        ) : null}
      </AgentHelp>
    </Card>
  );
};

const Elsewhere = ({ session: { key, link } }: Props) => {
  const { act, t } = useChat();
  const left = link.elsewhere === 'left';
  return (
    <Card
      icon="info"
      title={left ? t('The other window has let go of this session') : t('This session is open in another window')}
      text={
        left ? t('It can be gone on with here.') : t('What is said there appears here. To write here, close it there.')
      }
    >
      {left ? (
        <div class="actions">
          <button type="button" onClick={() => act({ kind: 'session/take', key })}>
            {t('Take over')}
          </button>
        </div>
      ) : null}
    </Card>
  );
};

const Forgotten = ({ session: { key, agentLabel } }: Props) => {
  const { store, bridge, t } = useChat();
  const afresh = (): void => {
    bridge.command(key, { kind: 'session/afresh' }).catch((failure: unknown) => store.refuse(failure));
  };
  return (
    <Card
      icon="warning"
      title={t('The agent does not remember this session')}
      text={t('All of it can still be read here. Afresh, {0} begins without knowing anything of it.', agentLabel)}
    >
      <div class="actions">
        <button type="button" onClick={afresh}>
          {t('Continue afresh')}
        </button>
        <ShowLog session={key} />
      </div>
    </Card>
  );
};

const Again = ({ session: { key, agentLabel }, seconds }: Props & { readonly seconds: number }) => {
  const { act, t } = useChat();
  return (
    <Card
      icon="warning"
      title={t('{0} has ended again and again', agentLabel)}
      text={t('It is started again in {0}.', duration(seconds * 1_000, t))}
    >
      <div class="actions">
        <button type="button" onClick={() => act({ kind: 'agent/restart', key })}>
          {t('Restart now')}
        </button>
        <ShowLog session={key} />
      </div>
    </Card>
  );
};

const Silent = ({ session: { key, agentLabel }, seconds }: Props & { readonly seconds: number }) => {
  const { store, bridge, act, t } = useChat();
  const stop = (): void => {
    bridge.command(key, { kind: 'cancel' }).catch((failure: unknown) => store.refuse(failure));
  };
  return (
    <Card
      icon="info"
      title={t('Nothing from {0} for {1}', agentLabel, duration(seconds * 1_000, t))}
      text={t('It may be busy with something long. It is not stopped by itself.')}
    >
      <div class="actions">
        <button type="button" class="secondary" onClick={stop}>
          {t('Stop the turn')}
        </button>
        <button type="button" class="secondary" onClick={() => act({ kind: 'agent/restart', key })}>
          {t('Restart agent')}
        </button>
      </div>
    </Card>
  );
};

const ShowLog = ({ session }: { readonly session: SessionKey }) => {
  const { act, editor, t } = useChat();
  return editor ? (
    <button type="button" class="secondary" onClick={() => act({ kind: 'agent/log', key: session })}>
      {t('Show log')}
    </button>
  ) : null;
};

interface CardProps {
  readonly icon: IconName & ('info' | 'warning' | 'error');
  readonly title: string;
  readonly text?: string;
  readonly children: ComponentChildren;
}

const Card = ({ icon, title, text, children }: CardProps) => (
  <div class={`trouble notice ${icon}`}>
    <Icon name={icon} />
    <div>
      <div class="notice-title">{title}</div>
      {text === undefined ? null : <div class="notice-text">{text}</div>}
      {children}
    </div>
  </div>
);
