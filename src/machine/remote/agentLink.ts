import type { Clock } from '../../base/clock.ts';
import type { Connect } from '../../base/duplex.ts';
import { farSocketFailure } from '../webOrigin.ts';
import type { SocketWays } from '../webProxy.ts';
import { connectWebSocket, textOnly } from '../websocket.ts';

/** Bytes of the longest message that is taken at all: one end of a connection for all that comes after it is enough. */
export const LONGEST = 32 * 1024 * 1024;

export interface AgentAddress {
  /** `wss:`, `ws:`, `https:` or `http:`. */
  readonly url: string;
  readonly fingerprint?: string;
  /** Of its requests, nothing secret. */
  readonly headers: Readonly<Record<string, string>>;
  /** The header that the secret goes in; absent: `Authorization`. */
  readonly secretHeader?: string;
  /** Never rejects. */
  secret(): Promise<string | undefined>;
  readonly ways?: SocketWays;
}

/** Connects to an agent, over a WebSocket or streamable HTTP. What goes wrong is told in words, `refused` or `lost`. */
export const agentLink =
  (address: AgentAddress, clock: Clock): Connect<string> =>
  async (signal) => {
    const { url, fingerprint, ways } = address;
    const headers = await headersOf(address);
    const to = {
      url,
      headers,
      ...(fingerprint === undefined ? {} : { fingerprint }),
      ...(ways === undefined ? {} : { ways }),
    };
    try {
      if (url.startsWith('http')) return (await import('./agentHttp.ts')).httpLink(to, signal);
      const link = textOnly(await connectWebSocket({ ...to, longest: LONGEST }, clock, signal));
      const closed = link.closed.then((failure) => farSocketFailure(failure, 'agent'));
      return { messages: link.messages, closed, end: () => link.end() };
    } catch (failure) {
      signal.throwIfAborted();
      throw farSocketFailure(failure, 'agent');
    }
  };

const headersOf = async ({
  headers,
  secretHeader,
  secret,
}: AgentAddress): Promise<Readonly<Record<string, string>>> => {
  const known = await secret();
  if (known === undefined) return headers;
  const name = (secretHeader ?? 'authorization').toLowerCase();
  const others = Object.entries(headers).filter(([other]) => other.toLowerCase() !== name);
  return { ...Object.fromEntries(others), [name]: secretHeader === undefined ? `Bearer ${known}` : known };
};
