/**
 * Sessions behind an Agentick gateway: one connection for all of them. What was said in them is kept here, since most
 * gateways keep nothing that they would tell. Source: the gateway protocol.
 *
 * B1 Its runs are turns of ours, its confirmations questions: what it says is folded into ACP's words, never into others.
 * B2 After a cut each session is subscribed to again; what was missed is told as missing, and filled where the peer has it.
 * B3 A prompt is sent once: of one whose answer was lost nobody knows, and it is not sent again by itself.
 * B4 What goes wrong with one session goes wrong with that one alone.
 */
import type { Clock } from '../base/clock.ts';
import type { Disposable } from '../base/disposable.ts';
import type { Connect, Link } from '../base/duplex.ts';
import { Emitter, type Event } from '../base/event.ts';
import { Failure, PeerError, sentence } from '../base/failure.ts';
import type { Log } from '../base/log.ts';
import { type LinkState, Reconnecting } from '../base/reconnecting.ts';
import { isFields, isText } from '../model/fold/read.ts';
import type { AgentFacts, Cursor, Owns, SessionKey } from '../model/session.ts';
import { formatKey, wholeKey } from '../protocol/gateway/keys.ts';
import { isOtherVersion } from '../protocol/gateway/read.ts';
import type { GatewayMethod } from '../protocol/gateway/schema.ts';
import type {
  Attached,
  AttachOptions,
  Backend,
  BackendCommand,
  BackendContext,
  CreateOptions,
} from '../router/ports.ts';
import { GatewayCatalog } from './gateway/catalog.ts';
import { confirmParams } from './gateway/confirmation.ts';
import { Followed } from './gateway/followed.ts';
import { type GatewayEvent, GatewayLine } from './gateway/line.ts';
import { promptParams } from './gateway/prompt.ts';
import { type GatewayApp, type GatewaySession, type GatewayTool, listTools } from './gateway/server.ts';
import { AFRESH, GOES_ON, RESET } from './gateway/words.ts';

export interface GatewayBackendParts extends Pick<BackendContext, 'emit'> {
  /** Of the settings. */
  readonly id: string;
  /** What a person calls it. */
  readonly label: string;
  readonly clock: Clock;
  readonly log: Log;
  /** What is done here is done by. */
  readonly device: string;
  readonly connect: Connect<string>;
  /** Goes into the greeting. */
  token(): Promise<string | undefined>;
}

interface Chunk {
  readonly session: string;
  readonly method: string;
  readonly chunk: unknown;
}

/** So many sessions are taken up again at the same time: each has one question under way. */
const AT_ONCE = 64;
/** Milliseconds. */
const SOON = 500;

export class GatewayBackend implements Backend {
  readonly id: string;
  readonly label: string;
  readonly machine: string;
  readonly owns: Owns = { history: 'us', queue: 'us', questions: 'them' };
  readonly #parts: GatewayBackendParts;
  readonly #connection: Reconnecting<string>;
  readonly #followed = new Map<SessionKey, Followed>();
  readonly #changed: Emitter<void>;
  readonly #chunk: Emitter<Chunk>;
  #line: GatewayLine | undefined;
  readonly #catalog = new GatewayCatalog();
  #listing: Disposable | undefined;

