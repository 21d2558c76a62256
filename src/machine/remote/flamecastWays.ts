/**
 * How a Flamecast server and the hosts that it names are reached. Source: the Flamecast protocol, §3 and §5.
 *
 * Y1 A secret goes to the server's own origin, and no redirect is followed.
 * Y2 A host that the server names is of the same machine, and, but for loopback, encrypted: else nobody connects to it.
 */
import type { Clock } from '../../base/clock.ts';
import type { Connect } from '../../base/duplex.ts';
import { Failure } from '../../base/failure.ts';
import { parseJson } from '../../base/json.ts';
import { excerpt, type Log } from '../../base/log.ts';
import { connectEvents, type StreamedEvent } from '../webEvents.ts';
import { farSocketFailure, originOf, sameOrigin } from '../webOrigin.ts';
import type { SocketWays } from '../webProxy.ts';
import { type WebQuestion, webRequest } from '../webRequest.ts';
import { connectWebSocket, textOnly, UpgradeRefused } from '../websocket.ts';

export interface FlamecastWaysParts {
  /** Above `/api`, or with it. */
  readonly url: string;
  readonly fingerprint?: string;
  /** Undefined: it lets us in without. */
  secret(): Promise<string | undefined>;
  readonly ways?: SocketWays;
  readonly clock: Clock;
  readonly log: Log;
}

export interface FlamecastQuestion extends Pick<WebQuestion, 'method'> {
  /** Below `/api`. */
  readonly path: string;
  readonly json?: object;
  /** Milliseconds. */
  readonly timeout?: number;
}

/** Bytes of one answer: the past of a long session. */
const LONGEST = 64 * 1024 * 1024;

export class FlamecastWays {
  readonly #parts: FlamecastWaysParts;

  constructor(parts: FlamecastWaysParts) {
    this.#parts = parts;
  }

  /** @throws Failure `refused`, `lost`; the reason of the signal */
  async request(
    { method, path, json, timeout }: FlamecastQuestion,
    signal: AbortSignal,
  ): Promise<{ readonly status: number; readonly json: unknown }> {
    const more = { ...(json === undefined ? {} : { json }), ...(timeout === undefined ? {} : { patience: timeout }) };
    const question = { url: this.#below(path), method, longest: LONGEST, ...more, ...(await this.#way()) };
    const { status, text } = await webRequest(question, signal);
    // 403 of a file is about that file alone.
    if (status === 401 || (status === 403 && !/\/(?:files|fs)\b/u.test(path))) throw notLetIn(status);
    if (status >= 300 && status < 400) throw ledAway(status);
    return { status, json: this.#parsed(text) };
  }

  /** Undefined: it may not be connected to, which the log tells. */
  socket(named: string): Connect<string> | undefined {
    const { url, clock, log } = this.#parts;
    const at = URL.parse(named);
    if (at === null || !/^wss?:$/u.test(at.protocol) || !isNear(at, new URL(url))) {
      log.warn(`The server names a socket that is not connected to: ${excerpt(named)}`);
      return undefined;
    }
    return async (signal) => {
      const { headers, ...way } = await this.#way();
      try {
        const address = { url: at.href, ...way, ...(sameOrigin(at.href, url) ? { headers } : {}) };
        return textOnly(await connectWebSocket(address, clock, signal));
      } catch (failure) {
        signal.throwIfAborted();
        throw farSocketFailure(failure, 'server');
      }
    };
  }

  /** What the server says of a session, after its event with this number; 0: from the start. */
  stream(session: string, after: number): Connect<StreamedEvent, never> {
    return async (signal) => {
      const at = { url: this.#below(`/agents/${encodeURIComponent(session)}/stream`), ...(await this.#way()) };
      return await connectEvents({ ...at, ...(after === 0 ? {} : { after: `${after}` }) }, this.#parts.clock, signal);
    };
  }

  #below(path: string): string {
    return `${this.#parts.url.replace(/\/(?:api\/?)?$/u, '')}/api${path}`;
  }

  async #way(): Promise<Required<Pick<WebQuestion, 'headers'>> & Pick<WebQuestion, 'fingerprint' | 'ways'>> {
    const { secret, fingerprint, ways } = this.#parts;
    const token = await secret();
    return {
      ...(ways === undefined ? {} : { ways }),
      ...(fingerprint === undefined ? {} : { fingerprint }),
      headers: token === undefined || token === '' ? {} : { authorization: `Bearer ${token}` },
    };
  }

  #parsed(text: string): unknown {
    const value = parseJson(text);
    if (value === undefined) this.#parts.log.warn(`The server answered what is no JSON: ${excerpt(text)}`);
    return value;
  }
}

/** On the server's machine, without a user in its address, and by no way that others can read. */
const isNear = (at: URL, own: URL): boolean =>
  originOf(at.href) !== undefined &&
  at.hostname === own.hostname &&
  (at.protocol === 'wss:' || /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/u.test(at.hostname));

const notLetIn = (status: number): Failure =>
  new Failure(
    'refused',
    `The server does not let us in (${status}).`,
    'Connect again, and enter a token that it takes.',
    { cause: new UpgradeRefused(status) },
  );

const ledAway = (status: number): Failure =>
  new Failure(
    'refused',
    `The server leads to another address (${status}), which is not followed.`,
    'Look at the address in the setting.',
  );
