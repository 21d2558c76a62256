/** How a session stands, as a result tells it. Source: the relay protocol, §9, "result `_meta`". */
import type { Session } from '../model/session.ts';
import { META } from '../protocol/relay/names.ts';
import type { Replay } from './feed.ts';
import type { Hub } from './hub.ts';
import { configOptionsOf, modesOf } from './options.ts';

export const stateOf = (
  hub: Hub,
  known: Session,
  { reset, complete }: Pick<Replay, 'reset' | 'complete'> = { reset: false, complete: false },
): object => {
  const session = hub.latest(known);
  const feed = hub.feed(session);
  return {
    hostId: feed.hostId,
    headSeq: feed.head,
    oldestSeq: feed.oldest,
    reset,
    complete,
    busy: session.turn.state === 'running',
    pendingPermissionIds: feed.requests(session).map(({ id }) => id),
    promptCapabilities: promptCapabilitiesOf(session),
  };
};

/** Of session/new, load and resume. A plain client has no use for the rest. */
export const sessionResult = (session: Session, state: object | undefined): object => {
  const { options } = session;
  const modes = modesOf(options);
  return {
    ...(modes === undefined ? {} : { modes }),
    ...(options.length === 0 ? {} : { configOptions: configOptionsOf(options) }),
    ...(state === undefined ? {} : { _meta: { [META.relay]: state } }),
  };
};

export const promptCapabilitiesOf = (session: Session | undefined): object => {
  const { image = false, embeddedContext = false } = session?.agent ?? {};
  return { image, audio: false, embeddedContext };
};
