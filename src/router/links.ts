/**
 * Which session has its agent.
 *
 * K1 A session that lost its agent stays readable. It is brought back by a person or by a prompt, and never by itself but
 *    for one that lost only the connection to it.
 * K2 Connecting ends: ready, failed with the reason, or disconnected because the agent remembers nothing.
 * K3 What the agent has forgotten is not passed over: it begins afresh when a person says so, and the transcript says it.
 */
import type { Disposable } from '../base/disposable.ts';
import { Failure, sentence } from '../base/failure.ts';
import type { Log } from '../base/log.ts';
import { entryCount } from '../model/entry.ts';
import type { Link, Session, SessionKey } from '../model/session.ts';
import type { Backend, CreateOptions } from './ports.ts';
import type { SessionStore } from './store.ts';

interface Connecting {
  readonly done: Promise<void>;
  readonly control: AbortController;
}

export interface LinksParts {
  readonly store: SessionStore;
  readonly log: Log;
  /** @throws Failure `no agent` */
  backend(id: string): Backend;
}

export class Links implements Disposable {
  readonly #parts: LinksParts;
  readonly #connecting = new Map<SessionKey, Connecting>();
  readonly #closing = new Set<SessionKey>();

  constructor(parts: LinksParts) {
    this.#parts = parts;
  }

  /** Opens a session that has just been made. Rejects after it was marked as failed. */
  open(session: Session, how: Pick<CreateOptions, 'fork' | 'agent'>, signal: AbortSignal): Promise<void> {
    return this.#connect(session, signal, (own) => this.#create(session, how, own));
  }

  /** Resolves when the session has its agent, or when it is known that the agent remembers nothing of it. */
  resume(session: Session, signal: AbortSignal): Promise<void> {
    if (session.link.state === 'ready') return Promise.resolve();
    return this.#connect(session, signal, (own) => this.#attach(session, own));
  }

  /** @throws Failure `invalid`, when the agent has forgotten nothing */
  afresh(session: Session, signal: AbortSignal): Promise<void> {
    if (session.link.forgotten !== true) throw new Failure('invalid', 'The agent still has this session.');
    return this.#connect(session, signal, (own) => this.#create(session, { afresh: true }, own));
  }

  /** For a prompt that waits: brings the agent back, or begins afresh where it is known that this is the way left. */
  revive(session: Session): void {
    const { signal } = new AbortController();
    const revived = session.link.forgotten === true ? this.afresh(session, signal) : this.resume(session, signal);
    revived.catch((failure: unknown) => this.#parts.log.info(`A session did not come back: ${sentence(failure)}`));
  }

  /** When nothing is under way for the session; never rejects. */
  async settled(key: SessionKey): Promise<void> {
    await this.#connecting.get(key)?.done.catch(() => undefined);
  }

  /** When nothing is under way at all; never rejects. */
  async over(): Promise<void> {
    await Promise.all([...this.#connecting.keys()].map((key) => this.settled(key)));
  }

  /** The session is being closed: nobody waits for its agent any more, nor brings it back until the result is called. */
  abandon(key: SessionKey): () => void {
    this.#closing.add(key);
    this.#connecting.get(key)?.control.abort(new Failure('cancelled', 'The session was closed.'));
    return () => this.#closing.delete(key);
  }

  dispose(): void {
    for (const key of this.#connecting.keys()) this.abandon(key);
  }

  /** Those that ask while a session is being connected wait for the same connecting. */
  #connect(session: Session, signal: AbortSignal, how: (own: AbortSignal) => Promise<Link>): Promise<void> {
    const { key } = session;
    const underway = this.#connecting.get(key);
    if (underway !== undefined) return underway.done;
    // The agent would have what nobody here has any more.
    if (this.#closing.has(key)) return Promise.reject(new Failure('gone', 'This session is being closed.'));
    const control = new AbortController();
    const abort = (): void => control.abort(signal.reason);
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
    const over = (link: Link): void => {
      signal.removeEventListener('abort', abort);
      this.#connecting.delete(key);
      this.#tell(key, link);
    };
    if (session.link.state !== 'connecting') this.#tell(key, { state: 'connecting' });
    const ready = (link: Link): Link => {
      // Given up in the moment in which it succeeded: nothing may be sent there any more.
      control.signal.throwIfAborted();
      return link;
    };
    const done = how(control.signal)
      .then(ready)
      .then(over, (failure: unknown) => {
        over({ state: 'failed', detail: sentence(failure) });
        throw failure;
      });
    this.#connecting.set(key, { done, control });
    return done;
  }

  async #create(
    { key, backend, cwd }: Session,
    how: Pick<CreateOptions, 'afresh' | 'fork' | 'agent'>,
    signal: AbortSignal,
  ): Promise<Link> {
    await this.#parts.backend(backend).create(key, { cwd, ...how }, signal);
    return { state: 'ready' };
  }

  async #attach(session: Session, signal: AbortSignal): Promise<Link> {
    const { key, agentSession, cwd, entries, cursor } = session;
    if (agentSession === undefined) return this.#create(session, {}, signal);
    const haveHistory = entryCount(entries) > 0;
    const backend = this.#parts.backend(session.backend);
    const from = haveHistory && cursor !== undefined ? { cursor } : {};
    const attached = await backend.attach(key, agentSession, { cwd, haveHistory, ...from }, signal);
    if (attached.kind === 'attached') return { state: 'ready' };
    // Where nothing was ever said there is nothing to forget.
    if (!haveHistory) return this.#create(session, {}, signal);
    return { state: 'disconnected', detail: attached.why, forgotten: true };
  }

  /** A backend may have told it already, and something later as well. */
  #tell(key: SessionKey, link: Link): void {
    const now = this.#parts.store.get(key)?.link.state;
    if (link.state === 'ready' && now !== 'connecting' && now !== 'replaying') return;
    this.#parts.store.append(key, [{ event: { kind: 'link', link } }]);
  }
}
