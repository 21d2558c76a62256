/** Who is connected, and to what. */
import { type Disposable, Disposables } from '../base/disposable.ts';
import { Emitter, type Event } from '../base/event.ts';
import { sentence } from '../base/failure.ts';
import type { Session, SessionKey } from '../model/session.ts';
import type { Client } from './client.ts';
import { Feed } from './feed.ts';
import type { RelayWorld } from './ports.ts';
import type { RelayTerminals } from './terminals.ts';

export interface HubParts {
  readonly world: RelayWorld;
  readonly terminals: RelayTerminals;
  hear(client: Client, line: string): void;
}

export class Hub implements Disposable {
  readonly world: RelayWorld;
  readonly terminals: RelayTerminals;
  /** The clients that have answered questions that are open, or are being settled. */
  readonly answering = new Map<string, string>();
  readonly #hear: HubParts['hear'];
  readonly #feeds = new Map<SessionKey, Feed>();
  /** What the numbers of a session are counted in, and what clients are told that this is. */
  readonly #epochs = new Map<SessionKey, { readonly epoch: string; readonly hostId: string; readonly times: number }>();
  readonly #clients = new Map<string, Client>();
  readonly #changed: Emitter<void>;
  readonly #owned = new Disposables();
  readonly #lasting = new AbortController().signal;
  #attaches = 0;

  constructor({ world, terminals, hear }: HubParts) {
    this.world = world;
    this.terminals = terminals;
    this.#hear = hear;
    this.#changed = new Emitter((failure) => world.log.error(`A listener of the relay failed: ${sentence(failure)}`));
    this.#owned.add(world.store.onAppended(({ key, logged }) => this.#feeds.get(key)?.push(logged)));
    this.#owned.add(
      world.store.onListed(({ sessions, removed }) => {
        for (const key of removed) this.#feeds.delete(key);
        for (const { key } of sessions) this.#takeUp(key);
      }),
    );
  }

  get clients(): readonly Client[] {
    return [...this.#clients.values()];
  }

  get onChanged(): Event<void> {
    return this.#changed.event;
  }

  client(name: string): Client | undefined {
    return this.#clients.get(name);
  }

  joined(client: Client): void {
    this.#clients.set(client.name, client);
    this.#changed.fire();
  }

  left(client: Client): void {
    if (this.#clients.get(client.name) !== client) return;
    this.#clients.delete(client.name);
    this.#changed.fire();
  }

  hear(client: Client, line: string): void {
    this.#hear(client, line);
  }

  /** The feed of a session that is in the store. */
  feed(session: Session): Feed {
    const { key } = session;
    const known = this.#feeds.get(key);
    if (known !== undefined) return known;
    const { store, limits } = this.world;
    const hostId = this.#hostIdOf(this.latest(session));
    const answeredBy = (question: string): string | undefined => this.answering.get(question);
    const feed = new Feed(this.latest(session), { store, hostId, limits, answeredBy });
    this.#feeds.set(key, feed);
    return feed;
  }

  /** Where somebody has looked at it. */
  known(key: SessionKey): Feed | undefined {
    return this.#feeds.get(key);
  }

  isViewed(key: SessionKey): boolean {
    return (this.#feeds.get(key)?.viewers.size ?? 0) > 0;
  }

  /** What people may attach to: all that lives here, awake or not. */
  isListed(key: string): key is SessionKey {
    return this.world.catalogue.all().some((summary) => summary.key === key);
  }

  /** As it is by now: one that was woken may have been told more before whoever waited for it goes on. */
  latest(session: Session): Session {
    return this.world.store.get(session.key) ?? session;
  }

  wake(key: SessionKey): Promise<Session> {
    return this.world.catalogue.wake(key, this.#lasting);
  }

  nextAttach(): number {
    this.#attaches += 1;
    return this.#attaches;
  }

  /** To every client once, without a stamp. */
  broadcast(line: string): void {
    const frames = [{ text: `${line}\n` }];
    for (const client of this.clients) client.tell(frames);
  }

  dispose(): void {
    this.#owned.dispose();
    this.#feeds.clear();
    this.#changed.dispose();
  }

  /**
   * A session that was read from disk again, and had lost something there, gives numbers a second time: to those who know
   * it from before it is as if the process were another one.
   */
  #hostIdOf({ key, at: { epoch } }: Session): string {
    const known = this.#epochs.get(key);
    if (known?.epoch === epoch) return known.hostId;
    const times = (known?.times ?? -1) + 1;
    const hostId = times === 0 ? this.world.hostId : `${this.world.hostId}.${times}`;
    this.#epochs.set(key, { epoch, hostId, times });
    return hostId;
  }

  /** It was read from disk again: those who looked at it when it fell asleep go on where they were. */
  #takeUp(key: SessionKey): void {
    if (this.#feeds.has(key)) return;
    for (const client of this.clients) {
      if (client.active !== key) continue;
      try {
        client.attachAgain();
      } catch (failure) {
        this.world.log.error(`A client was not told of a session again: ${sentence(failure)}`);
      }
    }
  }
}
