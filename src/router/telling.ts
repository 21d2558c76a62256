import type { SessionKey } from '../model/session.ts';
import type { SessionStore } from './store.ts';

/** Opens a session, and tells its key before anything else is told of it. Settles as `open` does. */
export const telling = (
  store: SessionStore,
  opened: (key: SessionKey) => void,
  open: () => Promise<SessionKey>,
): Promise<SessionKey> => {
  const before = new Set(store.all().map(({ key }) => key));
  const listening = store.onListed(({ sessions }) => {
    const own = sessions.find(({ key }) => !before.has(key));
    if (own === undefined) return;
    listening.dispose();
    opened(own.key);
  });
  // It is listed at once, or was refused.
  const opening = open();
  listening.dispose();
  return opening;
};
