/**
 * One small JSON-RPC 2.0 peer over lines.
 *
 * P1 Frames are handled synchronously and in the order of the stream, responses included: what a response settles
 *    stands between what came before it and what comes after it.
 * P2 What is not a message is counted, reported and never answered: an agent that logs its input would answer our
 *    answer for ever.
 * P3 A request is answered exactly once, whatever its handler does.
 * P4 When the stream is gone everything that waits fails with the same `Failure`; nothing waits for ever, and nothing
 *    is given up because of time.
 * P5 Our own lines, said back to us, are neither answered nor believed.
 */
import type { Duplex } from './duplex.ts';
import { Failure, PeerError, sentence } from './failure.ts';
import { excerpt } from './log.ts';
import { EchoWatch } from './rpcEcho.ts';
import { readFrame, type Garbage, type RpcId, type WireLine } from './rpcFrame.ts';
import { LineWriter } from './rpcWriter.ts';
import type { WireTap } from './wireTap.ts';

/** What JSON-RPC itself and the `$/` layer name; `busy` is the first of the errors that it leaves to servers. */
export const RPC = {
  invalidParams: -32602,
  methodNotFound: -32601,
  internal: -32603,
  busy: -32000,
  cancelled: -32800,
} as const;

const CANCEL = '$/cancel_request';
/** Above this many unanswered requests of the other side the next ones are refused. */
const MAX_INCOMING = 1024;

/** `raw` is the line that the message came on. What it throws, or rejects with, is the answer. */
export type RequestHandler = (params: unknown, call: IncomingCall, raw: string) => unknown;
export type NotificationHandler = (params: unknown, raw: string) => void;

export interface IncomingCall {
  readonly id: RpcId;
  /** Aborted when the other side takes its request back (it has been answered then), or when the connection ends. */
  readonly signal: AbortSignal;
}

export type Settled =
  | { readonly ok: true; readonly result: unknown }
  /** A `PeerError` is the other side's answer; a `Failure` says that there will be none. */
  | { readonly ok: false; readonly failure: PeerError | Failure };

export type Trouble = Garbage | 'unexpected response' | 'echo' | 'failed handler';

export interface RpcParts {
  readonly duplex: Duplex<WireLine, string>;
  readonly requests: ReadonlyMap<string, RequestHandler>;
  readonly notifications: ReadonlyMap<string, NotificationHandler>;
  /** After the last frame of a batch: what the batch gathered can go on in one piece. */
  readonly onFlush: () => void;
  readonly onTrouble: (kind: Trouble, what: string) => void;
  /** Puts the end of the stream into words; what waits fails with it. */
  readonly ending: (cause: unknown) => Failure | Promise<Failure>;
  /** After everything that waited was told; what it gathers is flushed with that. */
  readonly onEnded?: (failure: Failure) => void;
  /** How a handler's own failure is answered; without it, -32603 and its sentence. */
  readonly errorOf?: (failure: Failure) => PeerError;
  /** What we write reaches nobody any more, whether the other side still speaks or not. */
  readonly onUnheard?: (failure: Failure) => void;
  readonly tap?: WireTap;
}

interface Outgoing {
  readonly method: string;
  readonly settle: (settled: Settled) => void;
}

interface Incoming extends IncomingCall {
  readonly controller: AbortController;
  answered: boolean;
}

export class RpcPeer {
  readonly #parts: RpcParts;
  readonly #writer: LineWriter;
  readonly #reader: ReadableStreamDefaultReader<readonly WireLine[]>;
  readonly #open = new Map<RpcId, Outgoing>();
  readonly #echo = new EchoWatch();
  readonly #incoming = new Map<RpcId, Incoming>();
  readonly #troubles = new Map<Trouble, number>();
  #nextId = 0;
  #dispatching = false;
  #ended: Failure | undefined;
  /** Settles when the stream is gone and all that waited was told. */
  readonly closed: Promise<Failure>;

