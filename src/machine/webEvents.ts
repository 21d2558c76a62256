/**
 * A server's stream of events over HTTP, `text/event-stream`, by the same trust and the same way as our sockets.
 *
 * V1 No redirect is followed; an event that is too long ends it before it is held.
 * V2 One that has said a comment says so again and again: without anything it is dead then, whatever the system believes.
 *    Of one that says none the system looks whether it is there.
 */
import { type IncomingMessage, request as plainRequest } from 'node:http';
import { request as secureRequest } from 'node:https';
import type { Clock } from '../base/clock.ts';
import type { Disposable } from '../base/disposable.ts';
import type { Link } from '../base/duplex.ts';
import { Failure } from '../base/failure.ts';
import { proxyAgent, type SocketWays } from './webProxy.ts';
import { checkHeaders, trustOptions, whenTrusted, wordsOf } from './webTrust.ts';

/** Milliseconds until the answer begins, and without one byte of one that says comments: the usual is one in 15 to 30 s. */
const ANSWER = 10_000;
const DEAD = 75_000;
/** Milliseconds of silence after which the system looks. */
const KEEP_ALIVE = 30_000;
/** UTF-16 units of one event. */
const LONGEST = 16 * 1024 * 1024;

export interface EventStreamAddress {
  /** `https:` or `http:`. */
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** SHA-256 of the certificate that alone is believed. */
  readonly fingerprint?: string;
  /** The id of the last event that is known. */
  readonly after?: string;
  readonly ways?: SocketWays;
}

export interface StreamedEvent {
  /** `message` where nothing is said. */
  readonly event: string;
  readonly id: string;
  readonly data: string;
}

/** @throws CertificateRefused; Failure `refused`, the server does not let us in; Failure `lost`; the signal's reason */
export const connectEvents = async (
  address: EventStreamAddress,
  clock: Clock,
  signal: AbortSignal,
): Promise<Link<StreamedEvent, never>> => {
  signal.throwIfAborted();
  const ending = new AbortController();
  const slow = clock.after(ANSWER, () => ending.abort(lost('there was no answer')));
  try {
    const response = await answerTo(address, AbortSignal.any([signal, ending.signal]));
    if (response.statusCode !== 200) {
      response.destroy();
      throw refusal(response.statusCode ?? 0);
    }
    return new EventStream(response, ending, clock).link;
  } catch (failure) {
    signal.throwIfAborted();
    // The request says only that it was ended.
    ending.signal.throwIfAborted();
    if (failure instanceof Failure) throw failure;
    throw lost(wordsOf(failure));
  } finally {
    slow.dispose();
  }
};

const answerTo = (
  { url, headers = {}, fingerprint, after, ways }: EventStreamAddress,
  signal: AbortSignal,
): Promise<IncomingMessage> => {
  const parsed = URL.parse(url);
  if (parsed === null || !/^https?:$/u.test(parsed.protocol))
    throw new Failure('refused', 'This is no address of a server.', 'It begins with https://.');
  checkHeaders(headers);
  const send = parsed.protocol === 'https:' ? secureRequest : plainRequest;
  const request = send(parsed, {
    headers: {
      accept: 'text/event-stream',
      'cache-control': 'no-store',
      ...headers,
      ...(after === undefined ? {} : { 'last-event-id': after }),
    },
    agent: proxyAgent(parsed, ways, signal) ?? false,
    signal,
    ...trustOptions(fingerprint, parsed),
  });
  request.setSocketKeepAlive(true, KEEP_ALIVE);
  return new Promise((resolve, reject) => {
    request.on('error', reject).once('response', resolve);
    whenTrusted(request, { url: parsed, fingerprint }, () => request.end());
  });
};

const refusal = (status: number): Failure =>
  status >= 300 && status < 500 && status !== 408 && status !== 429
    ? new Failure(
        'refused',
        `The server answered ${status} instead of streaming.`,
        'Look at its address and the token.',
      )
    : lost(`the server answered ${status}`);

const TOO_LONG = 'an event was too long';

const lost = (why: string): Failure => new Failure('lost', `The stream was lost: ${why}.`, 'It is tried again.');

class EventStream {
  readonly link: Link<StreamedEvent, never>;
  readonly #clock: Clock;
  readonly #ending: AbortController;
  readonly #closed = Promise.withResolvers<Failure>();
  /** From its first comment on. */
  #beat: Disposable | undefined;
  #isFirst = true;
  #rest = '';
  #event = { event: '', data: [] as string[], length: 0 };
  #id = '';

  constructor(response: IncomingMessage, ending: AbortController, clock: Clock) {
    this.#clock = clock;
    this.#ending = ending;
    response.setEncoding('utf8');
    const chunks = response[Symbol.asyncIterator]();
    this.link = {
      messages: {
        readable: new ReadableStream<readonly StreamedEvent[]>({
          pull: (controller) => this.#pull(chunks, controller),
          cancel: () => this.#end(lost('it was ended here')),
        }),
        writable: new WritableStream<readonly never[]>(),
      },
      closed: this.#closed.promise,
      end: () => this.#end(lost('it was ended here')),
    };
  }

  async #pull(
    chunks: AsyncIterator<unknown>,
    controller: ReadableStreamDefaultController<readonly StreamedEvent[]>,
  ): Promise<void> {
    try {
      for (;;) {
        const { value, done } = await chunks.next();
        if (done === true) {
          this.#end(lost('the server ended it'));
          return controller.close();
        }
        if (this.#beat !== undefined) this.#watch();
        const events = this.#take(String(value));
        if (events.length > 0) return controller.enqueue(events);
      }
    } catch (failure) {
      this.#end(failure instanceof Failure ? failure : lost(wordsOf(failure)));
      controller.close();
    }
  }

  #take(text: string): readonly StreamedEvent[] {
    const whole = this.#isFirst ? text.replace(/^\uFEFF/u, '') : text;
    this.#isFirst = false;
    const lines = `${this.#rest}${whole}`.split(/\r\n|\n|\r(?!$)/u);
    this.#rest = lines.pop() ?? '';
    if (this.#rest.length > LONGEST) throw lost(TOO_LONG);
    return lines.flatMap((line) => this.#line(line));
  }

  #line(line: string): readonly StreamedEvent[] {
    if (line === '') return this.#dispatch();
    const colon = line.indexOf(':');
    const [name, said] = colon < 0 ? [line, ''] : [line.slice(0, colon), line.slice(colon + 1)];
    const value = said.startsWith(' ') ? said.slice(1) : said;
    if (name === '') this.#watch();
    else if (name === 'event') this.#event.event = value;
    else if (name === 'data') this.#add(value);
    else if (name === 'id' && !value.includes('\0')) this.#id = value;
    return [];
  }

  #add(value: string): void {
    this.#event.data.push(value);
    this.#event.length += value.length;
    if (this.#event.length > LONGEST) throw lost(TOO_LONG);
  }

  #dispatch(): readonly StreamedEvent[] {
    const { event, data } = this.#event;
    this.#event = { event: '', data: [], length: 0 };
    if (data.length === 0) return [];
    return [{ event: event === '' ? 'message' : event, id: this.#id, data: data.join('\n') }];
  }

  #watch(): void {
    this.#beat?.dispose();
    this.#beat = this.#clock.after(DEAD, () => this.#end(lost(`nothing came for ${DEAD / 1000} s`)));
  }

  #end(why: Failure): void {
    this.#beat?.dispose();
    this.#closed.resolve(why);
    this.#ending.abort(why);
  }
}
