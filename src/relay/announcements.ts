/** `session_changed`: what everybody is told of every session, whatever they look at. Source: the relay protocol, §9. */
import { type Disposable, Disposables } from '../base/disposable.ts';
import type { SessionEvent } from '../model/event.ts';
import type { SessionKey } from '../model/session.ts';
import { summary as summaryOf, type Summary } from '../model/summary.ts';
import { RELAY } from '../protocol/relay/names.ts';
import type { Listed } from '../router/store.ts';
import { line } from './encode.ts';
import type { Hub } from './hub.ts';
import { isLive, type LiveSessions, type StopReason } from './live.ts';

interface Standing {
  readonly state: 'live' | 'stopped';
  readonly busy: boolean;
  readonly waiting: boolean;
  readonly title: string;
}

export class Announcements implements Disposable {
  readonly #hub: Hub;
  readonly #live: LiveSessions;
  readonly #owned = new Disposables();
  readonly #told = new Map<SessionKey, Standing>();

  constructor(hub: Hub, live: LiveSessions) {
    this.#hub = hub;
    this.#live = live;
    const { catalogue, store } = hub.world;
    for (const summary of catalogue.all()) this.#told.set(summary.key, this.#standing(summary));
    this.#owned.add(catalogue.onListed((listed) => this.#hear(listed)));
    // The word of a list may stay what it was while a turn ends, or another question waits.
    this.#owned.add(
      store.onAppended(({ key, session, logged }) => {
        if (!store.isMirrored(key) && logged.some(({ event }) => TELLING.has(event.kind)))
          this.#tell(summaryOf(session));
      }),
    );
  }

  dispose(): void {
    this.#owned.dispose();
  }

  #hear({ sessions, removed }: Listed): void {
    for (const summary of sessions) this.#tell(summary);
    for (const sessionId of removed) {
      if (this.#hub.isListed(sessionId) || !this.#told.delete(sessionId)) continue;
      this.#hub.broadcast(line(RELAY.sessionChanged, { sessionId, state: 'deleted', busy: false, waiting: false }));
    }
  }

  #tell(summary: Summary): void {
    const { key: sessionId } = summary;
    const now = this.#standing(summary);
    const before = this.#told.get(sessionId);
    if (before !== undefined && isSame(before, now)) return;
    this.#told.set(sessionId, now);
    const { title, ...standing } = now;
    const stopped = before?.state === 'live' && now.state === 'stopped';
    const reason: StopReason | undefined = stopped ? (this.#live.reasons.get(sessionId) ?? 'agent_exit') : undefined;
    this.#hub.broadcast(
      line(RELAY.sessionChanged, {
        sessionId,
        ...standing,
        ...(title === '' ? {} : { title }),
        ...(reason === undefined ? {} : { reason }),
      }),
    );
  }

  #standing({ key, title, questions }: Summary): Standing {
    const session = this.#hub.world.store.get(key);
    return {
      state: isLive(session) ? 'live' : 'stopped',
      busy: session?.turn.state === 'running',
      waiting: questions > 0,
      title,
    };
  }
}

const TELLING: ReadonlySet<SessionEvent['kind']> = new Set([
  'turn/started',
  'turn/ended',
  'question/asked',
  'question/settled',
  'reset',
]);

const isSame = (one: Standing, other: Standing): boolean =>
  one.state === other.state && one.busy === other.busy && one.waiting === other.waiting && one.title === other.title;
