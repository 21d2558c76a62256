import type { Clock } from '../base/clock.ts';
import type { Duplex } from '../base/duplex.ts';
import { Failure } from '../base/failure.ts';
import { CLOSE } from '../protocol/relay/names.ts';
import { connectWebSocket, SocketClosed, UpgradeRefused } from './websocket.ts';

interface RelayLink {
  readonly messages: Duplex<string>;
  readonly closed: Promise<Failure>;
  end(): void;
}

/** Connects to a relay with what the query says; what goes wrong is told in words, `refused` or `lost`. */
export const relaySocket =
  (address: { readonly url: string; token(): Promise<string> }, clock: Clock) =>
  async (query: Readonly<Record<string, string>>, signal: AbortSignal): Promise<RelayLink> => {
    const url = new URL(address.url);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    try {
      const socket = await connectWebSocket({ url: url.href, token: await address.token() }, clock, signal);
      return { messages: socket.messages, closed: socket.closed.then(inWords), end: () => socket.end() };
    } catch (failure) {
      signal.throwIfAborted();
      throw inWords(failure instanceof Failure ? failure : new Failure('lost', String(failure)));
    }
  };

const inWords = (failure: Failure): Failure => {
  if (failure instanceof UpgradeRefused) return refused(failure.status);
  if (failure instanceof SocketClosed && failure.number === CLOSE.revoked)
    return new Failure('refused', 'The relay has revoked this device.', 'Connect again, and pair it anew.');
  if (failure instanceof SocketClosed && failure.number === CLOSE.stops)
    return new Failure('lost', 'The relay is stopping.', 'It is tried again.');
  return failure.code === 'refused'
    ? failure
    : new Failure('lost', failure.message, 'It is tried again.', { cause: failure });
};

const refused = (status: number): Failure => {
  switch (status) {
    case 401:
      return new Failure('refused', 'The relay does not take the token.', 'Connect again, and pair this device anew.');
    case 403:
      return new Failure(
        'refused',
        'The relay refuses this address.',
        'Its host has to allow the name and the port that it is reached by.',
      );
    case 404:
      return new Failure('refused', 'There is no relay at this address.', 'It ends in /acp; look at the setting.');
    case 409:
    case 429:
    case 503:
      return new Failure('lost', `The relay has no room right now (${status}).`, 'It is tried again.');
    default:
      return status >= 300 && status < 500
        ? new Failure('refused', `The relay answered ${status}.`, 'Look at the address in the setting.')
        : new Failure('lost', `The relay answered ${status}.`, 'It is tried again.');
  }
};
