/** A server of terminals: where it is, and what it is asked by plain HTTP. Source: the terminal stream protocol, §2 and §7. */
import type { Clock } from '../../base/clock.ts';
import type { Link } from '../../base/duplex.ts';
import { Failure } from '../../base/failure.ts';
import { excerpt, type Log } from '../../base/log.ts';
import type { ListedStream, NewStream, StreamInput } from '../../protocol/terminal/messages.ts';
import { readMade, readPairing, readStreams } from '../../protocol/terminal/read.ts';
import { farSocketFailure } from '../webOrigin.ts';
import type { SocketWays } from '../webProxy.ts';
import { type WebAnswer, type WebQuestion, webRequest } from '../webRequest.ts';
import { connectWebSocket, type SocketMessage, UpgradeRefused } from '../websocket.ts';

export interface StreamServerParts {
  /** Above `/sessions`. */
  readonly url: string;
  readonly fingerprint?: string;
  /** Undefined: it may let us in without. */
  secret(): Promise<string | undefined>;
  readonly ways: SocketWays;
  readonly clock: Clock;
  readonly log: Log;
}

export class StreamServer {
  readonly #parts: StreamServerParts;

  constructor(parts: StreamServerParts) {
    this.#parts = parts;
  }

  /** @throws Failure `refused`, `lost`; as all below */
  async list(signal: AbortSignal): Promise<readonly ListedStream[]> {
    const { text } = await this.#ask('GET', SESSIONS, signal);
    return readStreams(text) ?? this.#strange('its sessions', text);
  }

  async make(wanted: NewStream, signal: AbortSignal): Promise<Pick<ListedStream, 'id' | 'name'>> {
    const { text } = await this.#ask('POST', SESSIONS, signal, wanted);
    return readMade(text) ?? this.#strange('the new session', text);
  }

  /** What runs in it ends, and what it said is gone. */
  async remove(id: string, signal: AbortSignal): Promise<void> {
    await this.#ask('DELETE', pathOf(id), signal);
  }

  async type(id: string, input: StreamInput, signal: AbortSignal): Promise<void> {
    await this.#ask('POST', `${pathOf(id)}/input`, signal, input);
  }

  /** Trades a code that it shows for what it knows us by. Undefined: it does no such thing. */
  async pair(code: string, signal: AbortSignal): Promise<string | undefined> {
    const { status, text } = await this.#request('POST', '/pair', signal, { pairingToken: code });
    if (NO_PAIRING.has(status) && new URL(this.#parts.url).pathname !== '/') return undefined;
    const paired = status < 300 ? readPairing(text) : undefined;
    if (paired !== undefined) return paired.token;
    throw new Failure(
      'refused',
      'The terminal server did not take the code.',
      'Have it show a new one: each works once.',
      { cause: new UpgradeRefused(status) },
    );
  }

  /** The output of a session, as it comes. @throws the same; Failure `gone`, there is no such session */
  async stream(id: string, signal: AbortSignal): Promise<Link<SocketMessage>> {
    const { clock } = this.#parts;
    const url = this.#urlOf(`${pathOf(id)}/stream`).replace(/^http/u, 'ws');
    try {
      const link = await connectWebSocket({ ...(await this.#way()), url }, clock, signal);
      const closed = link.closed.then((failure) => farSocketFailure(failure, 'terminal'));
      return { messages: link.messages, closed, end: () => link.end() };
    } catch (failure) {
      signal.throwIfAborted();
      throw failure instanceof UpgradeRefused ? refusal(failure.status, true) : farSocketFailure(failure, 'terminal');
    }
  }

  async #ask(method: WebQuestion['method'], path: string, signal: AbortSignal, json?: object): Promise<WebAnswer> {
    const answer = await this.#request(method, path, signal, json);
    if (answer.status >= 200 && answer.status < 300) return answer;
    this.#parts.log.info(`${method} ${path} was answered with ${answer.status}: ${excerpt(answer.text)}`);
    throw refusal(answer.status, path !== SESSIONS);
  }

  async #request(method: WebQuestion['method'], path: string, signal: AbortSignal, json?: object): Promise<WebAnswer> {
    const question = { ...(await this.#way()), url: this.#urlOf(path), method };
    return await webRequest(json === undefined ? question : { ...question, json }, signal);
  }

  async #way(): Promise<Pick<WebQuestion, 'headers' | 'fingerprint' | 'ways'>> {
    const { secret, fingerprint, ways } = this.#parts;
    const token = await secret();
    return {
      ways,
      ...(fingerprint === undefined ? {} : { fingerprint }),
      ...(token === undefined || token === '' ? {} : { headers: { authorization: `Bearer ${token}` } }),
    };
  }

  #urlOf(path: string): string {
    const base = new URL(this.#parts.url);
    return `${base.origin}${base.pathname.replace(/\/+$/u, '')}${path}`;
  }

  #strange(what: string, text: string): never {
    this.#parts.log.info(`No list of sessions, and no session: ${excerpt(text)}`);
    throw new Failure(
      'refused',
      `What answered is no terminal server: it was asked for ${what}.`,
      'Look at the address in the setting: it is the one above /sessions.',
    );
  }
}

/** A host of ours pairs at the top of its address, and lets nobody in below it who is not paired. */
const NO_PAIRING = new Set([401, 404, 405]);

const SESSIONS = '/sessions';

const pathOf = (id: string): string => `${SESSIONS}/${encodeURIComponent(id)}`;

const ANEW = 'Connect again, and pair this device or enter a token that it takes.';

const refusal = (status: number, ofSession: boolean): Failure => {
  const cause = new UpgradeRefused(status);
  switch (status) {
    case 401:
      return new Failure('refused', 'The terminal server does not take the token.', ANEW, { cause });
    case 403:
      return new Failure(
        'refused',
        'The terminal server does not let us in.',
        `${ANEW} A host of Wheelhouse has to allow the name and the port that it is reached by, as well.`,
        { cause },
      );
    default:
      return ofSession && (status === 404 || status === 410)
        ? new Failure('gone', 'There is no such session any more.', 'Look at those that are there.', { cause })
        : farSocketFailure(cause, 'terminal');
  }
};