  constructor(parts: GatewayBackendParts) {
    this.#parts = parts;
    this.id = parts.id;
    this.label = parts.label;
    this.machine = parts.label;
    const { connect, clock, log } = parts;
    this.#changed = new Emitter((failure) => log.error(`A listener of a gateway failed: ${sentence(failure)}`));
    this.#chunk = new Emitter((failure) => log.error(`A listener of a gateway failed: ${sentence(failure)}`));
    this.#connection = new Reconnecting({
      connect,
      clock,
      log,
      name: 'A gateway',
      greet: (link, signal) => this.#greet(link, signal),
      changed: () => this.#turned(),
    });
  }

  get state(): LinkState {
    return this.#connection.state;
  }

  get trouble(): Failure | undefined {
    return this.#connection.trouble;
  }

  get apps(): readonly GatewayApp[] {
    return this.#catalog.apps;
  }

  /** What can be called there. */
  get methods(): readonly GatewayMethod[] {
    return this.#catalog.methods;
  }

  /** Of the last ping, milliseconds. */
  get latency(): number | undefined {
    return this.#line?.latency;
  }

  /** The version that it speaks, where that is one that we may not understand. */
  get otherVersion(): string | undefined {
    const version = this.#line?.version;
    return isOtherVersion(version) ? version : undefined;
  }

  /** Those that live there, as they were told last. */
  get sessions(): readonly GatewaySession[] {
    return this.#catalog.sessions;
  }

  /** The state, the apps, the sessions or the latency are others. */
  get onChanged(): Event<void> {
    return this.#changed.event;
  }

  can(method: string): boolean {
    return this.methods.some(({ name }) => name === method);
  }

  /** @throws Failure why it is not connected */
  async reach(signal: AbortSignal): Promise<void> {
    await this.#connection.reach(signal);
  }

  retry(): void {
    this.#connection.retry();
  }

  /** Any method of the gateway. @throws PeerError; Failure `offline`, `unanswered` */
  async request(method: string, params: object, signal: AbortSignal): Promise<unknown> {
    return await this.#online().request(method, params, signal);
  }

  /** The same for one that may answer bit by bit, which it does only to those that follow the session. @throws the same */
  async call(method: string, params: object, hear: (chunk: unknown) => void, signal: AbortSignal): Promise<unknown> {
    const named = isFields(params) ? params['sessionId'] : undefined;
    if (!isText(named)) return await this.request(method, params, signal);
    const id = wholeKey(named, this.#defaultApp);
    const isFollowed = this.#of(id).length > 0;
    // What is done by hand has the same consequences.
    if (method === 'close') return await this.closeThere(id, signal);
    if (method === 'reset') return await this.resetThere(id, signal);
    if (method === 'unsubscribe' && isFollowed)
      throw new Failure('unsupported', 'This session is followed here.', 'Close it in the list of sessions first.');
    const listening = this.#chunk.event((chunk) => {
      if (chunk.method === method && chunk.session === id) hear(chunk.chunk);
    });
    try {
      // To subscribe makes what is not there: of a built-in method nothing comes bit by bit.
      const isOwn = this.methods.find(({ name }) => name === method)?.builtin !== true;
      if (isOwn && !isFollowed) await this.request('subscribe', { sessionId: id }, signal);
      const answer = await this.request(method, params, signal);
      if (isOwn && !isFollowed) await this.request('unsubscribe', { sessionId: id }, signal);
      return answer;
    } finally {
      listening.dispose();
    }
  }

  /** @throws PeerError, Failure */
  async tools(session: string, signal: AbortSignal): Promise<readonly GatewayTool[]> {
    return await listTools(this.#online(), session, signal);
  }

  /** For good, for everybody. @throws PeerError, Failure */
  async closeThere(session: string, signal: AbortSignal): Promise<void> {
    await this.request('close', { sessionId: session }, signal);
    for (const followed of this.#of(session)) this.#forget(followed);
    await this.#list(signal);
  }

  /** It forgets what was said, for everybody. @throws PeerError, Failure */
  async resetThere(session: string, signal: AbortSignal): Promise<void> {
    await this.request('reset', { sessionId: session }, signal);
    for (const followed of this.#of(session)) followed.tell([...followed.transcript.reset(), RESET]);
    await this.#list(signal);
  }

  /** What it says of itself for a session that is opened. */
  factsOf(session: string): AgentFacts {
    return this.#catalog.factsOf(session);
  }

  async create(key: SessionKey, { agent, afresh }: CreateOptions, signal: AbortSignal): Promise<void> {
    await this.reach(signal);
    const app = agent ?? this.#defaultApp;
    const id = formatKey({ app, name: `wheelhouse-${this.#parts.clock.id()}` });
    await this.request('subscribe', { sessionId: id }, signal);
    const followed = this.#follow(key, id, undefined);
    followed.tell([
      { kind: 'session/opened', agentSession: id, agent: this.factsOf(id), options: [] },
      ...(afresh === true ? [AFRESH] : []),
    ]);
    await this.#list(signal);
  }

  async attach(
    key: SessionKey,
    id: string,
    { haveHistory, cursor }: AttachOptions,
    signal: AbortSignal,
  ): Promise<Attached> {
    await this.reach(signal);
    const whole = wholeKey(id, this.#defaultApp);
    if (!this.#catalog.has(whole)) await this.#list(signal);
    // To subscribe makes what is not there: a gateway that was started again would seem to know it.
    if (haveHistory && !this.#catalog.has(whole)) return { kind: 'forgotten', why: this.#gone };
    const followed = this.#follow(key, whole, cursor);
    try {
      await followed.catchUp(this.#online(), haveHistory, signal);
    } catch (failure) {
      if (this.#followed.get(key) === followed) this.#followed.delete(key);
      throw failure;
    }
    if (!haveHistory) await this.#list(signal);
    return { kind: 'attached' };
  }

  async stop(): Promise<void> {
    // Nothing of ours runs; what runs there goes on.
  }

  async perform(key: SessionKey, command: BackendCommand, signal: AbortSignal): Promise<void> {
    const followed = this.#followed.get(key);
    if (command.kind === 'close') return await this.#leave(followed, signal);
    if (followed === undefined) throw new Failure('gone', this.#gone);
    const { id: sessionId, transcript } = followed;
    switch (command.kind) {
      case 'prompt': {
        const line = this.#online();
        transcript.sent(command.turn);
        await line.request('send', { sessionId, ...promptParams(command.prompt) }, signal).catch((failure: unknown) => {
          transcript.unsent(command.turn, failure instanceof PeerError);
          throw failure;
        });
        return;
      }
      case 'cancel':
        await this.request('abort', { sessionId }, signal);
        // Those that say nothing to a greeting take this, and do nothing.
        if (this.#line?.hasGreeted === false) followed.tell([GOES_ON]);
        return;
      case 'question/answer': {
        const { question: callId, outcome } = command;
        const line = this.#online();
        transcript.answering(callId, outcome);
        const params = { sessionId, callId, ...confirmParams(outcome) };
        await line.request('tool-confirm', params, signal).catch((failure: unknown) => {
          transcript.unanswered(callId);
          throw failure;
        });
        followed.tell(transcript.answered(callId, outcome));
        return;
      }
      default:
        throw new Failure('unsupported', `${this.label} cannot do this.`);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#line?.dispose();
    this.#listing?.dispose();
    await this.#connection[Symbol.asyncDispose]();
    this.#changed.dispose();
    this.#chunk.dispose();
  }

  get #defaultApp(): string {
    return this.#catalog.defaultApp;
  }

  get #gone(): string {
    return `${this.label} does not have this session any more.`;
  }

  #online(): GatewayLine {
    if (this.#line !== undefined && this.state === 'connected') return this.#line;
    throw this.trouble ?? new Failure('offline', `${this.label} is not connected.`, 'It is tried again.');
  }

  async #greet(link: Link<string>, signal: AbortSignal): Promise<void> {
    const { clock, log, token } = this.#parts;
    const line = new GatewayLine({
      link,
      clock,
      log,
      hear: (events) => this.#hear(events),
      answered: () => void this.#list(signal).catch(() => undefined),
    });
    this.#line = line;
    await line.greet(await token(), signal);
    await this.#catalog.read(line, signal);
    const all = [...this.#followed.values()];
    for (let from = 0; from < all.length; from += AT_ONCE)
      await Promise.all(all.slice(from, from + AT_ONCE).map((followed) => this.#takeUp(line, followed, signal)));
  }

  async #takeUp(line: GatewayLine, followed: Followed, signal: AbortSignal): Promise<void> {
    if (!this.#catalog.has(followed.id)) return this.#forget(followed);
    try {
      await followed.catchUp(line, true, signal);
      followed.tell([{ kind: 'link', link: { state: 'ready' } }]);
    } catch (failure) {
      if (!(failure instanceof PeerError)) throw failure;
      const link = { state: 'failed', detail: sentence(failure) } as const;
      followed.tell([...followed.transcript.over(), { kind: 'link', link }]);
    }
  }

  #turned(): void {
    if (this.state !== 'connected') {
      this.#line?.dispose();
      this.#line = undefined;
      const { trouble } = this;
      const detail = trouble === undefined ? {} : { detail: sentence(trouble) };
      const link = { state: this.state === 'refused' ? 'disconnected' : 'reconnecting', ...detail } as const;
      for (const followed of this.#followed.values()) {
        followed.transcript.cut();
        followed.tell([{ kind: 'link', link }]);
      }
    }
    this.#changed.fire();
  }

  #hear(events: readonly GatewayEvent[]): void {
    for (const event of events) {
      const { event: name, data, session } = event;
      const id = wholeKey(session, this.#defaultApp);
      if (name === 'method:chunk' && isFields(data) && isText(data['method']))
        this.#chunk.fire({ session: id, method: data['method'], chunk: data['chunk'] });
      // For each event of each session: without a list of its own.
      for (const followed of this.#followed.values()) if (followed.id === id) followed.hear(event);
    }
  }

  #follow(key: SessionKey, id: string, cursor: Cursor | undefined): Followed {
    const { device, clock } = this.#parts;
    const emit: BackendContext['emit'] = (of, events, position) => {
      this.#parts.emit(of, events, position);
      if (events.some(({ event }) => event.kind === 'turn/ended')) this.#listSoon();
    };
    // One that leaves it out of what it describes, and asks all the same, takes it.
    const canConfirm = (): boolean => this.#line?.hasGreeted !== false || this.can('tool-confirm');
    const followed = new Followed({ key, id, cursor, device, clock, emit, canConfirm });
    this.#followed.set(key, followed);
    return followed;
  }

  #of(id: string): readonly Followed[] {
    return [...this.#followed.values()].filter((followed) => followed.id === id);
  }

  /** It is no more. */
  #forget(followed: Followed): void {
    this.#followed.delete(followed.key);
    const link = { state: 'disconnected', detail: this.#gone, forgotten: true } as const;
    followed.tell([...followed.transcript.over(), { kind: 'link', link }]);
  }

  async #leave(followed: Followed | undefined, signal: AbortSignal): Promise<void> {
    if (followed === undefined) return;
    this.#followed.delete(followed.key);
    if (this.state === 'connected') await this.request('unsubscribe', { sessionId: followed.id }, signal);
  }

  /** How many messages they have is another number; of many at once it is asked once. */
  #listSoon(): void {
    this.#listing ??= this.#parts.clock.after(SOON, () => {
      this.#listing = undefined;
      this.#list(this.#connection.signal).catch(() => undefined);
    });
  }

  async #list(signal: AbortSignal): Promise<void> {
    await this.#catalog.list(this.#online(), signal);
    this.#changed.fire();
  }
}
