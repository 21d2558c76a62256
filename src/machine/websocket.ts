/**
 * The client's end of a WebSocket: text and bytes both ways, one item a message.
 *
 * W1 No redirect is followed and nothing is compressed; a message that is too long ends it before it is held.
 * W2 Our ping goes out every 5 s; 15 s without one byte of the other side and it is dead, whatever the system believes.
 * W3 A secret is a header of the upgrade alone: it stands in no address and in no failure, and leaves this machine only
 *    when it is known whom it goes to.
 * W4 Who does not read is not sent more than waits already: the other side feels it.
 */
import type { ClientRequest, IncomingMessage } from 'node:http';
import { WebSocket } from 'ws';
import type { Clock } from '../base/clock.ts';
import type { Disposable } from '../base/disposable.ts';
import type { Duplex, Link } from '../base/duplex.ts';
import { Failure, sentence } from '../base/failure.ts';
import { proxyAgent, type SocketWays } from './webProxy.ts';
import { checkHeaders, trustOptions, whenTrusted, wordsOf } from './webTrust.ts';

/** Milliseconds. */
const PING = 5_000;
const DEAD = 15_000;
const UPGRADE = 10_000;
/** Until the other side has said its last word, or it is over without. */
const LINGER = 5_000;
/** Bytes of one message. */
const LONGEST = 16 * 1024 * 1024;

export interface SocketAddress {
  /** `ws:` or `wss:`, with its query. */
  readonly url: string;
  /** Of the upgrade; what says who we are belongs here, never in the address. */
  readonly headers?: Readonly<Record<string, string>>;
  /** SHA-256 of the certificate that alone is believed, 64 lower-case hexadecimal digits. */
  readonly fingerprint?: string;
  /** Sub-protocols, the one we like best first. */
  readonly protocols?: readonly string[];
  /** Bytes of the longest message that is taken; 16 MiB where nothing is said. */
  readonly longest?: number;
  readonly ways?: SocketWays;
}

/** What came as text is a string; what came as bytes is a view of what was received, and no copy. */
export type SocketMessage = string | Uint8Array;

/** `closed` settles with {@link SocketClosed}, a Failure `lost` or, when we ended it, `ended`. */
export interface SocketLink<In = SocketMessage> extends Link<In> {
  /** Says why we go; what was written before is sent first. */
  close(code: number, reason: string): void;
}

/** Why the other side closed a connection. */
export class SocketClosed extends Failure {
  readonly number: number;
  /** 200 characters of its words at most. */
  readonly reason: string;

  constructor(number: number, reason: string) {
    const said = reason.slice(0, 200);
    super('closed', `The connection was closed (${number}${said === '' ? '' : `: ${said}`}).`);
    this.number = number;
    this.reason = said;
  }
}

/** The answer to an upgrade that was none. */
export class UpgradeRefused extends Failure {
  readonly status: number;

  constructor(status: number) {
    super('upgrade', `The server answered ${status} instead of opening a connection.`);
    this.status = status;
  }
}

/**
 * @throws UpgradeRefused; CertificateRefused; Failure `refused`, the address or a header is none; Failure `lost`; the
 *   signal's reason
 */
export const connectWebSocket = async (
  address: SocketAddress,
  clock: Clock,
  signal: AbortSignal,
): Promise<SocketLink> => {
  signal.throwIfAborted();
  const connection = new Connection(address, clock);
  const abort = (): void => connection.end();
  signal.addEventListener('abort', abort, { once: true });
  try {
    await connection.opened;
    signal.throwIfAborted();
    return connection;
  } catch (failure) {
    connection.end();
    signal.throwIfAborted();
    throw failure;
  } finally {
    signal.removeEventListener('abort', abort);
  }
};

const NOT_TEXT = 1003;

