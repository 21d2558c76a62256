import type { ComponentChildren } from 'preact';
import type { SessionKey } from '../src/model/session.ts';
import { Announcer } from './announcer.tsx';
import { useChat } from './chat.ts';
import { Icon } from './icons.tsx';
import { Late, useLate } from './late.ts';
import { Questions } from './question.tsx';
import { Transcript } from './transcript.tsx';
import { Trouble } from './trouble.tsx';

interface ConversationProps {
  readonly session: SessionKey;
  /** Where the next words are written. */
  readonly children: ComponentChildren;
}

/** One session from its first words to the next ones. */
export const Conversation = ({ session, children }: ConversationProps) => {
  const { store } = useChat();
  return (
    <>
      {/* What was drawn of another numbering may bear the same ids. */}
      <Transcript key={`${session} ${store.session.value?.at.epoch ?? ''}`} session={session} />
      <Since />
      <Questions />
      <Trouble />
      <Queued />
      <Wheel />
      {children}
      <Announcer />
    </>
  );
};

/** What is wrong with the window as a whole. The box is there before the words, or nobody would hear them. */
export const Banner = () => {
  const trouble = useChat().store.setup.value?.trouble;
  return (
    <div class="banner" role="status">
      {trouble === undefined ? null : (
        <>
          <Icon name="warning" />
          <span>{trouble}</span>
        </>
      )}
    </div>
  );
};

const queueList = new Late(() => import('./queue.tsx'));

const Queued = () => {
  const { value: session } = useChat().store.session;
  const part = useLate(queueList, session !== undefined && session.queue.length > 0);
  return session === undefined || part === undefined ? null : <part.Queue key={session.key} session={session} />;
};

const wheel = new Late(() => import('./wheel.tsx'));

const Wheel = () => {
  const { value: session } = useChat().store.session;
  const part = useLate(wheel, session?.control.lease === true);
  return session?.control.lease !== true || part === undefined ? null : <part.WheelBar session={session} />;
};

const sinceCard = new Late(() => import('./since.tsx'));

const Since = () => {
  const { value: since } = useChat().store.since;
  const part = useLate(sinceCard, since !== undefined);
  return since === undefined || part === undefined ? null : <part.SinceCard since={since} />;
};
