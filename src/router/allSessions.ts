/**
 * Every session that a window lists: its own, and those that live in other stores.
 *
 * A1 A session stands in it once: what is mirrored here is listed by the store that it lives in.
 * A2 What is asked of one goes to where it lives.
 */
import { type Disposable, Disposables, toDisposable } from '../base/disposable.ts';
import { Emitter, type Event } from '../base/event.ts';
import { sentence } from '../base/failure.ts';
import type { Log } from '../base/log.ts';
import type { Session, SessionKey } from '../model/session.ts';
import type { Summary } from '../model/summary.ts';
import type { Catalogue } from './catalogue.ts';
import type { Flags } from './journal.ts';
import type { RemoteStore } from './ports.ts';
import type { Listed } from './store.ts';

type Own = Pick<Catalogue, 'all' | 'get' | 'onListed' | 'wake' | 'rest' | 'mark' | 'erase' | 'eraseAll'>;

export class AllSessions implements Own, Disposable {
  readonly #own: Own;
  readonly #remotes = new Map<RemoteStore, (session: Summary) => boolean>();
  /** Of those that live elsewhere, the ones that are listed. */
  readonly #told = new Set<SessionKey>();
  readonly #owned = new Disposables();
  readonly #listed: Emitter<Listed>;

  constructor(parts: { readonly own: Own; readonly log: Log }) {
    this.#own = parts.own;
    this.#listed = this.#owned.add(
      new Emitter((failure) => parts.log.error(`A listener of the list failed: ${sentence(failure)}`)),
    );
    this.#owned.add(parts.own.onListed((listed) => this.#listed.fire(listed)));
  }

  /** Lists those sessions of another store that belong here. Ending the result takes them out again. */
  add(remote: RemoteStore, belongs: (session: Summary) => boolean): Disposable {
    this.#remotes.set(remote, belongs);
    const listening = this.#owned.add(
      remote.onListed(({ sessions, removed }) => this.#tell(sessions, removed, belongs)),
    );
    this.#tell(remote.all(), [], belongs);
    return toDisposable(() => {
      this.#owned.remove(listening);
      this.#remotes.delete(remote);
      this.#tell(
        [],
        remote.all().map(({ key }) => key),
        belongs,
      );
    });
  }

  /** What belongs here may be something else now. */
  sort(): void {
    for (const [remote, belongs] of this.#remotes) this.#tell(remote.all(), [], belongs);
  }

  get onListed(): Event<Listed> {
    return this.#listed.event;
  }

  all(): readonly Summary[] {
    const theirs = [...this.#remotes.keys()].flatMap((remote) => remote.all());
    return [...this.#own.all(), ...theirs.filter(({ key }) => this.#told.has(key))];
  }

  get(key: SessionKey): Summary | undefined {
    const remote = this.#remoteOf(key);
    return remote === undefined ? this.#own.get(key) : remote.get(key);
  }

  async wake(key: SessionKey, signal: AbortSignal): Promise<Session> {
    return await (this.#remoteOf(key)?.attach(key, signal) ?? this.#own.wake(key, signal));
  }

  rest(key: SessionKey): void {
    const remote = this.#remoteOf(key);
    if (remote === undefined) this.#own.rest(key);
    else remote.release(key);
  }

  async mark(key: SessionKey, flags: Partial<Flags>): Promise<void> {
    await (this.#remoteOf(key)?.mark(key, flags, lasting()) ?? this.#own.mark(key, flags));
  }

  async erase(key: SessionKey): Promise<void> {
    await (this.#remoteOf(key)?.erase(key, lasting()) ?? this.#own.erase(key));
  }

  /** Of this machine, also those of folders that are not listed here. @throws Failure when something is left */
  async eraseAll(signal: AbortSignal): Promise<void> {
    const here = [...this.#remotes.keys()].filter(({ isHere }) => isHere);
    for (const remote of here) for (const { key } of remote.all()) await remote.erase(key, signal);
    await this.#own.eraseAll(signal);
  }

  /** A text that is kept apart from a session that lives elsewhere; undefined for one of our own. */
  readLarge(key: SessionKey, name: string): Promise<string> | undefined {
    return this.#remoteOf(key)?.readLarge(key, name, lasting());
  }

  dispose(): void {
    this.#owned.dispose();
  }

  #remoteOf(key: SessionKey): RemoteStore | undefined {
    for (const remote of this.#remotes.keys()) if (remote.has(key)) return remote;
    return undefined;
  }

  #tell(sessions: readonly Summary[], gone: readonly SessionKey[], belongs: (session: Summary) => boolean): void {
    const mine = sessions.filter(belongs);
    const others = sessions.filter((session) => !mine.includes(session)).map(({ key }) => key);
    const removed = [...gone, ...others].filter((key) => this.#told.delete(key));
    for (const { key } of mine) this.#told.add(key);
    if (mine.length + removed.length > 0) this.#listed.fire({ sessions: mine, removed });
  }
}

/** What a person asked for goes on without whoever asked. */
const lasting = (): AbortSignal => new AbortController().signal;
