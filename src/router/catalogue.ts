/**
 * Every session that a list shows: those that are awake, in the store, and those that sleep, in the journal alone.
 *
 * L1 A session stands in it once. Asleep it is disconnected, whatever it was when it was last written.
 * L2 It is woken once, whoever asks for it, and by nothing but being asked for: a list reads no journal.
 * L3 One that the store lets go of sleeps; only what was not kept, or is erased, leaves the list.
 */
import type { Disposable } from '../base/disposable.ts';
import { Emitter, type Event } from '../base/event.ts';
import { Failure, sentence } from '../base/failure.ts';
import type { Log } from '../base/log.ts';
import type { Session, SessionKey } from '../model/session.ts';
import { sameSummary, summary, type Summary } from '../model/summary.ts';
import type { Flags, Journal, StoredSummary } from './journal.ts';
import { restore } from './restore.ts';
import type { Listed, SessionStore } from './store.ts';

export interface CatalogueParts {
  readonly store: SessionStore;
  readonly journal: Pick<Journal, 'load' | 'list' | 'mark' | 'erase' | 'eraseAll'>;
  readonly log: Log;
  /** Whether sessions are kept: asked when one begins, and when the stored ones are to be listed. */
  kept(): boolean;
  /** Whether a stored session of this folder is listed here. */
  belongs(cwd: string): boolean;
}

const noFlags: Flags = { pinned: false, archived: false };

export class Catalogue implements Disposable {
  readonly #parts: CatalogueParts;
  readonly #listed: Emitter<Listed>;
  readonly #subscription: Disposable;
  readonly #asleep = new Map<SessionKey, Summary>();
  /** Those in the store, as they were told last. */
  readonly #awake = new Map<SessionKey, Summary>();
  readonly #kept = new Set<SessionKey>();
  readonly #flags = new Map<SessionKey, Flags>();
  readonly #waking = new Map<SessionKey, Promise<Session>>();
  readonly #erased = new Set<SessionKey>();
  /** In the store, and listed by the one that they live in. */
  readonly #mirrored = new Set<SessionKey>();
  #refreshing: Promise<void> | undefined;

  constructor(parts: CatalogueParts) {
    this.#parts = parts;
    this.#listed = new Emitter((failure) => parts.log.error(`A listener of the list failed: ${sentence(failure)}`));
    this.#subscription = parts.store.onListed((listed) => this.#hear(listed));
  }

  /** Differences. What is removed is removed first: one that falls asleep is in both lists. */
  get onListed(): Event<Listed> {
    return this.#listed.event;
  }

  all(): readonly Summary[] {
    const { store } = this.#parts;
    const ours = store.all().filter(({ key }) => !store.isMirrored(key));
    const awake = ours.map((session) => this.#flagged(summary(session)));
    return [...this.#asleep.values(), ...awake];
  }

  get(key: SessionKey): Summary | undefined {
    const session = this.#parts.store.get(key);
    return session === undefined ? this.#asleep.get(key) : this.#flagged(summary(session));
  }

  /** Looks what is stored now: another window may have changed it. Never rejects but when it is aborted. */
  refresh(signal: AbortSignal): Promise<void> {
    this.#refreshing ??= this.#refresh(signal).finally(() => {
      this.#refreshing = undefined;
    });
    return this.#refreshing;
  }

