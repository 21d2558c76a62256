/**
 * What people ask of sessions, carried to where the sessions live.
 *
 * C1 What a person asked stands in the log before the far side is told.
 * C2 A refusal is a `Failure` and leaves no trace in the session; after the refusals what goes wrong is an event.
 * C3 One turn at a time: a prompt while one runs is refused as `busy`.
 */
import type { Clock } from '../base/clock.ts';
import { type Disposable, toDisposable } from '../base/disposable.ts';
import { Failure, PeerError, sentence } from '../base/failure.ts';
import type { Log } from '../base/log.ts';
import type { Command, Emitted } from '../model/event.ts';
import type { Session, SessionKey, TurnEnd, TurnError } from '../model/session.ts';
import { LIMITS } from './limits.ts';
import type { Backend } from './ports.ts';
import { type Answer, cancelled, Questions } from './questions.ts';
import type { SessionStore } from './store.ts';
import { turnEnd } from './turnEnd.ts';

type Prompt = Extract<Command, { kind: 'prompt' }>['prompt'];

export class Router {
  readonly #store: SessionStore;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #backends = new Map<string, Backend>();
  readonly #questions: Questions;

  constructor(parts: { readonly store: SessionStore; readonly clock: Clock; readonly log: Log }) {
    this.#store = parts.store;
    this.#clock = parts.clock;
    this.#log = parts.log;
    this.#questions = new Questions(parts.store);
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

  backends(): readonly Backend[] {
    return [...this.#backends.values()];
  }

  /** The session is there at once, connecting. Rejects with what kept it from being opened, after it was marked failed. */
  async newSession(
    options: { readonly backend: string; readonly cwd: string; readonly title?: string },
    signal: AbortSignal,
  ): Promise<SessionKey> {
    const backend = this.#backend(options.backend);
    const key = this.#clock.id() as SessionKey;
    const { cwd, title = '' } = options;
    this.#store.open({ key, backend: backend.id, agentLabel: backend.label, title, cwd, owns: backend.owns });
    try {
      await backend.create(key, { cwd }, signal);
    } catch (failure) {
      this.#store.append(key, [{ event: { kind: 'link', link: { state: 'failed', detail: sentence(failure) } } }]);
      throw failure;
    }
    if (this.#store.get(key)?.link.state === 'connecting') {
      this.#store.append(key, [{ event: { kind: 'link', link: { state: 'ready' } } }]);
    }
    return key;
  }

  /**
   * Resolves when the far side has been told. What a prompt comes to is told by its turn, which always ends.
   * @throws Failure `gone`, `busy`, `not ready`, `invalid`, `answered`, `changed`, or what the backend made of it
   */
  async perform(key: SessionKey, command: Command, device: string, signal: AbortSignal): Promise<void> {
    const session = this.#session(key);
    switch (command.kind) {
      case 'prompt':
        return this.#send(session, this.#start(session, command.prompt, device), command.prompt, signal);
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
      case 'close':
        return this.#close(session, device, signal);
    }
  }

  /** Resolves at the end of the turn. An abort cancels the turn, whose end it still waits for. */
  async prompt(key: SessionKey, prompt: Prompt, device: string, signal: AbortSignal): Promise<TurnEnd> {
    signal.throwIfAborted();
    const session = this.#session(key);
    const turn = this.#start(session, prompt, device);
    const ended = turnEnd(this.#store, key, turn);
    const stop = (): void => {
      this.perform(key, { kind: 'cancel' }, device, new AbortController().signal).catch((failure: unknown) =>
        this.#log.warn(`A turn could not be cancelled: ${sentence(failure)}`),
      );
    };
    signal.addEventListener('abort', stop, { once: true });
    try {
      // Not `signal`: a prompt that is half sent is worse than one that is sent and cancelled.
      const sent = this.#send(session, turn, prompt, new AbortController().signal);
      return (await Promise.all([ended, sent]))[0];
    } finally {
      signal.removeEventListener('abort', stop);
    }
  }

  async dispose(): Promise<void> {
    const backends = this.backends();
    this.#backends.clear();
    const ends = await Promise.allSettled(backends.map((backend) => backend[Symbol.asyncDispose]()));
    for (const end of ends) {
      if (end.status === 'rejected') this.#log.error(`An agent did not end cleanly: ${sentence(end.reason)}`);
    }
    this.#questions.dispose();
  }

  /** Begins a turn, or refuses; synchronous, so that of two prompts one begins. */
  #start(session: Session, prompt: Prompt, device: string): string {
    if (prompt.length === 0) throw new Failure('invalid', 'There is nothing to send.');
    this.#backend(session.backend);
    if (session.link.state !== 'ready') throw notReady(session);
    if (session.turn.state === 'running') {
      throw new Failure('busy', 'The agent is still working.', 'Wait until it is done, or stop it.');
    }
    const turn = this.#clock.id();
    this.#store.append(session.key, [{ event: { kind: 'turn/started', turn, prompt, device } }]);
    return turn;
  }

  async #send({ key, backend }: Session, turn: string, prompt: Prompt, signal: AbortSignal): Promise<void> {
    try {
      await this.#backend(backend).perform(key, { kind: 'prompt', prompt, turn }, signal);
    } catch (failure) {
      const now = this.#store.get(key)?.turn;
      if (now?.state !== 'running' || now.id !== turn) return;
      const event = { kind: 'turn/ended', turn, reason: 'failed', error: turnError(failure) } as const;
      this.#store.append(key, [{ event }]);
    }
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
    if (session.owns.questions === 'us') this.#questions.answer(session, answer, device);
    await backend.perform(session.key, answer, signal);
  }

  #rename(session: Session, title: string): void {
    const clean = title.replace(/\s+/gu, ' ').trim().slice(0, LIMITS.titleLength);
    this.#store.append(session.key, [{ event: { kind: 'session/renamed', title: clean } }]);
  }

  /** The session is gone afterwards, whatever the far side says: one whose agent is dead must be closable too. */
  async #close(session: Session, device: string, signal: AbortSignal): Promise<void> {
    const untold = (failure: unknown): void =>
      this.#log.warn(`A session was closed here, and its agent could not be told: ${sentence(failure)}`);
    await this.#cancel(session, device, signal).catch(untold);
    await this.#tellClosed(session, signal).catch(untold);
    this.#store.remove(session.key);
  }

  async #tellClosed({ key, backend }: Session, signal: AbortSignal): Promise<void> {
    await this.#backend(backend).perform(key, { kind: 'close' }, signal);
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

const notReady = ({ link, agentLabel }: Session): Failure => {
  const why = link.detail === undefined ? '' : ` ${link.detail}`;
  if (link.state === 'failed' || link.state === 'disconnected') {
    return new Failure(
      'not ready',
      `${agentLabel} is not running.${why}`,
      'Restart the agent, or start a new session.',
    );
  }
  return new Failure('not ready', `${agentLabel} is not connected yet.${why}`, 'Send it again in a moment.');
};

const turnError = (failure: unknown): TurnError => ({
  message: sentence(failure),
  ...(failure instanceof PeerError ? { code: failure.code } : {}),
  ...(failure instanceof Failure && failure.next !== undefined ? { next: failure.next } : {}),
});
