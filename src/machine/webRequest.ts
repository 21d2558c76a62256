import { type ClientRequest, type IncomingHttpHeaders, type IncomingMessage, request as plainRequest } from 'node:http';
import { request as secureRequest } from 'node:https';
import { Failure } from '../base/failure.ts';
import { proxyAgent, type SocketWays } from './webProxy.ts';
import { checkHeaders, trustOptions, whenTrusted, wordsOf } from './webTrust.ts';

/** Milliseconds from the first byte out to the last one in. */
const PATIENCE = 10_000;
/** Bytes of an answer. */
const LONGEST = 1024 * 1024;

export interface WebQuestion {
  /** `https:` or `http:`. */
  readonly url: string;
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly headers?: Readonly<Record<string, string>>;
  /** SHA-256 of the certificate that alone is believed, 64 lower-case hexadecimal digits. */
  readonly fingerprint?: string;
  /** What is sent, as JSON. */
  readonly json?: unknown;
  /** Bytes of the longest answer that is taken; 1 MiB where nothing is said. */
  readonly longest?: number;
  /** Milliseconds until all of the answer is here; 10 s where nothing is said. */
  readonly patience?: number;
  readonly ways?: SocketWays;
}

export interface WebAnswer {
  /** Every one that was given is an answer: a redirect is not followed, and an error is not thrown. */
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/**
 * One question over HTTP, by the same trust and the same way as our sockets.
 * @throws CertificateRefused; Failure `refused`, the address or a header is none; Failure `too large`; Failure `lost`; the
 *   signal's reason
 */
export const webRequest = async (question: WebQuestion, signal: AbortSignal): Promise<WebAnswer> => {
  signal.throwIfAborted();
  const { patience = PATIENCE } = question;
  const over = new AbortController();
  const slow = AbortSignal.timeout(patience);
  const either = AbortSignal.any([signal, slow, over.signal]);
  try {
    return await ask(question, either);
  } catch (failure) {
    signal.throwIfAborted();
    if (failure instanceof Failure) throw failure;
    const why = slow.aborted ? `no answer within ${patience / 1000} s` : wordsOf(failure);
    throw new Failure('lost', `${hostOf(question.url)} cannot be reached: ${why}.`, 'Look at its address.', {
      cause: failure,
    });
  } finally {
    // Else it would be kept until the time is over, and the agent's connection with it.
    over.abort();
  }
};

const ask = async (question: WebQuestion, signal: AbortSignal): Promise<WebAnswer> => {
  const { url, method, headers = {}, fingerprint, json, longest = LONGEST, ways } = question;
  const parsed = URL.parse(url);
  if (parsed === null || !/^https?:$/u.test(parsed.protocol))
    throw new Failure('refused', 'This is no address of a server.', 'It begins with https://.');
  checkHeaders(headers);
  const body = json === undefined ? undefined : Buffer.from(JSON.stringify(json));
  const about = body === undefined ? {} : { 'content-type': 'application/json', 'content-length': String(body.length) };
  const send = parsed.protocol === 'https:' ? secureRequest : plainRequest;
  const request = send(parsed, {
    method,
    headers: { ...about, ...headers },
    // Never one that others have left: whom it goes to is looked at anew.
    agent: proxyAgent(parsed, ways, signal) ?? false,
    signal,
    ...trustOptions(fingerprint, parsed),
  });
  whenTrusted(request, { url: parsed, fingerprint }, () => request.end(body));
  const response = await answerTo(request);
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    text: await read(response, longest, parsed.host),
  };
};

const answerTo = (request: ClientRequest): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    // It may break after its answer has begun: then the answer breaks as well, and says so.
    request.on('error', reject).once('response', resolve);
    request.once('upgrade', (response: IncomingMessage) => {
      response.destroy();
      reject(new Failure('lost', 'The server answered with another protocol.'));
    });
  });

const read = async (response: IncomingMessage, longest: number, host: string): Promise<string> => {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > longest) throw new Failure('too large', `What ${host} answers is longer than ${longest} bytes.`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
};

const hostOf = (url: string): string => URL.parse(url)?.host ?? 'The server';
