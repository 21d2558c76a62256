/**
 * What people ask of sessions, carried to where the sessions live.
 *
 * C1 What a person asked stands in the log before the far side is told.
 * C2 A refusal is a `Failure` and leaves no trace in the session; after the refusals what goes wrong is an event.
 * C3 One turn at a time: a prompt while one runs waits in the queue.
 * C4 What is asked of a session that lives in another store goes there whole, and leaves nothing here.
 */
import type { Clock } from '../base/clock.ts';
import { type Disposable, toDisposable } from '../base/disposable.ts';
import { Failure, PeerError, sentence } from '../base/failure.ts';
import type { Log } from '../base/log.ts';
import type { Command, Emitted, QueueCommand } from '../model/event.ts';
import type { AgentFacts, Owns, Session, SessionKey, TurnEnd, TurnError } from '../model/session.ts';
import { LIMITS } from './limits.ts';
import { Links } from './links.ts';
import type { Backend, Fork, RemoteStore } from './ports.ts';
import { type Begun, type Prompt, Queue } from './queue.ts';
import { type KeptRules, noKeptRules, Permissions } from './permissions.ts';
import { type Answer, cancelled, Questions } from './questions.ts';
import type { SessionStore } from './store.ts';
import { turnEnd } from './turnEnd.ts';

export class Router {
  readonly #store: SessionStore;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #backends = new Map<string, Backend>();
  readonly #remotes = new Set<RemoteStore>();
  readonly #questions: Questions;
  readonly #links: Links;
  readonly #queue: Queue;
  /** The rules, for backends that answer by them. */
  readonly permissions: Permissions;