/** The same for a wire that knows text alone: a message of bytes closes it with 1003, and nothing after it is read. */
export const textOnly = (link: SocketLink): SocketLink<string> => {
  const reader = link.messages.readable.getReader();
  let over = false;
  const readable = new ReadableStream<readonly string[]>(
    {
      pull: async (controller) => {
        const { done, value } = await reader.read();
        if (done) return over ? undefined : controller.close();
        const wrong = value.findIndex((message) => typeof message !== 'string');
        const texts = (wrong === -1 ? value : value.slice(0, wrong)).filter((message) => typeof message === 'string');
        if (texts.length > 0) controller.enqueue(texts);
        if (wrong === -1) return;
        over = true;
        link.close(NOT_TEXT, 'text only');
        controller.close();
        // Its own word of the end is among what nobody reads any more.
        for (;;) if ((await reader.read()).done) return;
      },
      cancel: (reason) => reader.cancel(reason),
    },
    // What waits is counted below, once.
    { highWaterMark: 0 },
  );
  const { writable } = link.messages;
  return {
    messages: { readable, writable },
    closed: link.closed,
    end: () => link.end(),
    close: (code, reason) => link.close(code, reason),
  };
};

class Connection implements SocketLink {
  readonly #socket: WebSocket;
  readonly #clock: Clock;
  readonly #opened = Promise.withResolvers<void>();
  readonly #closed = Promise.withResolvers<Failure>();
  /** Of what exists for the opening alone. */
  readonly #opening = new AbortController();
  readonly messages: Duplex<SocketMessage>;
  #controller: ReadableStreamDefaultController<readonly SocketMessage[]> | undefined;
  #batch: SocketMessage[] = [];
  #filled: (() => void) | undefined;
  #heard: number;
  #timer: Disposable;
  /** Why it ends, where we know better than the system. */
  #why: Failure | undefined;
  #over = false;
  /** What comes is dropped. */
  #deaf = false;
  #cancelled = false;

