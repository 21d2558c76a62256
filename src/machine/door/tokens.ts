import type { IncomingMessage } from 'node:http';
import type { Clock } from '../../base/clock.ts';
import { BEARER, SUB_PROTOCOL } from '../../protocol/relay/names.ts';
import type { Device } from '../../relay/device.ts';
import { valuesOf } from './guard.ts';
import { DOOR } from './limits.ts';
import { REFUSAL, type Refusal } from './refusal.ts';

/** What is no token is one that nobody has: several of them, and a header of another kind. */
const NONE = '';

/**
 * The token that a request shows, in its header or, where a browser cannot set one, as a sub-protocol; undefined where it
 * shows none. What stands in a query or a cookie is no token.
 */
const tokenOf = (request: IncomingMessage): string | undefined => {
  const shown = valuesOf(request, 'authorization').map(
    (value) => /^Bearer +([\w.~+/=-]+) *$/iu.exec(value)?.[1] ?? NONE,
  );
  const offered = offeredProtocols(request);
  if (offered.includes(SUB_PROTOCOL))
    shown.push(...offered.filter((each) => each.startsWith(BEARER)).map((each) => each.slice(BEARER.length)));
  return shown.length > 1 ? NONE : shown[0];
};

const offeredProtocols = (request: IncomingMessage): readonly string[] =>
  valuesOf(request, 'sec-websocket-protocol').flatMap((value) => value.split(',').map((each) => each.trim()));

/**
 * Who knocks, by the token alone. The right one always passes; wrong ones are counted over all peers, since a peer has as
 * many addresses as it likes, and loopback is no better than others.
 */
export class TokenDoor {
  readonly #find: (token: string) => Device | undefined;
  readonly #clock: Clock;
  /** When the wrong ones came that were answered as such: no more than {@link DOOR.wrongTokens}. */
  #wrong: readonly number[] = [];

  constructor(find: (token: string) => Device | undefined, clock: Clock) {
    this.#find = find;
    this.#clock = clock;
  }

  admit(request: IncomingMessage): Device | Refusal {
    const token = tokenOf(request);
    const device = token === undefined ? undefined : this.#find(token);
    if (device !== undefined) return device;
    const now = this.#clock.monotonic();
    this.#wrong = this.#wrong.filter((at) => now - at < DOOR.wrongTime);
    if (this.#wrong.length >= DOOR.wrongTokens) return REFUSAL.tokens;
    if (token !== undefined) this.#wrong = [...this.#wrong, now];
    return REFUSAL.token;
  }
}
