import type { Session } from '../src/model/session.ts';
import { stateOf } from '../src/model/summary.ts';
import { useChat } from './chat.ts';
import { stateText } from './words.ts';

/** How the session is, as screen readers are told of it when it changes. */
export const StateWord = ({ session }: { readonly session: Session }) => {
  const { t } = useChat();
  return (
    <span
      class={`state-word ${stateOf(session).toLowerCase().replaceAll(' ', '-')}`}
      role="status"
      aria-label={t('Session state')}
    >
      {stateText(session, t)}
    </span>
  );
};