  constructor(address: SocketAddress, clock: Clock) {
    this.#clock = clock;
    this.#heard = clock.monotonic();
    // Nobody may be waiting for it any more.
    this.#opened.promise.catch(() => undefined);
    this.messages = { readable: this.#readable(), writable: this.#writable() };
    this.#socket = this.#start(address);
    this.#timer = clock.after(UPGRADE, () => this.#fail(unreached(`no answer within ${UPGRADE / 1000} s`)));
    this.#attend(this.#socket);
  }

  get opened(): Promise<void> {
    return this.#opened.promise;
  }

  get closed(): Promise<Failure> {
    return this.#closed.promise;
  }

  end(): void {
    this.#why ??= new Failure('ended', 'The connection was ended here.');
    this.#socket.terminate();
  }

  close(code: number, reason: string): void {
    if (this.#over) return;
    this.#why ??= new Failure('ended', `The connection was closed here (${code}: ${reason}).`);
    // Nothing is read that could be in the way of its answer.
    this.#deaf = true;
    this.#socket.resume();
    this.#socket.close(code, reason);
    this.#timer.dispose();
    this.#timer = this.#clock.after(LINGER, () => this.#socket.terminate());
  }

  #start({ url, headers = {}, fingerprint, protocols = [], longest = LONGEST, ways }: SocketAddress): WebSocket {
    const parsed = parseAddress(url, headers);
    const agent = proxyAgent(parsed, ways, this.#opening.signal);
    return new WebSocket(parsed, [...protocols], {
      ...trustOptions(fingerprint, parsed),
      // An agent that others use would take up what they said of TLS, in which there is no certificate to be looked at.
      agent: agent ?? false,
      headers,
      followRedirects: false,
      perMessageDeflate: false,
      maxPayload: longest,
      finishRequest: (request: ClientRequest) =>
        whenTrusted(request, { url: parsed, fingerprint }, () => request.end()),
    });
  }

  #attend(socket: WebSocket): void {
    let upgraded: IncomingMessage | undefined;
    socket.on('upgrade', (response) => void (upgraded = response));
    socket.on('unexpected-response', (_request, response) => {
      response.destroy();
      this.#fail(new UpgradeRefused(response.statusCode ?? 0));
    });
    socket.on('open', () => {
      // Not before: bytes that came along with the upgrade would go to us alone.
      if (upgraded !== undefined) this.#listen(upgraded);
      this.#timer.dispose();
      this.#timer = this.#clock.after(PING, () => this.#ping());
      this.#opened.resolve();
    });
    socket.on('message', (data: Buffer, isBinary) => this.#take(isBinary ? data : data.toString()));
    socket.on('error', (failure) => {
      if (failure instanceof Failure) this.#fail(failure);
      else this.#fail(upgraded === undefined ? unreached(wordsOf(failure)) : lost(wordsOf(failure)));
    });
    socket.on('close', (code, reason) => this.#finish(code, reason.toString()));
  }

  #readable(): ReadableStream<readonly SocketMessage[]> {
    return new ReadableStream<readonly SocketMessage[]>(
      {
        start: (controller) => void (this.#controller = controller),
        // Asked for once and then not again until it was too much: to be asked for each batch costs as much as the batch.
        pull: () => {
          this.#resume();
          return new Promise<void>((resolve) => (this.#filled = resolve));
        },
        cancel: () => {
          this.#deaf = true;
          this.#cancelled = true;
          this.end();
        },
      },
      { highWaterMark: 4 },
    );
  }

  #writable(): WritableStream<readonly SocketMessage[]> {
    return new WritableStream<readonly SocketMessage[]>({
      write: (messages) => this.#send(messages),
      close: () => this.#socket.close(),
      abort: () => this.end(),
    });
  }

  /** Settles when the system has them: they go in order, so that the last one tells of all. */
  #send(messages: readonly SocketMessage[]): Promise<void> {
    const last = messages.length - 1;
    return new Promise((resolve, reject) => {
      if (last < 0) resolve();
      const told = (failure?: Error | null): void => (failure ? reject(lost(sentence(failure))) : resolve());
      messages.forEach((message, at) => this.#socket.send(message, at === last ? told : undefined));
    });
  }

  /** Every byte is a sign of life, also those of a message that is still coming. */
  #listen({ socket }: IncomingMessage): void {
    socket.on('data', () => void (this.#heard = this.#clock.monotonic()));
  }

  /** In one batch what came in one piece: to wait for more costs more than it saves, since what waits outlives the young. */
  #take(message: SocketMessage): void {
    if (this.#batch.length === 0) queueMicrotask(() => this.#flush());
    this.#batch.push(message);
  }

  #flush(): void {
    const batch = this.#batch;
    this.#batch = [];
    if (this.#over || this.#deaf || batch.length === 0) return;
    this.#controller?.enqueue(batch);
    if ((this.#controller?.desiredSize ?? 1) > 0) return;
    this.#socket.pause();
    this.#filled?.();
  }

  #resume(): void {
    if (!this.#socket.isPaused) return;
    // What waited here has not kept the other side from speaking.
    this.#heard = this.#clock.monotonic();
    this.#socket.resume();
  }

  #ping(): void {
    if (this.#over) return;
    if (!this.#socket.isPaused && this.#clock.monotonic() - this.#heard >= DEAD) {
      this.#fail(lost(`nothing came for ${DEAD / 1000} s`));
      return;
    }
    this.#socket.ping();
    this.#timer = this.#clock.after(PING, () => this.#ping());
  }

  #fail(failure: Failure): void {
    this.#why ??= failure;
    this.#opened.reject(this.#why);
    this.#socket.terminate();
  }

  #finish(code: number, reason: string): void {
    this.#flush();
    this.#over = true;
    this.#timer.dispose();
    const why = this.#why ?? (code === ABNORMAL ? lost('it broke off') : new SocketClosed(code, reason));
    this.#opened.reject(why);
    this.#opening.abort();
    // What came before the end is still read.
    if (!this.#cancelled) this.#controller?.close();
    this.#closed.resolve(why);
  }
}

/** No close was said. */
const ABNORMAL = 1006;

const lost = (why: string): Failure => new Failure('lost', `The connection was lost: ${why}.`);

const unreached = (why: string): Failure => new Failure('lost', `There is no connection: ${why}.`);

const parseAddress = (url: string, headers: Readonly<Record<string, string>>): URL => {
  const parsed = URL.parse(url);
  if (parsed === null || !/^wss?:$/u.test(parsed.protocol) || parsed.hash !== '')
    throw new Failure('refused', 'This is no address of a WebSocket.', 'It begins with wss:// and has no “#” in it.');
  checkHeaders(headers);
  return parsed;
};
