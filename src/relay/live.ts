/**
 * Which sessions have an agent that runs, and how many may. Source: the relay protocol, §9, eviction.
 *
 * V1 Nobody loses an agent that works, is asked for, or is looked at; and never without everybody being told.
 * V2 What is being started counts from the moment in which it was let in.
 */
import type { Disposable } from '../base/disposable.ts';
import { PeerError } from '../base/failure.ts';
import type { Session, SessionKey } from '../model/session.ts';
import { CODE } from '../protocol/relay/names.ts';
import type { Hub } from './hub.ts';

export type StopReason = 'evicted' | 'closed' | 'agent_exit';

export const isLive = (session: Session | undefined): boolean => {
  const state = session?.link.state;
  return state !== undefined && state !== 'disconnected' && state !== 'failed';
};

export class LiveSessions {
  /** Why a session was stopped that was not by its agent. */
  readonly reasons = new Map<SessionKey, StopReason>();
  readonly #hub: Hub;
  readonly #starting = new Set<SessionKey | symbol>();
  readonly #stopping = new Set<SessionKey>();

  constructor(hub: Hub) {
    this.#hub = hub;
  }

  /**
   * The session with its agent, which is started where it does not run. Resolves as well where the agent remembers nothing:
   * see `link.forgotten`.
   * @param admitted told of the session once it is known that it may have an agent, before that is started
   * @throws PeerError, or what kept the agent from starting
   */
  async start(
    key: SessionKey,
    signal: AbortSignal,
    admitted: (session: Session) => void = () => undefined,
  ): Promise<Session> {
    const { router } = this.#hub.world;
    const session = this.#hub.latest(await this.#hub.wake(key));
    const { state } = session.link;
    if (state === 'ready' || state === 'reconnecting') {
      admitted(session);
      return session;
    }
    const place = isLive(session) ? undefined : await this.reserve(key);
    try {
      admitted(session);
      await router.resume(key, signal);
    } finally {
      place?.dispose();
    }
    return this.#hub.world.store.get(key) ?? session;
  }

  /** A place for one more, at the cost of the one that is idle longest. It is held until the result is disposed. @throws PeerError */
  async reserve(of: SessionKey | symbol): Promise<Disposable> {
    const { liveSessions: limit } = this.#hub.world.limits;
    const place = { dispose: (): void => void this.#starting.delete(of) };
    const evicted = this.#count(of) < limit ? undefined : this.#idlest();
    if (evicted === undefined && this.#count(of) >= limit)
      throw new PeerError(CODE.tooManySessions, `${limit} sessions are live, and each is at work or looked at.`, {
        limit,
      });
    this.#starting.add(of);
    if (evicted === undefined) return place;
    try {
      await this.stop(evicted, 'evicted');
      return place;
    } catch (failure) {
      place.dispose();
      throw failure;
    }
  }

  /** Ends the agent of a session, which stays in the list. */
  async stop(key: SessionKey, reason: StopReason): Promise<void> {
    const { store, sleep } = this.#hub.world;
    if (!isLive(store.get(key))) return;
    this.reasons.set(key, reason);
    this.#stopping.add(key);
    try {
      await sleep(key, new AbortController().signal);
    } finally {
      this.#stopping.delete(key);
      this.reasons.delete(key);
    }
  }

  #count(but: SessionKey | symbol): number {
    const live = this.#all().map(({ key }) => key);
    return new Set([...live, ...this.#starting].filter((key) => key !== but)).size;
  }

  #all(): readonly Session[] {
    const { store } = this.#hub.world;
    return store
      .all()
      .filter((session) => isLive(session) && !store.isMirrored(session.key) && !this.#stopping.has(session.key));
  }

  #idlest(): SessionKey | undefined {
    const { isWatched } = this.#hub.world;
    const idle = this.#all().filter(
      ({ key, link, turn, queue, questions }) =>
        link.state === 'ready' &&
        turn.state === 'idle' &&
        queue.length + questions.length === 0 &&
        !this.#hub.isViewed(key) &&
        isWatched?.(key) !== true,
    );
    return idle.sort((a, b) => a.changedAt - b.changedAt)[0]?.key;
  }
}
