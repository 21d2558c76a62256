import type { Clock } from '../../base/clock.ts';
import { Failure } from '../../base/failure.ts';
import { QUERY } from '../../protocol/relay/names.ts';
import { Ids, readIntro, type RelayIntro, RelayLine, refusal } from './line.ts';
import type { ConnectRelay } from './socket.ts';

/** Milliseconds: a server that lost what was to become of a request says nothing at all (the relay protocol, §6, 7). */
const PATIENCE = 60_000;

/**
 * Does one thing on a connection of its own, which is left as soon as that is done, and is of no session.
 * @throws Failure `silent`, or why it was not done
 */
export const onceOnRelay = async <T>(
  parts: { readonly connect: ConnectRelay; readonly clock: Clock; readonly client: string },
  use: (line: RelayLine, intro: RelayIntro, signal: AbortSignal) => Promise<T>,
  signal: AbortSignal,
): Promise<T> => {
  const { connect, clock, client } = parts;
  const line = new RelayLine(
    await connect({ [QUERY.client]: client, [QUERY.session]: '', [QUERY.lastSeq]: '0' }, signal),
    new Ids(client),
  );
  const over = line.listen(() => undefined);
  const late = new AbortController();
  const timer = clock.after(PATIENCE, () => late.abort(silent()));
  const either = AbortSignal.any([signal, late.signal]);
  try {
    return await use(line, readIntro(await line.introduce(either).answer), either);
  } catch (failure) {
    throw refusal(failure);
  } finally {
    timer.dispose();
    line.end();
    await over;
  }
};

const silent = (): Failure =>
  new Failure('silent', 'The relay did not answer.', 'Look at what became of it before you try again.');
