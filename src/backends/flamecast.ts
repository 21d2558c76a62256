/**
 * Sessions behind a Flamecast server: what is asked goes by plain requests, what happens comes by the sockets of the hosts
 * that they run on, or from the server where a socket is refused. Source: the Flamecast protocol.
 *
 * B1 What a session was told is kept here under our numbers; how far its host was heard stands beside them.
 * B2 Where the host was started again, or the way to it is another one, all is told anew from what the server kept.
 * B3 What the far side cannot do is not offered: a queue is there where its host has one.
 */
import { abortable } from '../base/abortable.ts';
import type { Clock } from '../base/clock.ts';
import type { Connect } from '../base/duplex.ts';
import { Emitter, type Event } from '../base/event.ts';
import { Failure, PeerError, sentence } from '../base/failure.ts';
import type { Log } from '../base/log.ts';
import { type LinkState, Reconnecting } from '../base/reconnecting.ts';
import type { Cursor, Owns, SessionKey } from '../model/session.ts';
import {
  type FlamecastFileChange,
  type FlamecastRuntime,
  type FlamecastSession,
  type FlamecastTemplate,
} from '../protocol/flamecast/domain.ts';
import type { FlamecastEvent } from '../protocol/flamecast/read.ts';
import type {
  Attached,
  AttachOptions,
  Backend,
  BackendCommand,
  BackendContext,
  CreateOptions,
} from '../router/ports.ts';
import { Feeds, type FeedNews, type ServerEvent } from './flamecast/feeds.ts';
import { FollowedSession, type FollowedParts } from './flamecast/followed.ts';
import { performInQueue } from './flamecast/queue.ts';
import { pulse } from './flamecast/pulse.ts';
import { type FlamecastRequest, FlamecastServer, type NewFlamecastSession } from './flamecast/server.ts';

export interface FlamecastBackendParts extends Pick<BackendContext, 'emit'> {
  /** Of the settings. */
  readonly id: string;
  /** What a person calls it. */
  readonly label: string;
  readonly clock: Clock;
  readonly log: Log;
  /** What is done here is done by. */
  readonly device: string;
  readonly request: FlamecastRequest;
  /** A socket to a host that the server names; undefined: it may not be connected to. */
  socket(url: string): Connect<string> | undefined;
  /** What the server streams of a session, after its event with this number. */
  stream(session: string, after: number): Connect<ServerEvent, never>;
  /** Of a terminal that belongs to no session: on which host it is, and what happened; undefined, all of them are gone. */
  terminal(host: string, event: FlamecastEvent | undefined): void;
  /** Where a session works: what has happened to files. */
  filesChanged(session: string, changes: readonly FlamecastFileChange[]): void;
}

export class FlamecastBackend implements Backend {
  readonly id: string;
  readonly label: string;
  readonly machine: string;
  readonly owns: Owns = { history: 'us', queue: 'us', questions: 'them' };
  readonly server: FlamecastServer;
  readonly #parts: FlamecastBackendParts;
  readonly #connection: Reconnecting<never>;
  readonly #feeds: Feeds;
  readonly #followed = new Map<SessionKey, FollowedSession>();
  readonly #changed: Emitter<void>;
  #sessions: readonly FlamecastSession[] = [];
  #runtimes: readonly FlamecastRuntime[] = [];
  #templates: readonly FlamecastTemplate[] = [];

