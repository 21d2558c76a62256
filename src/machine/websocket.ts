/**
 * The client's end of a WebSocket: text both ways, one item a message.
 *
 * W1 No redirect is followed and nothing is compressed; a message that is too long ends it before it is held.
 * W2 Our ping goes out every 5 s; 15 s without one byte of the other side and it is dead, whatever the system believes.
 * W3 The token is a header of the upgrade alone: it stands in no address and in no failure.
 */
import type { IncomingMessage } from 'node:http';
import { WebSocket } from 'ws';
import type { Clock } from '../base/clock.ts';
import type { Disposable } from '../base/disposable.ts';
import type { Duplex } from '../base/duplex.ts';
import { Failure, sentence } from '../base/failure.ts';

/** Milliseconds. */
const PING = 5_000;
const DEAD = 15_000;
const UPGRADE = 10_000;
/** Bytes of one message. */
const LONGEST = 16 * 1024 * 1024;
const BINARY = 1003;

export interface SocketAddress {
  /** `ws:` or `wss:`, with its query. */
  readonly url: string;
  /** Goes along as `Authorization`, never in the address. */
  readonly token: string;
}

/** A connection. Its readable ends with it. */
export interface TextSocket {
  readonly messages: Duplex<string>;
  /** Settles when nothing of it is left: {@link SocketClosed}, or a Failure `lost`. Never rejects. */
  readonly closed: Promise<Failure>;
  /** At once, whatever is under way. */
  end(): void;
}

/** Why the other side closed a connection. */
export class SocketClosed extends Failure {
  readonly number: number;

  constructor(number: number, reason: string) {
    super('closed', `The connection was closed (${number}${reason === '' ? '' : `: ${reason.slice(0, 200)}`}).`);
    this.number = number;
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

/** @throws UpgradeRefused; Failure `lost` */
export const connectWebSocket = async (
  { url, token }: SocketAddress,
  clock: Clock,
  signal: AbortSignal,
): Promise<TextSocket> => {
  signal.throwIfAborted();
  const socket = new WebSocket(url, {
    headers: { authorization: `Bearer ${token}` },
    followRedirects: false,
    perMessageDeflate: false,
    maxPayload: LONGEST,
    handshakeTimeout: UPGRADE,
  });
  const connection = new Connection(socket, clock);
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

class Connection implements TextSocket {
  readonly #socket: WebSocket;
  readonly #clock: Clock;
  readonly #opened = Promise.withResolvers<void>();
  readonly #closed = Promise.withResolvers<Failure>();
  readonly messages: Duplex<string>;
  #controller: ReadableStreamDefaultController<readonly string[]> | undefined;
  #batch: string[] = [];
  #heard: number;
  #beat: Disposable | undefined;
  /** Why it ends, where we know better than the system. */
  #why: Failure | undefined;
  #over = false;
  #cancelled = false;

  constructor(socket: WebSocket, clock: Clock) {
    this.#socket = socket;
    this.#clock = clock;
    this.#heard = clock.monotonic();
    // Nobody may be waiting for it any more.
    this.#opened.promise.catch(() => undefined);
    this.messages = { readable: this.#readable(), writable: this.#writable() };
    let upgraded: IncomingMessage | undefined;
    socket.on('upgrade', (response) => void (upgraded = response));
    socket.on('unexpected-response', (_request, response) => {
      response.destroy();
      this.#fail(new UpgradeRefused(response.statusCode ?? 0));
    });
    socket.on('open', () => {
      // Not before: bytes that came along with the upgrade would go to us alone.
      if (upgraded !== undefined) this.#listen(upgraded);
      this.#beat = clock.after(PING, () => this.#ping());
      this.#opened.resolve();
    });
    socket.on('message', (data, isBinary) => this.#take(data, isBinary));
    socket.on('error', (failure) => this.#fail(lost(sentence(failure))));
    socket.on('close', (code, reason) => this.#finish(code, reason.toString()));
  }

  get opened(): Promise<void> {
    return this.#opened.promise;
  }

  get closed(): Promise<Failure> {
    return this.#closed.promise;
  }

  end(): void {
    this.#why ??= lost('it was ended here');
    this.#socket.terminate();
  }

  #readable(): ReadableStream<readonly string[]> {
    return new ReadableStream<readonly string[]>(
      {
        start: (controller) => void (this.#controller = controller),
        pull: () => this.#resume(),
        cancel: () => {
          this.#cancelled = true;
          this.end();
        },
      },
      { highWaterMark: 4 },
    );
  }

  #writable(): WritableStream<readonly string[]> {
    return new WritableStream<readonly string[]>({
      write: async (messages) => {
        for (const message of messages) await this.#send(message);
      },
      close: () => this.#socket.close(),
      abort: () => this.end(),
    });
  }

  #send(message: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#socket.send(message, (failure) => (failure instanceof Error ? reject(failure) : resolve()));
    });
  }

  /** Every byte is a sign of life, also those of a message that is still coming. */
  #listen({ socket }: IncomingMessage): void {
    socket.on('data', () => void (this.#heard = this.#clock.monotonic()));
  }

  #take(data: unknown, isBinary: boolean): void {
    if (isBinary) {
      this.#socket.close(BINARY, 'text only');
      return;
    }
    if (this.#batch.length === 0) queueMicrotask(() => this.#flush());
    this.#batch.push(String(data));
  }

  #flush(): void {
    const batch = this.#batch;
    this.#batch = [];
    if (this.#over || this.#cancelled || batch.length === 0) return;
    this.#controller?.enqueue(batch);
    if ((this.#controller?.desiredSize ?? 1) <= 0) this.#socket.pause();
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
    this.#beat = this.#clock.after(PING, () => this.#ping());
  }

  #fail(failure: Failure): void {
    this.#why ??= failure;
    this.#opened.reject(this.#why);
    this.#socket.terminate();
  }

  #finish(code: number, reason: string): void {
    this.#flush();
    this.#over = true;
    this.#beat?.dispose();
    const why = this.#why ?? (code === ABNORMAL ? lost('it broke off') : new SocketClosed(code, reason));
    this.#opened.reject(why);
    // What came before the end is still read.
    if (!this.#cancelled) this.#controller?.close();
    this.#closed.resolve(why);
  }
}

/** No close was said. */
const ABNORMAL = 1006;

const lost = (why: string): Failure => new Failure('lost', `The connection was lost: ${why}.`);