  constructor(parts: RpcParts) {
    this.#parts = parts;
    this.#reader = parts.duplex.readable.getReader();
    this.#writer = new LineWriter(parts.duplex.writable, {
      overflow: (failure) => this.end(failure),
      broken: (failure) => parts.onUnheard?.(failure),
    });
    this.closed = this.#run();
  }

  /** True while a batch is being handled: what happens now is flushed at its end. */
  get dispatching(): boolean {
    return this.#dispatching;
  }

  get ended(): Failure | undefined {
    return this.#ended;
  }

  /** Why a request would be refused now, or undefined. */
  refusal(): Failure | undefined {
    return this.#ended ?? this.#writer.refusal();
  }

  /** How often each kind of trouble has been seen. */
  troubles(kind: Trouble): number {
    return this.#troubles.get(kind) ?? 0;
  }

  /**
   * Sends a request; `settle` is called exactly once, synchronously and in stream order (P1).
   * Returns what takes the request back: it says so to the other side and settles at once.
   */
  call(method: string, params: unknown, settle: (settled: Settled) => void): () => void {
    const refused = this.refusal();
    if (refused !== undefined) {
      settle({ ok: false, failure: refused });
      return () => undefined;
    }
    const id = this.#nextId++;
    this.#open.set(id, { method, settle });
    this.#send({ jsonrpc: '2.0', id, method, params });
    return () => {
      if (!this.#open.delete(id)) return;
      this.notify(CANCEL, { requestId: id });
      settle({ ok: false, failure: new Failure('cancelled', `${method} was taken back before it was answered.`) });
    };
  }

  /** Rejects with a `PeerError` (answered with an error), a `Failure` (no answer will come) or the signal's reason. */
  request(method: string, params: unknown, signal: AbortSignal): Promise<unknown> {
    return new Promise((resolve, reject) => {
      signal.throwIfAborted();
      let settledAlready = false;
      const takeBack = this.call(method, params, (settled) => {
        settledAlready = true;
        signal.removeEventListener('abort', takeBackOnAbort);
        if (settled.ok) resolve(settled.result);
        else reject(signal.aborted ? signal.reason : settled.failure);
      });
      function takeBackOnAbort(): void {
        takeBack();
      }
      if (!settledAlready) signal.addEventListener('abort', takeBackOnAbort, { once: true });
    });
  }

  notify(method: string, params: unknown): void {
    if (this.#ended === undefined) this.#send({ jsonrpc: '2.0', method, params });
  }

  /** Ends it from our side: everything that waits fails with `failure`. */
  end(failure: Failure): void {
    this.#finish(failure);
    this.#reader.cancel(failure).catch(() => undefined);
    this.#writer.close();
  }

  async #run(): Promise<Failure> {
    let cause: unknown;
    try {
      for (;;) {
        const { done, value } = await this.#reader.read();
        if (done) break;
        this.#dispatch(value);
      }
    } catch (failure) {
      cause = failure;
    }
    if (this.#ended !== undefined) return this.#ended;
    const failure = await this.#parts.ending(cause ?? this.#writer.refusal());
    this.#finish(failure);
    this.#writer.close();
    return this.#ended ?? failure;
  }

  #dispatch(batch: readonly WireLine[]): void {
    this.#dispatching = true;
    try {
      for (const line of batch) {
        try {
          this.#take(line);
        } catch (failure) {
          // Ours to mend, and no reason to lose the rest of the stream.
          this.#trouble('failed handler', sentence(failure));
        }
      }
      this.#parts.onFlush();
    } catch (failure) {
      this.#trouble('failed handler', sentence(failure));
    } finally {
      this.#dispatching = false;
    }
  }

  #take(line: WireLine): void {
    if (this.#parts.tap?.on === true) this.#parts.tap.heard(line);
    const frame = readFrame(line);
    switch (frame.kind) {
      case 'notification':
        if (frame.method === CANCEL) this.#takeBack(frame.params);
        else this.#parts.notifications.get(frame.method)?.(frame.params, frame.raw);
        return;
      case 'request':
        this.#serve(frame.id, frame.method, frame.params, frame.raw);
        return;
      case 'response': {
        if (this.#echo.isEchoOfAnswer(frame.raw)) {
          this.#trouble('echo', frame.raw);
          return;
        }
        const open = this.#open.get(frame.id);
        if (open === undefined) {
          this.#trouble('unexpected response', `id ${String(frame.id)}`);
          return;
        }
        this.#open.delete(frame.id);
        open.settle('error' in frame ? { ok: false, failure: frame.error } : { ok: true, result: frame.result });
        return;
      }
      case 'blank':
        return;
      case 'garbage':
        this.#trouble(frame.what, frame.excerpt);
    }
  }

  #serve(id: RpcId, method: string, params: unknown, raw: string): void {
    if (this.#echo.isEchoOfRequest(method, this.#open.get(id)?.method)) {
      this.#trouble('echo', raw);
      return;
    }
    const controller = new AbortController();
    const call: Incoming = { id, controller, signal: controller.signal, answered: false };
    const handler = this.#parts.requests.get(method);
    if (handler === undefined) {
      this.#answer(
        call,
        undefined,
        new PeerError(RPC.methodNotFound, `Method not found: ${excerpt(method, 100)}`, { method }),
      );
      return;
    }
    if (this.#incoming.size >= MAX_INCOMING) {
      this.#answer(call, undefined, new PeerError(RPC.busy, `More than ${MAX_INCOMING} requests are open.`));
      return;
    }
    this.#incoming.set(id, call);
    try {
      const answer = handler(params, call, raw);
      if (!(answer instanceof Promise)) {
        this.#answer(call, answer);
        return;
      }
      answer.then(
        (result) => this.#answer(call, result),
        (failure) => this.#answer(call, undefined, this.#errorOf(failure)),
      );
    } catch (failure) {
      this.#answer(call, undefined, this.#errorOf(failure));
    }
  }

  #answer(call: Incoming, result: unknown, error?: PeerError): void {
    if (call.answered) return;
    call.answered = true;
    if (this.#incoming.get(call.id) === call) this.#incoming.delete(call.id);
    if (this.#ended !== undefined) return;
    const line = JSON.stringify(
      error === undefined
        ? { jsonrpc: '2.0', id: call.id, result: result ?? null }
        : { jsonrpc: '2.0', id: call.id, error: { code: error.code, message: error.message, data: error.data } },
    );
    this.#echo.note(line);
    this.#write(line);
  }

  #takeBack(params: unknown): void {
    const id = typeof params === 'object' && params !== null && 'requestId' in params ? params.requestId : undefined;
    const call = typeof id === 'string' || typeof id === 'number' ? this.#incoming.get(id) : undefined;
    if (call === undefined) return;
    this.#answer(call, undefined, new PeerError(RPC.cancelled, 'Request cancelled'));
    call.controller.abort(new Failure('cancelled', 'The other side took its request back.'));
  }

  #errorOf(failure: unknown): PeerError {
    if (failure instanceof PeerError) return failure;
    if (failure instanceof Failure && this.#parts.errorOf !== undefined) return this.#parts.errorOf(failure);
    return new PeerError(RPC.internal, sentence(failure));
  }

  #send(message: object): void {
    this.#write(JSON.stringify(message));
  }

  #write(line: string): void {
    if (this.#parts.tap?.on === true) this.#parts.tap.said(line);
    this.#writer.write(line);
  }

  #finish(failure: Failure): void {
    if (this.#ended !== undefined) return;
    this.#ended = failure;
    const waiting = [...this.#open.values()];
    this.#open.clear();
    this.#dispatching = true;
    for (const { settle } of waiting) settle({ ok: false, failure });
    this.#parts.onEnded?.(failure);
    this.#dispatching = false;
    for (const call of this.#incoming.values()) {
      call.answered = true;
      call.controller.abort(failure);
    }
    this.#incoming.clear();
    this.#parts.onFlush();
  }

  #trouble(kind: Trouble, what: string): void {
    this.#troubles.set(kind, this.troubles(kind) + 1);
    this.#parts.onTrouble(kind, excerpt(what));
  }
}