  constructor(parts: FlamecastBackendParts) {
    this.#parts = parts;
    this.id = parts.id;
    this.label = parts.label;
    this.machine = parts.label;
    const { clock, log, request, socket, stream, terminal } = parts;
    this.server = new FlamecastServer(request);
    this.#changed = new Emitter((failure) => log.error(`A listener of a server failed: ${sentence(failure)}`));
    this.#feeds = new Feeds({
      ...{ clock, log, socket, stream, terminal },
      tell: (id, news) => this.#hear(id, news),
      listed: () => this.#lookSoon(),
    });
    this.#connection = new Reconnecting({
      connect: pulse(async (signal) => void (await this.server.health(signal)), clock),
      clock,
      log,
      name: 'A Flamecast server',
      greet: (_link, signal) => this.look(signal),
      changed: () => this.#changed.fire(),
    });
  }

  get state(): LinkState {
    return this.#connection.state;
  }

  get trouble(): Failure | undefined {
    return this.#connection.trouble;
  }

  /** Those that are active there, the runtimes and the templates, as they were told last. */
  get sessions(): readonly FlamecastSession[] {
    return this.#sessions;
  }

  get runtimes(): readonly FlamecastRuntime[] {
    return this.#runtimes;
  }

  get templates(): readonly FlamecastTemplate[] {
    return this.#templates;
  }

  /** The state or one of the lists is another one. */
  get onChanged(): Event<void> {
    return this.#changed.event;
  }

  get feeds(): Feeds {
    return this.#feeds;
  }

  async reach(signal: AbortSignal): Promise<void> {
    await this.#connection.reach(signal);
  }

  retry(): void {
    this.#connection.retry();
    this.#feeds.retry();
  }

  /** Asks for all lists. @throws Failure */
  async look(signal: AbortSignal): Promise<void> {
    const [sessions, runtimes, templates] = await Promise.all([
      this.server.sessions(signal),
      // Older ones have neither.
      this.server.runtimes(signal).catch(none<FlamecastRuntime>),
      this.server.templates(signal).catch(none<FlamecastTemplate>),
    ]);
    this.#sessions = sessions;
    this.#runtimes = runtimes;
    this.#templates = templates;
    this.#changed.fire();
  }

  /** Where it works there; undefined where the server does not say. */
  async rootOf(id: string, signal: AbortSignal): Promise<string | undefined> {
    const listing = await this.server.listing(id, undefined, false, signal).catch(() => undefined);
    return listing?.path ?? listing?.root;
  }

  /** Which side keeps the queue of a session is known by asking. */
  async ownsOf(id: string, signal: AbortSignal): Promise<Owns> {
    const queue = await this.server.queue(id, signal).catch(() => undefined);
    return queue === undefined ? this.owns : { ...this.owns, queue: 'them' };
  }

  /** @throws PeerError, Failure */
  async begin(wanted: NewFlamecastSession, signal: AbortSignal): Promise<FlamecastSession> {
    const session = await this.server.create(wanted, signal);
    await this.look(signal);
    return session;
  }

  async create(key: SessionKey, { agent, cwd, afresh }: CreateOptions, signal: AbortSignal): Promise<void> {
    await this.reach(signal);
    const template = agent ?? this.#templates[0]?.id;
    if (template === undefined)
      throw new Failure('invalid', `${this.label} has no template to start an agent from.`, 'Register one there.');
    const session = await this.begin({ template, ...(cwd === '/' ? {} : { cwd }) }, signal);
    const facts = { name: session.agentName, image: false, embeddedContext: false };
    const opened = { kind: 'session/opened', agentSession: session.id, agent: facts, options: [] } as const;
    this.#parts.emit(key, [{ event: opened }, ...(afresh === true ? [{ event: AFRESH }] : [])]);
    // Who keeps its queue was settled when it began.
    const { queueThere = false } = this.#followed.get(key) ?? {};
    this.#follow(key, session, { queueThere, told: false, cursor: undefined });
  }

  async attach(
    key: SessionKey,
    id: string,
    { haveHistory, cursor }: AttachOptions,
    signal: AbortSignal,
  ): Promise<Attached> {
    await this.reach(signal);
    const session = await this.server.session(id, signal);
    if (session === undefined || !session.active)
      return { kind: 'forgotten', why: `This session has ended on ${this.label}.` };
    const { queue } = await this.ownsOf(id, signal);
    const { stands } = this.#follow(key, session, { queueThere: queue === 'them', told: haveHistory, cursor });
    await abortable(stands, signal);
    return { kind: 'attached' };
  }

  async stop(): Promise<void> {
    // Nothing of ours runs; what runs there goes on.
  }

  async perform(key: SessionKey, command: BackendCommand, signal: AbortSignal): Promise<void> {
    const followed = this.#followed.get(key);
    if (command.kind === 'close') {
      this.#followed.delete(key);
      followed?.dispose();
      if (followed !== undefined) this.#feeds.leave(followed.id);
      return;
    }
    if (followed === undefined) throw new Failure('gone', `${this.label} does not have this session any more.`);
    const { id } = followed;
    switch (command.kind) {
      case 'prompt':
        return followed.prompt(command);
      case 'cancel':
        this.#feeds.cancel(id);
        return followed.cancelling();
      case 'question/answer':
        return await followed.answer(command, signal);
      case 'option/set':
      case 'control/take':
      case 'control/release':
        throw new Failure('unsupported', `${this.label} cannot do this.`);
      default:
        await performInQueue(this.server, id, command, signal);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const followed of this.#followed.values()) followed.dispose();
    this.#changed.dispose();
    await this.#feeds[Symbol.asyncDispose]();
    await this.#connection[Symbol.asyncDispose]();
  }

  #follow(
    key: SessionKey,
    session: FlamecastSession,
    { cursor, ...about }: Pick<FollowedParts, 'queueThere' | 'told'> & { readonly cursor: Cursor | undefined },
  ): FollowedSession {
    const { device, clock, log, emit, filesChanged } = this.#parts;
    const { id } = session;
    this.#followed.get(key)?.dispose();
    const followed = new FollowedSession({
      ...{ key, id, device, clock, log, emit, filesChanged, server: this.server, signal: this.#connection.signal },
      ...about,
      ended: () => this.#feeds.leave(id),
    });
    this.#followed.set(key, followed);
    this.#feeds.follow(session, cursor);
    return followed;
  }

  #hear(id: string, news: FeedNews): void {
    for (const followed of this.#followed.values()) if (followed.id === id) followed.take(news);
  }

  #lookSoon(): void {
    this.look(this.#connection.signal).catch((failure: unknown) =>
      this.#parts.log.debug(`The lists were not asked for: ${sentence(failure)}`),
    );
  }
}

const AFRESH = {
  kind: 'notice',
  severity: 'info',
  title: 'This goes on in a new session of the server, which knows nothing of what was said before.',
} as const;

const none = <T>(failure: unknown): readonly T[] => {
  if (failure instanceof PeerError) return [];
  throw failure;
};
