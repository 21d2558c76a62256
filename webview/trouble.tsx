import type { Session } from '../src/model/session.ts';
import type { Setup } from '../src/protocol/view/messages.ts';
import { useChat } from './chat.ts';
import { folderOf } from './folder.ts';
import { Late, useLate } from './late.ts';

const card = new Late(() => import('./troubleCard.tsx'));

/** What keeps a session from going on, above the composer, with what can be done about it. */
export const Trouble = () => {
  const { store } = useChat();
  const { value: session } = store.session;
  const wanted = session !== undefined && mayBeInTrouble(session, store.setup.value);
  const part = useLate(card, wanted);
  return wanted && part !== undefined ? <part.TroubleCard session={session} /> : null;
};

/** The card itself knows better; it is only loaded where there may be one. */
const mayBeInTrouble = ({ link, cwd, machine }: Session, setup: Setup | undefined): boolean =>
  setup?.trusted === false ||
  link.state === 'failed' ||
  link.state === 'disconnected' ||
  link.silent !== undefined ||
  link.again !== undefined ||
  (machine === undefined && setup?.folders !== undefined && folderOf(setup.folders, cwd) === undefined);
