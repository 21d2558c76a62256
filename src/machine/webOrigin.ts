/** Whose address it is, and what an end of a connection to it means. */
import { Failure } from '../base/failure.ts';
import { CLOSE } from '../protocol/relay/names.ts';
import { SocketClosed, UpgradeRefused } from './websocket.ts';

/**
 * What a secret belongs to: scheme, host and port as they are parsed, in one spelling. `ws` is `http` here and `wss` is
 * `https`, since one server has both on a port. A host with a dot at its end is another one: no other name is equal to it.
 * @returns undefined: no address of a server, or one with a user in it, which is how one host is made to look like another
 */
export const originOf = (url: string): string | undefined => {
  const parsed = URL.parse(url);
  if (parsed === null || parsed.username !== '' || parsed.password !== '' || parsed.hostname === '') return undefined;
  const scheme = SCHEMES[parsed.protocol];
  return scheme === undefined ? undefined : `${scheme}//${parsed.host}`;
};

const SCHEMES: Readonly<Record<string, string>> = {
  __proto__: null as never,
  'ws:': 'http:',
  'http:': 'http:',
  'wss:': 'https:',
  'https:': 'https:',
};

export const sameOrigin = (one: string, other: string): boolean => {
  const origin = originOf(one);
  return origin !== undefined && origin === originOf(other);
};

export type FarPart = 'relay' | 'agent' | 'environment' | 'terminal' | 'gateway' | 'server';

const NAMES: Readonly<Record<FarPart, string>> = {
  relay: 'The relay',
  agent: 'The agent’s server',
  environment: 'The host',
  terminal: 'The terminal server',
  gateway: 'The gateway',
  server: 'The server',
};

/** What to do about a secret that is not taken. */
const ANEW: Readonly<Record<FarPart, string>> = {
  relay: 'Connect again, and pair this device anew.',
  agent: 'Connect again, and enter a token that it takes.',
  environment: 'Connect again, and enter a token that it takes.',
  terminal: 'Connect again, and pair this device anew or enter a token that it takes.',
  gateway: 'Connect again, and enter a token that it takes.',
  server: 'Connect again, and enter a token that it takes.',
};

/**
 * What follows from the end of a connection, or from the attempt to make one: `refused`, somebody has to do something
 * first; `ended`, we did that; `lost`, it is tried again. In words for a person; what it was follows as the cause.
 */
export const farSocketFailure = (failure: unknown, what: FarPart): Failure => {
  const known = failure instanceof Failure && (failure.code === 'refused' || failure.code === 'ended');
  if (known) return failure;
  const { refused, message, next = AGAIN } = meaningOf(failure, what);
  return new Failure(refused === true ? 'refused' : 'lost', message, next, { cause: failure });
};

const AGAIN = 'It is tried again.';

interface Meaning {
  readonly refused?: true;
  readonly message: string;
  /** Absent: it is tried again. */
  readonly next?: string;
}

const refused = (message: string, next: string): Meaning => ({ refused: true, message, next });

const meaningOf = (failure: unknown, what: FarPart): Meaning => {
  if (failure instanceof UpgradeRefused) return statusMeaning(failure.status, what);
  if (failure instanceof SocketClosed) return closeMeaning(failure, what);
  return { message: failure instanceof Error ? failure.message : String(failure) };
};

const statusMeaning = (status: number, what: FarPart): Meaning => {
  const name = NAMES[what];
  switch (status) {
    case 401:
      return refused(`${name} does not take the token.`, ANEW[what]);
    case 403:
      return refused(
        what === 'relay' ? 'The relay refuses this address.' : `${name} does not let us in (403).`,
        `Its host has to allow the name and the port that it is reached by${what === 'relay' ? '' : ', or this device'}.`,
      );
    case 404:
    case 410:
      return what === 'relay'
        ? refused('There is no relay at this address.', 'It ends in /acp; look at the setting.')
        : refused(`${name} has nothing at this address.`, 'Look at the path of the address in the setting.');
    case 409:
    case 429:
    case 503:
      return { message: `${name} has no room right now (${status}).` };
    case 408:
    case 425:
      return { message: `${name} answered ${status}.` };
    default:
      return otherStatus(status, name);
  }
};

const otherStatus = (status: number, name: string): Meaning => {
  const look = 'Look at the address in the setting.';
  if (status >= 300 && status < 400)
    return refused(`${name} leads to another address (${status}), which is not followed.`, look);
  // A success that opens nothing is a page, and no server of ours.
  if (status < 500) return refused(`${name} answered ${status} instead of a connection.`, look);
  return { message: `${name} answered ${status}.` };
};

/** RFC 6455, §7.4.1 and the registry that goes with it; 4000 and above are those of the peer. */
const closeMeaning = ({ number, reason, message }: SocketClosed, what: FarPart): Meaning => {
  const name = NAMES[what];
  const why = reason === '' ? '' : `: ${reason}`;
  if (what === 'relay' && number === CLOSE.revoked) return refused('The relay has revoked this device.', ANEW.relay);
  switch (number) {
    case 1001:
    case 1012:
      return { message: `${name} is stopping.` };
    case 1008:
      return refused(`${name} does not let us go on${why}.`, 'Look there at why, then connect again.');
    case 1009:
      return { message: `${name} was sent a message that is too long for it.` };
    case 1011:
      return { message: `Something failed in ${name.replace('The', 'the')}${why}.` };
    case 1013:
      return { message: `${name} has no room right now.` };
    case 4401:
      return refused(`${name} does not take the token.`, ANEW[what]);
    case 4403:
      return refused(`${name} does not let us in${why}.`, 'Look there at what this device may do.');
    default:
      return { message };
  }
};
