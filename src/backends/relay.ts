/**
 * A relay of the person's other devices, as a window sees it: its sessions, each on a connection of its own.
 *
 * B1 What the far side keeps is its own: history, queue, questions and wheel. Nothing is answered here but by a person.
 * B2 After a cut a session goes on behind its last number; what the far side no longer has is told, never made up.
 * B3 What was asked and not answered before a cut is never asked again by itself: nobody knows what became of it.
 * B4 A server as the source of the protocol describes it, faults included, is followed as well: what it does not say is not
 *    waited for.
 */
import type { Clock } from '../base/clock.ts';
import { Emitter } from '../base/event.ts';
import { Failure, sentence } from '../base/failure.ts';
import type { Log } from '../base/log.ts';
import type { LinkState } from '../base/reconnecting.ts';
import type { Command } from '../model/event.ts';
import type { Session, SessionKey } from '../model/session.ts';
import { sameSummary, type Summary, summary } from '../model/summary.ts';
import { META, RELAY } from '../protocol/relay/names.ts';
import type { Heard } from '../relay/decode.ts';
import type { RemoteStore, Terminal } from '../router/ports.ts';
import type { Listed, SessionStore } from '../router/store.ts';
import { isUnknownMethod, loadThere, performThere } from './relay/commands.ts';
import { offline, RelayHome } from './relay/home.ts';
import { refusal } from './relay/line.ts';
import { newRow, readRows, type RelayRow, summaryOf } from './relay/listed.ts';
import { makeSession } from './relay/making.ts';
import { FollowedSession } from './relay/session.ts';
import type { ConnectRelay } from './relay/socket.ts';
import { RelayTerminals } from './relay/terminals.ts';

export interface RelayBackendParts {
  /** Of the settings: what keeps its sessions apart from those of others. */
  readonly id: string;
  /** What a person calls it. */
  readonly label: string;
  readonly store: Pick<SessionStore, 'mirror' | 'remove'>;
  readonly clock: Clock;
  readonly log: Log;
  /** Who does what is done here. */
  readonly device: string;
  readonly connect: ConnectRelay;
}

/** Sessions that are followed although nobody looks at them: so that their questions are heard. */
const MOST_UNASKED = 8;

export class RelayBackend implements RemoteStore, AsyncDisposable {
  readonly isHere = false;
  readonly #parts: RelayBackendParts;
  /** Minted once, kept through every cut: the wheel is held under it. */
  readonly #base: string;
  readonly #home: RelayHome;
  readonly #terminals: RelayTerminals;
  readonly #rows = new Map<SessionKey, RelayRow>();
  readonly #shown = new Map<SessionKey, Summary>();
  readonly #followed = new Map<SessionKey, FollowedSession>();
  readonly #clients = new Map<SessionKey, string>();
  readonly #asked = new Set<SessionKey>();
  readonly #listed: Emitter<Listed>;
  readonly #changed: Emitter<void>;
  #listing = false;
  #listAgain = false;
  /** It has no list of sessions: there is one, which is known by what is said of it. */
  #single = false;
  /** What was said last was of it. */
  #heardOf: string | undefined;
  #lastClient = 0;
  #hostId: string | undefined;