  constructor(parts: {
    readonly store: SessionStore;
    readonly clock: Clock;
    readonly log: Log;
    readonly rules?: KeptRules;
  }) {
    this.#store = parts.store;
    this.#clock = parts.clock;
    this.#log = parts.log;
    const { store, clock, log } = parts;
    this.permissions = new Permissions({ store, clock, kept: parts.rules ?? noKeptRules });
    this.#questions = new Questions(store);
    this.#links = new Links({ store, log, backend: (id) => this.#backend(id) });
    this.#queue = new Queue({
      store,
      clock,
      deliver: (session, begun) => this.#deliver(session, begun),
      revive: (session) => this.#links.revive(session),
    });
  }

  /** Ending the result takes the backend out again and does not end it; what is still in is ended by `dispose`. */
  add(backend: Backend): Disposable {
    if (this.#backends.has(backend.id)) {
      throw new Failure('exists', `There are two agents with the id “${backend.id}”.`, 'Give one of them another id.');
    }
    this.#backends.set(backend.id, backend);
    return toDisposable(() => {
      if (this.#backends.get(backend.id) === backend) this.#backends.delete(backend.id);
    });
  }

  /** What is asked of its sessions goes there. Ending the result takes it out again. */
  addRemote(remote: RemoteStore): Disposable {
    this.#remotes.add(remote);
    return toDisposable(() => this.#remotes.delete(remote));
  }

  backends(): readonly Backend[] {
    return [...this.#backends.values()];
  }

  /** The session is there at once, connecting. Rejects with what kept it from being opened, after it was marked failed. */
  async newSession(
    options: {
      readonly backend: string;
      readonly cwd: string;
      readonly title?: string;
      /** A session of the same agent, from which this one goes on. */
      readonly fork?: SessionKey;
      /** See {@link CreateOptions.agent}. */
      readonly agent?: string;
    },
    signal: AbortSignal,
  ): Promise<SessionKey> {
    const backend = this.#backend(options.backend);
    if (backend.makesItsOwn === true) throw new Failure('unsupported', `${backend.label} opens its sessions itself.`);
    const fork = options.fork === undefined ? {} : { fork: this.#forkOf(options.fork) };
    const agent = options.agent === undefined ? {} : { agent: options.agent };
    const session = this.#open(options);
    await this.#links.open(session, { ...fork, ...agent }, signal);
    return session.key;
  }

  /**
   * A session that is there already and that nobody here has had: its backend tells what was said in it. It is there at
   * once, connecting. Rejects as `newSession` does.
   */
  async adopt(
    options: {
      /** The same for the same session, whoever adopts it: so that nobody has it twice. */
      readonly key: SessionKey;
      readonly backend: string;
      readonly cwd: string;
      readonly title?: string;
      /** As the far side calls it. */
      readonly agentSession: string;
      readonly agent: AgentFacts;
      /** What the far side keeps of this one, where that is not what it keeps of the others. */
      readonly owns?: Owns;
    },
    signal: AbortSignal,
  ): Promise<SessionKey> {
    const { key, agentSession, agent } = options;
    this.#open(options);
    this.#store.append(key, [{ event: { kind: 'session/opened', agentSession, agent, options: [] } }]);
    await this.#links.resume(this.#session(key), signal);
    return key;
  }

  /**
   * Brings the agent of a session back: starts it where it does not run, and has it take the session up again. Resolves
   * as well when the agent has forgotten the session; `link.forgotten` then says so. Rejects after it was marked failed.
   */
  async resume(key: SessionKey, signal: AbortSignal): Promise<void> {
    const session = this.#session(key);
    const remote = this.#remoteOf(key);
    await (remote === undefined ? this.#links.resume(session, signal) : remote.resume(key, signal));
  }

  /** Ends the agent, and brings it back for every session that had it. What becomes of each is told by its link. */
  async restart(backend: string, signal: AbortSignal): Promise<void> {
    await this.#backend(backend).stop();
    await this.resumeAll(backend, signal);
  }

  /** Brings the agent back for every session that lost it; those that were only read from disk stay as they are. */
  async resumeAll(backend: string, signal: AbortSignal): Promise<void> {
    // One that lives elsewhere has its agent there, whatever that is called here.
    const ours = this.#store.all().filter(({ key }) => !this.#store.isMirrored(key));
    const had = ours.filter(({ backend: id, link }) => id === backend && link.state !== 'disconnected');
    await Promise.allSettled(had.map(({ key }) => this.#bringBack(key, signal)));
  }

  /**
   * Resolves when the far side has been told. What a prompt comes to is told by its turn, which always ends.
   * @throws Failure `gone`, `full`, `invalid`, `unknown`, `answered`, `changed`, or what the backend made of it
   */
  async perform(key: SessionKey, command: Command, device: string, signal: AbortSignal): Promise<void> {
    const session = this.#session(key);
    const remote = this.#remoteOf(key);
    if (remote !== undefined) return remote.perform(key, command, signal);
    switch (command.kind) {
      case 'prompt': {
        const { prompt, turn = this.#clock.id() } = command;
        return this.#submit(session, { id: turn, prompt, device }, signal);
      }
      case 'cancel':
        return this.#cancel(session, device, signal);
      case 'question/answer':
        return this.#answer(session, command, device, signal);
      case 'option/set':
        if (!session.options.some((option) => option.id === command.option)) {
          throw new Failure('invalid', 'The agent does not offer this option any more.');
        }
        return this.#backend(session.backend).perform(key, command, signal);
      case 'rename':
        return this.#rename(session, command.title);
      case 'rule/revoke':
        return this.permissions.revoke(session, command.rule);
      case 'control/take':
      case 'control/release':
        // The wheel of what is here is a door's matter.
        if (session.owns.control !== 'them') throw new Failure('unsupported', 'Nothing here needs the wheel.');
        return this.#backend(session.backend).perform(key, command, signal);
      case 'session/afresh':
        return this.#links.afresh(session, signal);
      case 'close':
        return this.#close(session, device, signal);
      default:
        return this.#changeQueue(session, command, signal);
    }
  }

  /**
   * Resolves at the end of the turn of this very prompt, which may have to wait for its turn. An abort takes it out of
   * the queue, or cancels the turn, whose end it then still waits for. Rejects when somebody else takes it out.
   */
  async prompt(key: SessionKey, prompt: Prompt, device: string, signal: AbortSignal): Promise<TurnEnd> {
    signal.throwIfAborted();
    const id = this.#clock.id();
    const { ended, forget } = turnEnd(this.#store, key, id);
    const stop = (): void => this.#giveUp(key, id, device);
    signal.addEventListener('abort', stop, { once: true });
    // Whichever of the two fails first is told; the other must not count as unheard.
    ended.catch(() => undefined);
    try {
      await this.perform(key, { kind: 'prompt', prompt, turn: id }, device, new AbortController().signal);
      return await ended;
    } catch (failure) {
      forget();
      throw signal.aborted && failure instanceof Failure && failure.code === 'removed' ? signal.reason : failure;
    } finally {
      signal.removeEventListener('abort', stop);
    }
  }

  async dispose(): Promise<void> {
    // First of all: nothing is sent any more because something else ends.
    this.#queue.dispose();
    this.#links.dispose();
    const backends = this.backends();
    this.#backends.clear();
    const ends = await Promise.allSettled(backends.map((backend) => backend[Symbol.asyncDispose]()));
    for (const end of ends) {
      if (end.status === 'rejected') this.#log.error(`An agent did not end cleanly: ${sentence(end.reason)}`);
    }
    // What became of those that were being connected is told yet: nothing may be told of a session after its journal ended.
    await this.#links.over();
    this.#questions.dispose();
  }

  #open(options: {
    readonly key?: SessionKey;
    readonly backend: string;
    readonly cwd: string;
    readonly title?: string;
    readonly owns?: Owns;
  }): Session {
    const backend = this.#backend(options.backend);
    const { id, label: agentLabel, machine } = backend;
    const { key = this.#clock.id() as SessionKey, cwd, title = '', owns = backend.owns } = options;
    const about = { backend: id, agentLabel, title, cwd, owns, ...(machine === undefined ? {} : { machine }) };
    return this.#store.open({ key, ...about });
  }

  async #submit(session: Session, begun: Begun, signal: AbortSignal): Promise<void> {
    const backend = this.#backend(session.backend);
    if (session.owns.queue === 'us') return this.#queue.submit(session, begun);
    return backend.perform(session.key, { kind: 'prompt', prompt: begun.prompt, turn: begun.id }, signal);
  }

  async #bringBack(key: SessionKey, signal: AbortSignal): Promise<void> {
    // One that was still being opened learns only now that its agent was stopped.
    await this.#links.settled(key);
    const session = this.#store.get(key);
    if (session?.link.state !== 'failed') return;
    await this.#links.resume(session, signal).catch((failure: unknown) => {
      this.#log.warn(`A session did not come back: ${sentence(failure)}`);
    });
  }

  async #changeQueue(session: Session, command: QueueCommand, signal: AbortSignal): Promise<void> {
    if (session.owns.queue === 'us') this.#queue.perform(session, command);
    else await this.#backend(session.backend).perform(session.key, command, signal);
  }

  async #deliver({ key, backend }: Session, { id: turn, prompt }: Begun): Promise<void> {
    try {
      // Nobody's signal: a prompt that is half sent is worse than one that is sent and cancelled.
      const { signal } = new AbortController();
      await this.#backend(backend).perform(key, { kind: 'prompt', prompt, turn }, signal);
    } catch (failure) {
      const now = this.#store.get(key)?.turn;
      if (now?.state !== 'running' || now.id !== turn) return;
      const event = { kind: 'turn/ended', turn, reason: 'failed', error: turnError(failure) } as const;
      this.#store.append(key, [{ event }]);
    }
  }

  #giveUp(key: SessionKey, id: string, device: string): void {
    const waits = this.#store.get(key)?.queue.some((queued) => queued.id === id) === true;
    const command: Command = waits ? { kind: 'queue/remove', id } : { kind: 'cancel' };
    this.perform(key, command, device, new AbortController().signal).catch((failure: unknown) =>
      this.#log.warn(`A turn could not be cancelled: ${sentence(failure)}`),
    );
  }

  async #cancel(session: Session, device: string, signal: AbortSignal): Promise<void> {
    const ours = session.owns.questions === 'us';
    const events: Emitted[] = [];
    if (session.turn.state === 'running') {
      // A second one is sent on as well: the first may have been lost on an agent that hangs.
      if (!session.turn.cancelling) {
        events.push({ event: { kind: 'cancel/requested', turn: session.turn.id, device } });
      }
    } else if (session.questions.length === 0) return;
    if (ours) events.push(...cancelled(session, { kind: 'turn cancelled' }));
    this.#store.append(session.key, events);
    await this.#backend(session.backend).perform(session.key, { kind: 'cancel' }, signal);
  }

  async #answer(session: Session, answer: Answer, device: string, signal: AbortSignal): Promise<void> {
    const backend = this.#backend(session.backend);
    if (session.owns.questions === 'them') {
      if (answer.remember !== undefined)
        throw new Failure('unsupported', 'Rules for this session are made where it lives.');
      return backend.perform(session.key, answer, signal);
    }
    const answered = this.#questions.answer(session, answer, device);
    // Before the agent hears of it: what it asks next is ruled already.
    const kept = answer.remember && this.permissions.remember(session, answered, answer.remember);
    await Promise.all([backend.perform(session.key, answer, signal), kept]);
  }

  #rename(session: Session, title: string): void {
    const clean = title.replace(/\s+/gu, ' ').trim().slice(0, LIMITS.titleLength);
    this.#store.append(session.key, [{ event: { kind: 'session/renamed', title: clean } }]);
  }

  /** The session is gone afterwards, whatever the far side says: one whose agent is dead must be closable too. */
  async #close(session: Session, device: string, signal: AbortSignal): Promise<void> {
    const untold = (failure: unknown): void =>
      this.#log.warn(`A session was closed here, and its agent could not be told: ${sentence(failure)}`);
    const closed = this.#links.abandon(session.key);
    await this.#cancel(session, device, signal).catch(untold);
    // An agent that took it up all the same, in this very moment, is told after that.
    await this.#links.settled(session.key);
    await this.#tellClosed(session, signal).catch(untold);
    this.#store.remove(session.key);
    closed();
  }

  async #tellClosed({ key, backend }: Session, signal: AbortSignal): Promise<void> {
    await this.#backend(backend).perform(key, { kind: 'close' }, signal);
  }

  /** @throws Failure `gone`, or `unsupported` where the agent did not say that it can */
  #forkOf(key: SessionKey): Fork {
    const { agent, agentLabel, agentSession, title } = this.#session(key);
    if (agent?.fork === true && agentSession !== undefined) return { agentSession, title };
    throw new Failure('unsupported', `${agentLabel} cannot go on from a session in another one.`);
  }

  #remoteOf(key: SessionKey): RemoteStore | undefined {
    return [...this.#remotes].find((remote) => remote.has(key));
  }

  #session(key: SessionKey): Session {
    const session = this.#store.get(key);
    if (session === undefined) throw new Failure('gone', 'This session is closed.', 'Start a new one.');
    return session;
  }

  #backend(id: string): Backend {
    const backend = this.#backends.get(id);
    if (backend !== undefined) return backend;
    throw new Failure('no agent', `The agent “${id}” is not set up.`, 'Look at the setting wheelhouse.agents.');
  }
}

const turnError = (failure: unknown): TurnError => ({
  message: sentence(failure),
  ...(failure instanceof PeerError ? { code: failure.code } : {}),
  ...(failure instanceof Failure && failure.next !== undefined ? { next: failure.next } : {}),
});
