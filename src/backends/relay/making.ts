import type { Clock } from '../../base/clock.ts';
import { Failure } from '../../base/failure.ts';
import { isFields, isText } from '../../model/fold/read.ts';
import { AGENT } from '../../protocol/acp/methods.ts';
import { QUERY } from '../../protocol/relay/names.ts';
import { Ids, RelayLine, refusal } from './line.ts';
import type { ConnectRelay } from './socket.ts';

/** Milliseconds: a server that lost what was to become of a session says nothing at all (the relay protocol, §6, 7). */
const PATIENCE = 60_000;

/**
 * A new session, by the relay's name for it. On a connection of its own, which is left as soon as it is there: it is
 * followed on another one, as after a cut. What is made twice would be one too many, so that nothing is tried again.
 * @throws Failure `silent`, `unknown`, or why it was not made
 */
export const makeSession = async (
  parts: { readonly connect: ConnectRelay; readonly clock: Clock; readonly client: string },
  params: object,
  signal: AbortSignal,
): Promise<string> => {
  const { connect, clock, client } = parts;
  const line = new RelayLine(
    await connect({ [QUERY.client]: client, [QUERY.session]: '', [QUERY.lastSeq]: '0' }, signal),
    new Ids(client),
  );
  const over = line.listen(() => undefined);
  const late = new AbortController();
  const timer = clock.after(PATIENCE, () => late.abort(unmade()));
  const either = AbortSignal.any([signal, late.signal]);
  try {
    await line.introduce(either).answer;
    const answer = await line.request(AGENT.newSession, params, either);
    const session = isFields(answer) ? answer['sessionId'] : undefined;
    if (!isText(session) || session === '') throw unmade();
    return session;
  } catch (failure) {
    throw refusal(failure);
  } finally {
    timer.dispose();
    line.end();
    await over;
  }
};

const unmade = (): Failure =>
  new Failure(
    'silent',
    'The relay did not say what became of the new session.',
    'Look at the list before you try again.',
  );
