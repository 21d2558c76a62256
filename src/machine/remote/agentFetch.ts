import { type ClientRequest, type IncomingMessage, request as plainRequest } from 'node:http';
import { request as secureRequest } from 'node:https';
import { Readable } from 'node:stream';
import { Failure } from '../../base/failure.ts';
import { farSocketFailure } from '../webOrigin.ts';
import { proxyAgent, type SocketWays } from '../webProxy.ts';
import { trustOptions, whenTrusted, wordsOf } from '../webTrust.ts';
import { UpgradeRefused } from '../websocket.ts';

export interface AgentFetch {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly fingerprint?: string;
  readonly ways?: SocketWays;
}

/** By which the server knows a connection that is greeted. */
const CONNECTION = 'acp-connection-id';
/** Milliseconds until the first message is answered. Of later ones a server says when it has room for them. */
const ANSWER = 30_000;
/** Milliseconds of silence after which the system asks whether the other side is there; ten seconds later it is not. */
const ALIVE = 5_000;

/**
 * The requests of one connection: to one address and no other, to whom the certificate says, and through the proxy where
 * there is one. A status that ends the connection is a failure in words, and so is the end of a stream of events, which
 * has none while there is a connection.
 */
export const agentFetch = ({ url, fingerprint, ways }: AgentFetch, ending: AbortSignal): typeof globalThis.fetch => {
  const to = new URL(url);
  const secure = to.protocol === 'https:';
  const send = (init: RequestInit, headers: Headers): Promise<IncomingMessage> =>
    new Promise((resolve, reject) => {
      const signal = init.signal ? AbortSignal.any([ending, init.signal]) : ending;
      const request: ClientRequest = (secure ? secureRequest : plainRequest)(to, {
        ...trustOptions(fingerprint, to),
        method: init.method ?? 'GET',
        headers: Object.fromEntries(headers),
        // Never a connection that others have left: whom it goes to is looked at anew.
        agent: proxyAgent(to, ways, ending) ?? false,
        signal,
      });
      const late = (): void => void request.destroy(lost(`no answer within ${ANSWER / 1000} s`));
      const silent = headers.has(CONNECTION) ? undefined : setTimeout(late, ANSWER);
      request.once('response', (response) => {
        clearTimeout(silent);
        resolve(response);
      });
      request.on('error', (failure) => {
        clearTimeout(silent);
        reject(failure instanceof Failure ? failure : lost(wordsOf(failure)));
      });
      request.once('socket', (socket) => socket.setKeepAlive(true, ALIVE));
      whenTrusted(request, { url: to, fingerprint }, () => request.end(init.body ?? undefined));
    });
  return async (_, init = {}) => {
    const headers = new Headers(init.headers);
    const response = await send(init, headers);
    const failure = endOf(response.statusCode ?? 0, headers.has(CONNECTION));
    if (failure === undefined) return answerOf(response, init.method === 'GET');
    response.destroy();
    throw failure;
  };
};

/** Undefined where it is an answer to this one request alone. */
const endOf = (status: number, isGreeted: boolean): Failure | undefined => {
  if (status >= 200 && status < 300) return undefined;
  // It knew us a moment ago: it is another one now, and not another address.
  if (isGreeted && (status === 404 || status === 410)) return lost('its server does not know it any more');
  const isFinal = status < 400 || status === 401 || status === 403;
  return !isGreeted || isFinal ? farSocketFailure(new UpgradeRefused(status), 'agent') : undefined;
};

const answerOf = (response: IncomingMessage, isStream: boolean): Response => {
  const { statusCode: status = 0, headersDistinct } = response;
  const headers = new Headers();
  for (const [name, values = []] of Object.entries(headersDistinct))
    for (const value of values) headers.append(name, value);
  if (status === 204 || status === 205) {
    response.resume();
    return new Response(null, { status, headers });
  }
  return new Response(isStream && status === 200 ? endless(response) : whole(response), { status, headers });
};

const whole = (response: IncomingMessage): ReadableStream<Uint8Array> =>
  Readable.toWeb(response) as ReadableStream<Uint8Array>;

/** Its end is the end of the connection: what comes for the session later would reach nobody. */
const endless = (response: IncomingMessage): ReadableStream<Uint8Array> => {
  const reader = whole(response).getReader();
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = await reader.read().catch(() => {
        throw lost('it broke off');
      });
      if (done) controller.error(lost('its server ended it'));
      else controller.enqueue(value);
    },
    cancel: (reason) => reader.cancel(reason),
  });
};

const lost = (why: string): Failure => new Failure('lost', `The connection was lost: ${why}.`);