  /**
   * The session in the store, read from the journal where it sleeps.
   * @throws Failure as `Journal.load` does
   */
  wake(key: SessionKey, signal: AbortSignal): Promise<Session> {
    const awake = this.#parts.store.get(key);
    if (awake !== undefined) return Promise.resolve(awake);
    if (this.#erased.has(key)) return Promise.reject(new Failure('missing', 'This session was erased.'));
    const underway = this.#waking.get(key);
    if (underway !== undefined) return underway;
    const waking = this.#wake(key, signal).finally(() => this.#waking.delete(key));
    this.#waking.set(key, waking);
    return waking;
  }

  /** Puts a session back to sleep that has no agent and nothing that waits; another one stays as it is. */
  rest(key: SessionKey): void {
    const session = this.#parts.store.get(key);
    if (session === undefined || !this.#kept.has(key) || session.link.state !== 'disconnected') return;
    if (session.turn.state === 'idle' && session.questions.length + session.queue.length === 0) {
      this.#parts.store.remove(key);
    }
  }

  /** @throws Failure `not stored` */
  async mark(key: SessionKey, flags: Partial<Flags>): Promise<void> {
    if (this.#kept.has(key) || this.#asleep.has(key)) await this.#parts.journal.mark(key, flags);
    this.#flags.set(key, { ...(this.#flags.get(key) ?? noFlags), ...flags });
    const now = this.get(key);
    if (now === undefined) return;
    const { pinned: _, archived: __, ...bare } = now;
    const marked = this.#flagged(bare);
    if (this.#asleep.has(key)) this.#asleep.set(key, marked);
    this.#tell([marked], []);
  }

  /** For good, whoever has it here. @throws Failure `locked`, `not erased` */
  async erase(key: SessionKey): Promise<void> {
    // A look at the disk that is under way must not bring it back, nor a reading: that has its lock until it is awake.
    this.#erased.add(key);
    await this.#waking.get(key)?.catch(() => undefined);
    this.#parts.store.remove(key);
    await this.#parts.journal.erase(key).catch((failure: unknown) => {
      this.#erased.delete(key);
      throw failure;
    });
    if (this.#asleep.delete(key)) this.#tell([], [key]);
  }

  /** All of every folder that no other process has. @throws Failure `not erased`, when something is left */
  async eraseAll(signal: AbortSignal): Promise<void> {
    const { store } = this.#parts;
    for (const { key } of store.all()) if (!store.isMirrored(key)) store.remove(key);
    try {
      await this.#parts.journal.eraseAll();
    } finally {
      await this.#refreshing;
      await this.refresh(signal);
    }
  }

  dispose(): void {
    this.#subscription.dispose();
    this.#listed.dispose();
  }

  async #wake(key: SessionKey, signal: AbortSignal): Promise<Session> {
    const { store, journal } = this.#parts;
    try {
      const { session, events } = restore(await journal.load(key, signal));
      this.#kept.add(key);
      return store.adopt(session, events);
    } catch (failure) {
      if (failure instanceof Failure) this.#learn(key, failure);
      throw failure;
    }
  }

  /** What a refusal tells of a session is shown by the list from then on. */
  #learn(key: SessionKey, { code }: Failure): void {
    const known = this.#asleep.get(key);
    if (known === undefined) return;
    if (code === 'missing') {
      this.#asleep.delete(key);
      this.#tell([], [key]);
    } else if (code === 'locked' && known.elsewhere === undefined) {
      const locked: Summary = { ...known, elsewhere: true };
      this.#asleep.set(key, locked);
      this.#tell([locked], []);
    }
  }

  async #refresh(signal: AbortSignal): Promise<void> {
    const { store, journal, kept, belongs } = this.#parts;
    // What falls asleep meanwhile may not be written yet, and is no less there.
    const before = new Set(this.#asleep.keys());
    const stored = kept() ? await journal.list(signal) : [];
    const changed: Summary[] = [];
    for (const one of stored) {
      const { key } = one;
      if (this.#erased.has(key) || !(one.machine !== undefined || belongs(one.cwd) || store.get(key) !== undefined))
        continue;
      before.delete(key);
      const now = asleep(one);
      const { pinned, archived } = one;
      this.#flags.set(key, { pinned, archived });
      if (store.get(key) !== undefined) {
        const told = this.#awake.get(key);
        const marked = told && this.#flagged(told);
        if (told === undefined || marked === undefined || sameSummary(marked, told)) continue;
        this.#awake.set(key, marked);
        changed.push(marked);
        continue;
      }
      const known = this.#asleep.get(key);
      this.#asleep.set(key, now);
      if (known === undefined || !sameSummary(known, now) || known.changedAt !== now.changedAt) changed.push(now);
    }
    const removed = [...before].filter((key) => this.#asleep.delete(key));
    this.#tell(changed, removed);
  }

  #hear(listed: Listed): void {
    const removed = listed.removed.filter((key) => !this.#mirrored.delete(key));
    const sessions = listed.sessions.filter(({ key }) => !this.#parts.store.isMirrored(key));
    for (const { key } of listed.sessions) if (!sessions.some((each) => each.key === key)) this.#mirrored.add(key);
    const fallen = removed.flatMap((key) => this.#fallAsleep(key) ?? []);
    const awake = sessions.map((session) => this.#flagged(session));
    for (const session of awake) {
      const { key } = session;
      if (!this.#awake.has(key) && this.#parts.kept()) this.#kept.add(key);
      this.#asleep.delete(key);
      this.#awake.set(key, session);
    }
    this.#tell([...fallen, ...awake], removed);
  }

  #fallAsleep(key: SessionKey): Summary | undefined {
    const last = this.#awake.get(key);
    this.#awake.delete(key);
    if (last === undefined || !this.#kept.delete(key)) return undefined;
    const { detail: _, ...rest } = this.#flagged(last);
    const fallen: Summary = { ...rest, state: 'Disconnected', questions: 0, asleep: true };
    this.#asleep.set(key, fallen);
    return fallen;
  }

  #flagged(bare: Summary): Summary {
    const flags = this.#flags.get(bare.key);
    return flags === undefined ? bare : withFlags(bare, flags);
  }

  #tell(sessions: readonly Summary[], removed: readonly SessionKey[]): void {
    if (sessions.length + removed.length > 0) this.#listed.fire({ sessions, removed });
  }
}

const withFlags = ({ pinned: _, archived: __, ...bare }: Summary, flags: Flags): Summary => ({
  ...bare,
  ...(flags.pinned ? { pinned: true } : {}),
  ...(flags.archived ? { archived: true } : {}),
});

const asleep = (stored: StoredSummary): Summary => {
  const { key, title, agentLabel, cwd, machine, createdAt, changedAt, elsewhere } = stored;
  const bare: Summary = {
    key,
    title,
    agentLabel,
    cwd,
    ...(machine === undefined ? {} : { machine }),
    createdAt,
    changedAt,
    state: 'Disconnected',
    questions: 0,
    asleep: true,
  };
  return withFlags(elsewhere ? { ...bare, elsewhere } : bare, stored);
};
