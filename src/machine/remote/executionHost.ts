/**
 * A host that runs commands, for as long as a person wants it. Source: the remote execution protocol.
 *
 * H1 Nothing is opened there before something is to run: opening may ask somebody who sits there.
 * H2 A session is that of this device and outlives a connection; it is asked whether it is alive after each cut, and
 *    every four minutes, since a host ends one after ten in which nothing was said.
 * H3 A command is sent once. Where its answer was lost nobody knows whether it was begun, and that is what is said.
 * H4 A host that was started again knows no process of before: all that ran is told so, whatever its ids.
 */
import { abortable } from '../../base/abortable.ts';
import type { Clock } from '../../base/clock.ts';
import type { Disposable } from '../../base/disposable.ts';
import type { Connect, Link } from '../../base/duplex.ts';
import { Emitter, type Event } from '../../base/event.ts';
import { Failure, sentence } from '../../base/failure.ts';
import type { Log } from '../../base/log.ts';
import { type LinkState, Reconnecting } from '../../base/reconnecting.ts';
import type { BashPayload, HostHello, ProcessPayload, SessionMetadata } from '../../protocol/environment/messages.ts';
import type { ResultOf } from '../../protocol/environment/result.ts';
import type { ExecutionWire } from '../../protocol/environment/wire.ts';
import { ExecutionLine, type PayloadOf } from './executionLine.ts';
import { executionFailure, isSessionLost, isToolUnknown } from './executionWords.ts';

/** Milliseconds. Ours greets before anything else; known others never do, and those that are named need not. */
const HELLO = { named: 250, unnamed: 2000 } as const;
const HEARTBEAT = 4 * 60_000;
/** A person there has two minutes to allow it. */
const OPENING = 130_000;
const CLOSING = 2000;
/** A connection that is not greeted in thirty seconds is given up. */
const REVIVING = 8000;

export interface HostParts {
  readonly connect: Connect<string>;
  readonly wire: ExecutionWire;
  readonly clock: Clock;
  readonly log: Log;
  /** What a person calls it. */
  readonly name: string;
  /** Absent: the one that the host says it is. */
  readonly envID?: string;
  /** What somebody there is asked about. */
  readonly label: string;
}

export class ExecutionHost implements AsyncDisposable {
  readonly #parts: HostParts;
  readonly #home: Reconnecting<string>;
  readonly #changed: Emitter<void>;
  readonly #lost: Emitter<Failure>;
  #line: ExecutionLine | undefined;
  #hostSession: string | undefined;
  #session: string | undefined;
  #opening: Promise<string> | undefined;
  #beat: Disposable | undefined;