  constructor(parts: RelayBackendParts) {
    this.#parts = parts;
    this.#base = `wheelhouse-${parts.clock.id().replaceAll(/[^A-Za-z0-9._-]/gu, '')}`.slice(0, 60);
    const failed = (failure: unknown): void => parts.log.error(`A listener of a relay failed: ${sentence(failure)}`);
    this.#listed = new Emitter(failed);
    this.#changed = new Emitter(failed);
    const { connect, clock, log } = parts;
    this.#home = new RelayHome({
      connect,
      clock,
      log,
      client: this.#base,
      hear: (heard) => this.#hear(heard),
      greeted: () => this.#list(),
      changed: () => this.#turned(),
    });
    this.#terminals = new RelayTerminals(this.#home);
  }

  get state(): LinkState {
    return this.#home.state;
  }

  /** Why it is not connected: what happened, and what to do. */
  get trouble(): Failure | undefined {
    return this.#home.trouble;
  }

  /** Folders that its sessions may work in; none where it does not say. */
  get roots(): readonly string[] {
    return this.#home.intro?.roots ?? [];
  }

  get onChanged(): Emitter<void>['event'] {
    return this.#changed.event;
  }

  get onListed(): Emitter<Listed>['event'] {
    return this.#listed.event;
  }

  all(): readonly Summary[] {
    return [...this.#rows.keys()].map((key) => this.#summary(key)).filter((row) => row !== undefined);
  }

  has(key: SessionKey): boolean {
    return this.#rows.has(key);
  }

  get(key: SessionKey): Summary | undefined {
    return this.#summary(key);
  }

  async attach(key: SessionKey, signal: AbortSignal): Promise<Session> {
    // It would be waited for, for as long as that takes.
    if (this.state !== 'connected' && !this.#followed.has(key)) throw this.trouble ?? offline();
    this.#asked.add(key);
    return await this.#follow(key).first(signal);
  }

  release(key: SessionKey): void {
    this.#asked.delete(key);
    const row = this.#rows.get(key);
    if (row === undefined || !row.waiting) void this.#drop(key);
  }

  /** A new session there, shown here. @throws Failure, or what the agent there says */
  async open(options: { readonly cwd?: string; readonly agent?: string }, signal: AbortSignal): Promise<SessionKey> {
    const { cwd = this.roots[0] ?? '/', agent } = options;
    const meta = agent === undefined ? {} : { _meta: { [META.agent]: agent } };
    const session = await this.#make({ cwd, mcpServers: [], ...meta }, signal);
    await this.#list().catch(() => undefined);
    const key = this.#keyOf(session);
    // Not every list has what nothing was said in yet.
    if (!this.#rows.has(key)) this.#add({ ...newRow(session), cwd, fresh: true });
    await this.attach(key, signal);
    return key;
  }

  async perform(key: SessionKey, command: Command, signal: AbortSignal): Promise<void> {
    const { session, client, followed } = this.#of(key);
    await performThere(followed, { session, client }, command, signal);
    if (command.kind === 'close') this.#refresh();
  }

  /** The person's shell there, in the first of its folders. @throws Failure why there is none */
  async terminal(size: { readonly columns: number; readonly rows: number }, signal: AbortSignal): Promise<Terminal> {
    if (this.#home.intro?.terminal === false)
      throw new Failure('unsupported', 'This relay opens no terminals.', 'Its owner can allow them there.');
    return await this.#terminals.open(size, signal).catch((failure: unknown) => {
      throw refusal(failure);
    });
  }

  async resume(key: SessionKey, signal: AbortSignal): Promise<void> {
    const { session, followed } = this.#of(key);
    await loadThere(followed, session, signal);
  }

  mark(): Promise<void> {
    const why = 'The sessions of a relay are neither pinned nor archived here.';
    return Promise.reject(new Failure('unsupported', why));
  }

  async erase(key: SessionKey, signal: AbortSignal): Promise<void> {
    const row = this.#rows.get(key);
    if (row === undefined) return;
    await this.#home.request('session/delete', { sessionId: row.id }, signal).catch((failure: unknown) => {
      throw refusal(failure);
    });
    this.#remove([key]);
  }

  readLarge(): Promise<string> {
    return Promise.reject(new Failure('missing', 'This text is kept where the session lives.'));
  }

  /** Resolves when it is connected, now or by an attempt that is made at once. @throws Failure why that failed */
  async reach(signal: AbortSignal): Promise<void> {
    await this.#home.reach(signal);
  }

  /** Tries now where it waits: the network or the person is back. */
  retry(): void {
    this.#home.retry();
    for (const followed of this.#followed.values()) followed.retry();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#followed.keys()].map((key) => this.#drop(key)));
    this.#terminals.dispose();
    await this.#home[Symbol.asyncDispose]();
    this.#listed.dispose();
    this.#changed.dispose();
  }

  /** It is connected, or it is not any more. */
  #turned(): void {
    if (this.state === 'connected') for (const followed of this.#followed.values()) followed.retry();
    this.#listed.fire({ sessions: this.all(), removed: [] });
    this.#changed.fire();
  }

  #hear(heard: readonly Heard[]): void {
    for (const each of heard) {
      this.#terminals.hear(each);
      if (each.kind === 'welcome') this.#greetedBy(each.welcome.hostId);
      else if (each.kind === 'session') this.#changedThere(each);
      else if (each.kind === 'update' && each.session !== undefined) this.#hearOf(each.session);
    }
  }

  /** What was closed there stays closed here, whoever looks at it. */
  #changedThere({ session, state, reason }: Extract<Heard, { kind: 'session' }>): void {
    const key = this.#keyOf(session);
    if (state === 'deleted') this.#remove([key]);
    else if (state === 'stopped' && reason === 'closed') {
      this.#asked.delete(key);
      void this.#drop(key);
    }
    this.#refresh();
  }

  /** Nothing that another process ran is there any more. */
  #greetedBy(host: string | undefined): void {
    if (host !== undefined && this.#hostId !== undefined && host !== this.#hostId) this.#terminals.dispose();
    this.#hostId = host;
  }

  #refresh(): void {
    this.#list().catch((failure: unknown) => {
      this.#parts.log.debug(`The sessions of a relay could not be listed: ${sentence(failure)}`);
    });
  }

  async #list(): Promise<void> {
    this.#listAgain = this.#listing;
    if (this.#listing || this.#single) return;
    this.#listing = true;
    try {
      this.#tell(readRows(await this.#home.request(RELAY.listSessions, {}, this.#home.signal)));
    } catch (failure) {
      if (!isUnknownMethod(failure)) throw failure;
      this.#single = true;
      if (this.#heardOf !== undefined) this.#hearOf(this.#heardOf);
    } finally {
      this.#listing = false;
      if (this.#listAgain) this.#refresh();
    }
  }

  #tell(rows: readonly RelayRow[]): void {
    const now = new Set(rows.map(({ id }) => this.#keyOf(id)));
    // One that was made just now may not be in every list yet.
    this.#remove([...this.#rows].filter(([key, { fresh }]) => !now.has(key) && fresh !== true).map(([key]) => key));
    for (const row of rows) this.#rows.set(this.#keyOf(row.id), row);
    this.#listed.fire({ sessions: this.all(), removed: [] });
    for (const [key, { waiting }] of this.#rows)
      if (waiting && this.#followed.size - this.#asked.size < MOST_UNASKED) this.#follow(key);
  }

  #hearOf(session: string): void {
    this.#heardOf = session;
    if (!this.#single || this.#rows.has(this.#keyOf(session))) return;
    this.#add(newRow(session));
  }

  #add(row: RelayRow): void {
    const key = this.#keyOf(row.id);
    this.#rows.set(key, row);
    this.#listed.fire({ sessions: [this.#summary(key)].filter((one) => one !== undefined), removed: [] });
  }

  #remove(keys: readonly SessionKey[]): void {
    if (keys.length === 0) return;
    for (const key of keys) {
      this.#rows.delete(key);
      this.#shown.delete(key);
      this.#asked.delete(key);
      void this.#drop(key);
    }
    this.#listed.fire({ sessions: [], removed: keys });
  }

  #follow(key: SessionKey): FollowedSession {
    const known = this.#followed.get(key);
    if (known !== undefined) return known;
    const row = this.#rows.get(key);
    if (row === undefined) throw gone();
    const { id, store, clock, log, device, connect } = this.#parts;
    const { title, cwd = '', updatedAt: createdAt = clock.now() } = row;
    const followed = new FollowedSession({
      key,
      session: row.id,
      client: this.#clientOf(key),
      about: {
        backend: `relay:${id}`,
        agentLabel: this.#agentOf(row),
        machine: this.#parts.label,
        title,
        cwd,
        createdAt,
      },
      device,
      connect,
      store,
      clock,
      log,
      changed: () => this.#show(key),
      gone: () => {
        log.info('A relay does not have a session that it had.');
        this.#remove([key]);
      },
    });
    this.#followed.set(key, followed);
    return followed;
  }

  async #drop(key: SessionKey): Promise<void> {
    const followed = this.#followed.get(key);
    this.#followed.delete(key);
    await followed?.[Symbol.asyncDispose]();
  }

  /** A client follows one session; under the same name again, it is the same one that comes back. */
  #clientOf(key: SessionKey): string {
    const known = this.#clients.get(key);
    if (known !== undefined) return known;
    this.#lastClient += 1;
    const client = `${this.#base}/${this.#lastClient}`;
    this.#clients.set(key, client);
    return client;
  }

  #of(key: SessionKey): { readonly session: string; readonly client: string; readonly followed: FollowedSession } {
    const row = this.#rows.get(key);
    if (row === undefined) throw gone();
    return { session: row.id, client: this.#clientOf(key), followed: this.#follow(key) };
  }

  #show(key: SessionKey): void {
    const now = this.#summary(key);
    const before = this.#shown.get(key);
    if (now === undefined || (before !== undefined && sameSummary(before, now))) return;
    this.#shown.set(key, now);
    this.#listed.fire({ sessions: [now], removed: [] });
  }

  #summary(key: SessionKey): Summary | undefined {
    const row = this.#rows.get(key);
    if (row === undefined) return undefined;
    const followed = this.#followed.get(key);
    if (followed !== undefined) {
      const now = summary(followed.session);
      return now.title === '' ? { ...now, title: row.title } : now;
    }
    const { label } = this.#parts;
    const about = { key, label, agentLabel: this.#agentOf(row) };
    return summaryOf(row, about, this.state === 'connected' ? undefined : CUT[this.state]);
  }

  #agentOf({ agent }: RelayRow): string {
    const { label } = this.#parts;
    return agent === undefined ? label : `${agent} · ${label}`;
  }

  #keyOf(session: string): SessionKey {
    return `relay:${this.#parts.id}:${session}` as SessionKey;
  }

  #make(params: object, signal: AbortSignal): Promise<string> {
    const { connect, clock } = this.#parts;
    this.#lastClient += 1;
    return makeSession({ connect, clock, client: `${this.#base}/${this.#lastClient}` }, params, signal);
  }
}

const CUT = { connecting: 'Connecting', reconnecting: 'Reconnecting', refused: 'Disconnected' } as const;

const gone = (): Failure => new Failure('gone', 'The relay does not have this session any more.');
