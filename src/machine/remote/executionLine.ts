import { within, type Clock } from '../../base/clock.ts';
import type { Link } from '../../base/duplex.ts';
import { Failure, sentence } from '../../base/failure.ts';
import { excerpt, type Log } from '../../base/log.ts';
import { Pending } from '../../base/pending.ts';
import type {
  BashPayload,
  ExecutionRequest,
  HostHello,
  ProcessPayload,
  SessionPayload,
  Tool,
} from '../../protocol/environment/messages.ts';
import { VERSION } from '../../protocol/environment/messages.ts';
import { isError, readAnswer, readHello, requestOf, type ResultOf } from '../../protocol/environment/result.ts';
import type { ExecutionWire } from '../../protocol/environment/wire.ts';
import { executionFailure } from './executionWords.ts';

/** Milliseconds for an answer: no host says by itself that there will be none (§5, 2). */
const ANSWER = 30_000;
/** Under way at once, with a host that answers each request by its id (§11). */
const MOST = 8;
/** Waiting for their turn: what asks for more than this is broken. */
const LONGEST = 1000;

export interface PayloadOf {
  readonly bash: BashPayload;
  readonly process: ProcessPayload;
  readonly session: SessionPayload;
}

export interface LineParts {
  readonly wire: ExecutionWire;
  readonly clock: Clock;
  readonly log: Log;
  /** What a person calls the environment. */
  readonly name: string;
}

interface AskOptions {
  readonly envID: string;
  /** Of all but the requests of the session itself. */
  readonly sessionID?: string;
  /** Milliseconds. */
  readonly timeout?: number;
}

/**
 * One connection to a host: requests, and their answers.
 *
 * L1 A host that said hello answers by the id of the request. Of any other nothing is known, and known ones answer some
 *    failures under a new id: it is asked one thing at a time, so that such an answer can be of that alone.
 * L2 What is no answer to anything is told in the log, and ends nothing.
 */
export class ExecutionLine {
  readonly #parts: LineParts;
  readonly #link: Link<string>;
  readonly #writer: WritableStreamDefaultWriter<readonly string[]>;
  readonly #pending: Pending<string, unknown>;
  readonly #hello = Promise.withResolvers<HostHello>();
  readonly #turns: PromiseWithResolvers<void>[] = [];
  #said: HostHello | undefined;
  #busy = 0;

  constructor(link: Link<string>, parts: LineParts) {
    this.#parts = parts;
    this.#link = link;
    this.#writer = link.messages.writable.getWriter();
    this.#writer.closed.catch(() => undefined);
    this.#pending = new Pending({ clock: parts.clock, most: MOST, timeout: ANSWER });
    void this.#read();
    void link.closed.then((why) => {
      this.#pending.end(why.code === 'refused' ? why : new Failure('lost', why.message, why.next));
      for (const { resolve } of this.#turns.splice(0)) resolve();
    });
  }

  /** What the host said of itself. */
  get hello(): HostHello | undefined {
    return this.#said;
  }

  /** Resolves with the first word of the host, or with nothing when it says none for so many milliseconds. */
  async introduced(milliseconds: number): Promise<HostHello | undefined> {
    await within(this.#parts.clock, milliseconds, Promise.race([this.#hello.promise, this.#link.closed]));
    return this.#said;
  }

  /**
   * @throws Failure with a code of the protocol; `lost`, the connection ended before there was an answer; `unanswered`;
   *   `session_required`, before anything was sent; `busy`
   */
  async ask<T extends Tool>(
    tool: T,
    payload: PayloadOf[T],
    { envID, sessionID, timeout }: AskOptions,
    signal: AbortSignal,
  ): Promise<ResultOf[T]> {
    const action = 'action' in payload ? payload.action : 'execute';
    if (tool !== 'session' && sessionID === undefined)
      throw executionFailure({ code: 'session_required', message: '' }, this.#parts.name);
    await this.#turn(signal);
    try {
      const requestID = this.#parts.clock.id();
      const request = { version: VERSION, requestID, envID, tool, action, payload };
      const answer = this.#pending.add(requestID, timeout === undefined ? {} : { timeout }, signal);
      this.#send(sessionID === undefined ? request : { ...request, sessionID });
      const read = readAnswer(await answer, tool, action);
      if (read.ok) return read.result;
      if (read.error.code === 'remote_execution_error') this.#parts.log.warn(excerpt(read.error.message));
      // Of what runs in a session that is ours already, it says that too much is under way (§11).
      if (tool !== 'session' && read.error.code === 'session_busy') throw tooMuch(this.#parts.name);
      throw executionFailure(read.error, this.#parts.name);
    } finally {
      this.#busy -= 1;
      this.#turns.shift()?.resolve();
    }
  }

  #send(request: object): void {
    // What it is made of was typed where it was asked; put together, no type can say so any more.
    const text = this.#parts.wire.write(request as ExecutionRequest);
    // That nothing can be written any more is told by the end of the connection.
    this.#writer.write([text]).catch(() => undefined);
  }

  async #turn(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    while (this.#busy >= (this.#said === undefined ? 1 : MOST)) {
      if (this.#turns.length >= LONGEST) throw tooMuch(this.#parts.name);
      const turn = Promise.withResolvers<void>();
      this.#turns.push(turn);
      const leave = (): void => turn.resolve();
      signal.addEventListener('abort', leave, { once: true });
      await turn.promise;
      signal.removeEventListener('abort', leave);
      const at = this.#turns.indexOf(turn);
      if (at >= 0) this.#turns.splice(at, 1);
      // It was given to one who does not want it any more.
      else if (signal.aborted) this.#turns.shift()?.resolve();
      signal.throwIfAborted();
    }
    this.#busy += 1;
  }

  async #read(): Promise<void> {
    const reader = this.#link.messages.readable.getReader();
    try {
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return;
        for (const text of value) this.#hear(text);
      }
    } catch (failure) {
      this.#parts.log.debug(`A connection could not be read any more: ${sentence(failure)}`);
    }
  }

  #hear(text: string): void {
    const carried = this.#parts.wire.read(text);
    if (carried.kind === 'hello') this.#meet(carried.payload);
    else if (carried.kind === 'response') this.#settle(carried.payload, text);
    else if (carried.kind === 'error') this.#parts.log.warn(`The host could not read something: ${excerpt(text)}`);
    else if (carried.kind === 'garbage') this.#parts.log.warn(`Not of this protocol: ${excerpt(carried.why)}`);
    else this.#parts.log.debug(`Of nobody’s concern: ${excerpt(text)}`);
  }

  #meet(payload: unknown): void {
    const hello = readHello(payload);
    if (hello === undefined) return this.#parts.log.warn('The host did not say who it is.');
    this.#said ??= hello;
    this.#hello.resolve(hello);
  }

  #settle(payload: unknown, text: string): void {
    const id = requestOf(payload);
    if (id !== undefined && this.#pending.settle(id, payload)) return;
    const only = isError(payload) ? this.#pending.only() : undefined;
    if (only !== undefined) {
      this.#parts.log.info(
        `An error under an id of nobody’s is taken for the answer to all that is asked: ${excerpt(text)}`,
      );
      this.#pending.settle(only, payload);
    } else this.#parts.log.info(`An answer to nothing that is asked: ${excerpt(text)}`);
  }
}

const tooMuch = (name: string): Failure =>
  new Failure('busy', `${name} is asked too much at once.`, 'Wait until some of it is done.');
