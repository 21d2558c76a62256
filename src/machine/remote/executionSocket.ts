import type { Clock } from '../../base/clock.ts';
import type { Connect } from '../../base/duplex.ts';
import { farSocketFailure } from '../webOrigin.ts';
import { connectWebSocket, type SocketAddress, textOnly } from '../websocket.ts';

export interface ExecutionAddress extends Pick<SocketAddress, 'url' | 'fingerprint' | 'ways'> {
  /** Undefined or empty: there is none, and the host says whether it wants one. */
  token(): Promise<string | undefined>;
}

/** The way to a host; what goes wrong is told in words, `refused` or `lost`. */
export const executionSocket =
  ({ token, ...address }: ExecutionAddress, clock: Clock): Connect<string> =>
  async (signal) => {
    const secret = await token();
    const headers = secret === undefined || secret === '' ? {} : { authorization: `Bearer ${secret}` };
    try {
      const link = textOnly(await connectWebSocket({ ...address, headers }, clock, signal));
      return { ...link, closed: link.closed.then((failure) => farSocketFailure(failure, 'environment')) };
    } catch (failure) {
      signal.throwIfAborted();
      throw farSocketFailure(failure, 'environment');
    }
  };
