import type { Clock } from '../base/clock.ts';
import type { Link } from '../base/duplex.ts';
import { farSocketFailure } from './webOrigin.ts';
import type { SocketWays } from './webProxy.ts';
import { connectWebSocket, textOnly } from './websocket.ts';

export interface RelayAddress {
  readonly url: string;
  readonly fingerprint?: string;
  readonly ways?: SocketWays;
  token(): Promise<string>;
}

/** Connects to a relay with what the query says; what goes wrong is told in words, `refused`, `lost` or `ended`. */
export const relaySocket =
  ({ token, ...relay }: RelayAddress, clock: Clock) =>
  async (query: Readonly<Record<string, string>>, signal: AbortSignal): Promise<Link<string>> => {
    const address = new URL(relay.url);
    for (const [name, value] of Object.entries(query)) address.searchParams.set(name, value);
    try {
      const headers = { authorization: `Bearer ${await token()}` };
      const link = textOnly(await connectWebSocket({ ...relay, url: address.href, headers }, clock, signal));
      return {
        messages: link.messages,
        closed: link.closed.then((failure) => farSocketFailure(failure, 'relay')),
        end: () => link.end(),
      };
    } catch (failure) {
      signal.throwIfAborted();
      throw farSocketFailure(failure, 'relay');
    }
  };
