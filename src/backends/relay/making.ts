import type { Clock } from '../../base/clock.ts';
import { Failure } from '../../base/failure.ts';
import { isFields, isText } from '../../model/fold/read.ts';
import { AGENT } from '../../protocol/acp/methods.ts';
import { onceOnRelay } from './once.ts';
import type { ConnectRelay } from './socket.ts';

/**
 * A new session, by the relay's name for it. On a connection of its own: it is followed on another one, as after a cut.
 * What is made twice would be one too many, so that nothing is tried again.
 * @throws Failure `silent`, `unknown`, or why it was not made
 */
export const makeSession = async (
  parts: { readonly connect: ConnectRelay; readonly clock: Clock; readonly client: string },
  params: object,
  signal: AbortSignal,
): Promise<string> =>
  await onceOnRelay(
    parts,
    async (line, _, either) => {
      const answer = await line.request(AGENT.newSession, params, either);
      const session = isFields(answer) ? answer['sessionId'] : undefined;
      if (isText(session) && session !== '') return session;
      throw new Failure(
        'silent',
        'The relay did not say what became of the new session.',
        'Look at the list before you try again.',
      );
    },
    signal,
  );