  /** Connects from now on. */
  constructor(parts: HostParts) {
    this.#parts = parts;
    const untold = (failure: unknown): void => parts.log.error(`Not told: ${sentence(failure)}`);
    this.#changed = new Emitter(untold);
    this.#lost = new Emitter(untold);
    this.#home = new Reconnecting<string>({
      connect: parts.connect,
      clock: parts.clock,
      log: parts.log,
      name: parts.name,
      greet: (link, signal) => this.#greet(link, signal),
      changed: () => this.#changed.fire(),
    });
  }

  /** The state, or something that is told of it, is another one. */
  get onChanged(): Event<void> {
    return this.#changed.event;
  }

  /** What ran there is gone, and why. */
  get onLost(): Event<Failure> {
    return this.#lost.event;
  }

  get name(): string {
    return this.#parts.name;
  }

  get clock(): Clock {
    return this.#parts.clock;
  }

  get log(): Log {
    return this.#parts.log;
  }

  get state(): LinkState {
    return this.#home.state;
  }

  get trouble(): Failure | undefined {
    return this.#home.trouble;
  }

  /** What it said of itself; most hosts of others say nothing. */
  get hello(): HostHello | undefined {
    return this.#line?.hello;
  }

  get hasSession(): boolean {
    return this.#session !== undefined;
  }

  /** Somebody there may have to allow it first. */
  get isOpening(): boolean {
    return this.#opening !== undefined;
  }

  /** Aborted when it is left. */
  get signal(): AbortSignal {
    return this.#home.signal;
  }

  reach(signal: AbortSignal): Promise<void> {
    return this.#home.reach(signal);
  }

  retry(): void {
    this.#home.retry();
  }

  /** Resolves when there is a connection, whenever that is. @throws the signal's reason, or `ended` */
  async connected(signal: AbortSignal): Promise<void> {
    while (this.#home.link === undefined) {
      const changed = Promise.withResolvers<void>();
      const listening = this.onChanged(() => changed.resolve());
      await abortable(changed.promise, AbortSignal.any([signal, this.signal])).finally(() => listening.dispose());
    }
  }

  /**
   * Runs a command, in a session that is opened for it where there is none. Never with a time that is longer than that of
   * an answer: what takes longer goes to the background.
   * @throws Failure `session_busy`, `session_refused`, any other code of the protocol; `lost`, `unanswered`
   */
  async bash(payload: BashPayload, signal: AbortSignal): Promise<ResultOf['bash']> {
    try {
      return await this.#inSession('bash', payload, await this.#open(signal), signal);
    } catch (failure) {
      // It was not begun: the session had ended, and we were not told.
      if (!isSessionLost(failure)) throw failure;
      return await this.#inSession('bash', payload, await this.#open(signal), signal);
    }
  }

  /** @throws the same; `session_invalid` where nothing can run, since no session is open */
  async process(payload: ProcessPayload, signal: AbortSignal): Promise<ResultOf['process']> {
    const session = this.#session;
    if (session === undefined) throw executionFailure({ code: 'session_invalid', message: '' }, this.name);
    return await this.#inSession('process', payload, session, signal);
  }

  /** Resolves when a session is open. @throws Failure `session_busy`, `session_refused` */
  async open(signal: AbortSignal): Promise<void> {
    await this.#open(signal);
  }

  /**
   * Ends the session there, unless something runs in it that another window of ours has started. Never rejects, and waits
   * four seconds at the most.
   */
  async close(): Promise<void> {
    const sessionID = this.#session;
    if (sessionID === undefined || sessionID === NO_SESSION || this.#home.link === undefined) return;
    const { signal } = new AbortController();
    const list = { action: 'list' } as const;
    const listed = await this.#ask('process', list, { sessionID, timeout: CLOSING }, signal).catch(() => undefined);
    this.#forget();
    if (listed?.metadata.processes?.some(({ status }) => status === 'running') !== false) return;
    await this.#ask('session', { action: 'close', sessionID }, { timeout: CLOSING }, signal).catch((failure: unknown) =>
      this.#parts.log.debug(`A session was not closed: ${sentence(failure)}`),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#beat?.dispose();
    await this.#home[Symbol.asyncDispose]();
    this.#lose(new Failure('ended', 'The environment is disconnected.'));
    this.#changed.dispose();
    this.#lost.dispose();
  }

  async #greet(link: Link<string>, signal: AbortSignal): Promise<void> {
    const { wire, clock, log, name } = this.#parts;
    const line = new ExecutionLine(link, { wire, clock, log, name });
    const hello = await line.introduced(this.#parts.envID === undefined ? HELLO.unnamed : HELLO.named);
    signal.throwIfAborted();
    this.#check(hello);
    this.#line = line;
    if (hello !== undefined) this.#note(hello.hostSessionID);
    if (this.#session !== undefined && this.#session !== NO_SESSION) await this.#revive(this.#session, signal);
  }

  #check(hello: HostHello | undefined): void {
    const { envID, name } = this.#parts;
    if (hello !== undefined && envID !== undefined && hello.envID !== envID)
      throw new Failure(
        'refused',
        `This is the environment ${hello.envID}, and the setting says ${envID}.`,
        'Take “envID” out of the setting, or put the address there that belongs to it.',
      );
    if (hello === undefined && envID === undefined)
      throw new Failure(
        'refused',
        `${name} does not say which environment it is.`,
        'Put the id that it shows into the setting, as “envID”; it begins with “env_”.',
      );
  }

  /** Whether what was open is open still. Known hosts do not answer a heartbeat that fails (§5, 2): one that lists does. */
  async #revive(sessionID: string, signal: AbortSignal): Promise<void> {
    try {
      await this.#heartbeat(sessionID, signal, REVIVING);
    } catch (failure) {
      if (isCode(failure, 'lost') || signal.aborted) throw failure;
      if (!isCode(failure, 'unanswered')) return this.#expire(failure);
      const list = { action: 'list' } as const;
      await this.#ask('process', list, { sessionID, timeout: REVIVING }, signal).catch((why: unknown) => {
        if (isCode(why, 'lost')) throw why;
        this.#expire(why);
      });
    }
  }

  #open(signal: AbortSignal): Promise<string> {
    if (this.#session !== undefined) return Promise.resolve(this.#session);
    this.#opening ??= this.#openAnew().finally(() => {
      this.#opening = undefined;
      this.#changed.fire();
    });
    this.#changed.fire();
    return abortable(this.#opening, signal);
  }

  async #openAnew(): Promise<string> {
    const { name, label } = this.#parts;
    const timeout = this.hello === undefined ? {} : { timeout: OPENING };
    const asked = this.#ask('session', { action: 'open', label }, timeout, this.signal);
    const { metadata } = await asked.catch((failure: unknown) => {
      if (!isToolUnknown(failure)) throw failure;
      return { metadata: { status: 'opened', sessionID: NO_SESSION } as const };
    });
    if (metadata.status === 'opened' && metadata.sessionID !== undefined) {
      this.#session = metadata.sessionID;
      if (metadata.sessionID !== NO_SESSION) this.#beatAgain();
      return metadata.sessionID;
    }
    // The id of a session that somebody else holds comes along with some refusals: it is not ours, and never used.
    throw executionFailure({ code: CODE_OF[metadata.status] ?? 'session_refused', message: metadata.status }, name);
  }

  #beatAgain(): void {
    this.#beat?.dispose();
    this.#beat = this.#parts.clock.after(HEARTBEAT, () => {
      const session = this.#session;
      if (session === undefined) return;
      this.#beatAgain();
      // Without a connection it is asked with the next one.
      if (this.#home.link === undefined) return;
      this.#heartbeat(session, this.signal).catch((failure: unknown) => {
        if (!isCode(failure, 'lost') && !isCode(failure, 'unanswered') && !this.signal.aborted) this.#expire(failure);
      });
    });
  }

  async #heartbeat(sessionID: string, signal: AbortSignal, timeout?: number): Promise<void> {
    const options = timeout === undefined ? {} : { timeout };
    const { metadata } = await this.#ask('session', { action: 'heartbeat', sessionID }, options, signal);
    if (metadata.status !== 'alive') throw executionFailure({ code: 'session_invalid', message: '' }, this.name);
  }

  async #inSession<T extends 'bash' | 'process'>(
    tool: T,
    payload: PayloadOf[T],
    sessionID: string,
    signal: AbortSignal,
  ): Promise<ResultOf[T]> {
    try {
      return await this.#ask(tool, payload, { sessionID }, signal);
    } catch (failure) {
      if (isSessionLost(failure) && this.#session === sessionID) this.#expire(failure);
      throw failure;
    }
  }

  async #ask<T extends keyof PayloadOf>(
    tool: T,
    payload: PayloadOf[T],
    options: { readonly sessionID?: string; readonly timeout?: number },
    signal: AbortSignal,
  ): Promise<ResultOf[T]> {
    const envID = this.#parts.envID ?? this.hello?.envID;
    if (this.#line === undefined || envID === undefined)
      throw this.trouble ?? new Failure('lost', `${this.name} is not connected.`, 'Connect it, then try again.');
    const result = await this.#line.ask(tool, payload, { envID, ...options }, signal);
    this.#note(result.metadata.hostSessionID);
    return result;
  }

  /** Which run of the host this is. */
  #note(hostSession: string | undefined): void {
    if (hostSession === undefined || hostSession === this.#hostSession) return;
    const before = this.#hostSession;
    this.#hostSession = hostSession;
    if (before !== undefined) this.#expire(executionFailure({ code: 'stale_process_handle', message: '' }, this.name));
  }

  #expire(failure: unknown): void {
    this.#forget();
    this.#lose(failure instanceof Failure ? failure : new Failure('session_invalid', sentence(failure)));
  }

  #forget(): void {
    this.#session = undefined;
    this.#beat?.dispose();
  }

  #lose(failure: Failure): void {
    this.#lost.fire(failure);
    this.#changed.fire();
  }
}

/** For a host of before, which has no sessions and passes over the key: ours never leave it out. */
const NO_SESSION = 'none';

const CODE_OF: Partial<Record<SessionMetadata['status'], 'session_busy' | 'session_refused'>> = {
  busy: 'session_busy',
  refused: 'session_refused',
};

const isCode = (failure: unknown, code: string): boolean => failure instanceof Failure && failure.code === code;
