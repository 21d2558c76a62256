/**
 * The background host as a window sees it: its sessions, mirrored.
 *
 * M1 What stands in the window's store has the host's numbers: nothing is numbered, folded from another past or answered
 *    here, neither by a rule nor because something ended.
 * M2 After a cut each session goes on from the position that is known; where the host cannot, it is taken anew.
 * M3 What was asked and not answered before a cut is never asked again by itself: nobody knows what became of it.
 * M4 A host of another version is told to the person, who decides; nothing is guessed.
 * M5 What was closed stays closed: following a session wakes it only where somebody looks at it.
 */
import { abortable } from '../base/abortable.ts';
import { Backoff } from '../base/backoff.ts';
import { type Clock, pause } from '../base/clock.ts';
import { Emitter } from '../base/event.ts';
import { Failure, sentence } from '../base/failure.ts';
import type { Log } from '../base/log.ts';
import type { Command } from '../model/event.ts';
import type { Session, SessionKey } from '../model/session.ts';
import type { Summary } from '../model/summary.ts';
import type { HostGreeting } from '../protocol/view/greeting.ts';
import type { Action, FromSurface, HostAction, Setup } from '../protocol/view/messages.ts';
import type { RelayState } from '../protocol/view/relay.ts';
import type { Flags } from '../router/journal.ts';
import type { TerminalTold, TerminalWish } from '../protocol/view/terminal.ts';
import type { RemoteStore } from '../router/ports.ts';
import type { Listed, SessionStore } from '../router/store.ts';
import { Answering, type Answers } from './host/answering.ts';
import { HostConnection, type HostLine, type Told } from './host/connection.ts';
import { linkAfter, stateAfter } from './host/loss.ts';
import { Mirror } from './host/mirror.ts';

/** `refused`: it is of another version; it is tried again when somebody says so. */
export type HostState = 'connecting' | 'connected' | 'reconnecting' | 'gone' | 'refused';

export interface HostBackendParts {
  readonly store: Pick<SessionStore, 'mirror' | 'remove'>;
  readonly clock: Clock;
  readonly log: Log;
  /** The version of this program, for a person. */
  readonly app: string;
  /** What its machine is called, where that is another one: it stands behind the name of each agent. */
  readonly machine?: string;
  /** Who does what is done here, as others are told. */
  readonly device: string;
  /** A line to the host, and the token to show there; may start it. @throws Failure `gone`, there is none */
  connect(signal: AbortSignal): Promise<HostLine>;
  /** Whether a session that is awake is followed unasked: so that its questions are heard. */
  follows(session: Summary): boolean;
  /** What the host may ask for. Only one of this machine: its paths and the person's secrets are of this machine. */
  readonly answers?: Answers;
}

export class HostBackend implements RemoteStore, AsyncDisposable {
  readonly #parts: HostBackendParts;
  readonly #backoff: Backoff;
  readonly #ending = new AbortController();
  readonly #summaries = new Map<SessionKey, Summary>();
  readonly #mirrors = new Map<SessionKey, Mirror>();
  /** Those that somebody asked for, awake or not. */
  readonly #asked = new Set<SessionKey>();
  readonly #listed: Emitter<Listed>;
  readonly #changed: Emitter<void>;
  readonly #terminals: Emitter<TerminalTold>;
  readonly #running: Promise<void>;
  #connection: HostConnection | undefined;
  #state: HostState = 'connecting';
  #trouble: Failure | undefined;
  #setup: Setup | undefined;
  #relay: RelayState | undefined;
  #greeting: HostGreeting | undefined;
  /** The list that comes next is whole. */
  #fresh = true;
  /** The host whose list that was. */
  #listedBy: string | undefined;
  #retry: AbortController | undefined;
  readonly #waiting = new Set<PromiseWithResolvers<void>>();

  constructor(parts: HostBackendParts) {
    this.#parts = parts;
    this.#backoff = new Backoff(parts.clock);
    const failed = (failure: unknown): void => parts.log.error(`A listener of the host failed: ${sentence(failure)}`);
    this.#listed = new Emitter(failed);
    this.#changed = new Emitter(failed);
    this.#terminals = new Emitter(failed);
    this.#running = this.#run();
  }

  get isHere(): boolean {
    return this.#parts.machine === undefined;
  }

  get state(): HostState {
    return this.#state;
  }

  /** Why it is not connected: what happened, and what to do. */
  get trouble(): Failure | undefined {
    return this.#state === 'connected' ? undefined : this.#trouble;
  }

  /** What the host said of itself when it was connected last. */
  get greeting(): HostGreeting | undefined {
    return this.#greeting;
  }

  /** Its agents and rules. */
  get setup(): Setup | undefined {
    return this.#setup;
  }

  /** Of its relay, as it was told last; undefined where nobody has asked for that since it was connected. */
  get relay(): RelayState | undefined {
    return this.#relay;
  }

  /** Its state, its set-up or its relay. */
  get onChanged(): Emitter<void>['event'] {
    return this.#changed.event;
  }

  get onListed(): Emitter<Listed>['event'] {
    return this.#listed.event;
  }

  /** All its sessions, awake and asleep, as they were told last; without a connection, nobody knows what they do. */
  all(): readonly Summary[] {
    return [...this.#summaries.values()].map((known) => this.#shown(known));
  }

  has(key: SessionKey): boolean {
    return this.#summaries.has(key);
  }

  get(key: SessionKey): Summary | undefined {
    const known = this.#summaries.get(key);
    return known && this.#shown(known);
  }

  /**
   * The session as it stands in the store from now on; it is woken there where it sleeps.
   * @throws Failure `offline`, `gone`
   */
  async attach(key: SessionKey, signal: AbortSignal): Promise<Session> {
    this.#online();
    this.#asked.add(key);
    return await this.#follow(key).first(signal);
  }

  /** Nobody looks at it any more: it is followed on only where it is anyway. */
  release(key: SessionKey): void {
    this.#asked.delete(key);
    const summary = this.#summaries.get(key);
    if (summary === undefined || !this.#isFollowed(summary)) this.#drop(key);
  }

  /** @throws Failure what kept it from being opened; `offline`, `unknown` */
  async open(
    options: Omit<Extract<HostAction, { kind: 'session/open' }>, 'kind'>,
    signal: AbortSignal,
  ): Promise<SessionKey> {
    const key = (await this.act({ kind: 'session/open', ...options }, signal)) as SessionKey;
    await this.attach(key, signal);
    return key;
  }

  async perform(key: SessionKey, command: Command, signal: AbortSignal): Promise<void> {
    await this.#online().ask((id) => ({ type: 'command', id, key, command }), signal);
  }

  async resume(key: SessionKey, signal: AbortSignal): Promise<void> {
    await this.act({ kind: 'session/resume', key }, signal);
  }

  async mark(key: SessionKey, flags: Partial<Flags>, signal: AbortSignal): Promise<void> {
    await this.act({ kind: 'session/mark', key, ...flags }, signal);
  }

  async erase(key: SessionKey, signal: AbortSignal): Promise<void> {
    await this.act({ kind: 'session/erase', key }, signal);
  }

  /** @returns the text of the answer, where there is one */
  async act(action: HostAction, signal: AbortSignal): Promise<string> {
    return await this.#online().ask((id) => ({ type: 'host', id, action }), signal);
  }

  /** What a page asks of the window, and only the host can do. */
  async do(action: Action, signal: AbortSignal): Promise<void> {
    await this.#online().ask((id) => ({ type: 'do', id, action }), signal);
  }

  /** A text that is kept apart from its session. */
  async readLarge(key: SessionKey, name: string, signal: AbortSignal): Promise<string> {
    return await this.#online().ask((id) => ({ type: 'large', id, key, name }), signal);
  }

  /** What its terminals say. */
  get onTerminal(): Emitter<TerminalTold>['event'] {
    return this.#terminals.event;
  }

  /** To one of them; said in vain without a connection. */
  terminal(terminal: string, wish: TerminalWish): void {
    this.#connection?.say({ type: 'terminal', terminal, wish });
  }

  /** Resolves when it is connected, now or by an attempt that is made at once. @throws Failure why that failed */
  async reach(signal: AbortSignal): Promise<void> {
    if (this.#state === 'connected') return;
    this.retry();
    const reached = Promise.withResolvers<void>();
    this.#waiting.add(reached);
    await abortable(reached.promise, signal).finally(() => this.#waiting.delete(reached));
  }

  /** Tries now, whatever was. */
  retry(): void {
    this.#backoff.forgive();
    this.#retry?.abort();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ending.abort(new Failure('ended', 'The window is closing.'));
    this.#connection?.end();
    await this.#running;
    for (const key of this.#mirrors.keys()) this.#drop(key);
    this.#listed.dispose();
    this.#changed.dispose();
    this.#terminals.dispose();
  }

  async #run(): Promise<void> {
    const { signal } = this.#ending;
    while (!signal.aborted) {
      const failure = await this.#connect(signal).catch((cause: unknown) => asFailure(cause));
      this.#connection = undefined;
      if (signal.aborted) return;
      this.#backoff.down();
      this.#lost(failure);
      await this.#wait(signal);
    }
  }

  /** Resolves with the end of a connection; rejects where there is none. */
  async #connect(signal: AbortSignal): Promise<Failure> {
    const { app, device, connect, clock, log, answers } = this.#parts;
    const line = await connect(signal);
    const connection = await HostConnection.open(line, { app, device, log }, signal);
    this.#greeting = connection.greeting;
    this.#connection = connection;
    // Ended in the very moment in which it was opened: whoever ends it has not seen it.
    if (signal.aborted) connection.end();
    this.#fresh = true;
    this.#backoff.up();
    return await connection.listen(
      (message) => (message.type === 'terminal' ? this.#tell(message) : this.#receive(message)),
      answers && ((say) => new Answering({ answers, clock, say })),
    );
  }

  /** Until it is time, or somebody wants it now. */
  async #wait(signal: AbortSignal): Promise<void> {
    const { clock } = this.#parts;
    const retry = new AbortController();
    this.#retry = retry;
    const either = AbortSignal.any([signal, retry.signal]);
    const never = new Promise<void>((resolve) => either.addEventListener('abort', () => resolve(), { once: true }));
    await (this.#state === 'refused' ? never : pause(clock, this.#backoff.wait, either).catch(() => undefined));
    this.#retry = undefined;
    // What waits for either is kept alive until one of them comes.
    retry.abort();
  }

  #lost(failure: Failure): void {
    this.#trouble = failure;
    this.#relay = undefined;
    for (const { reject } of this.#waiting) reject(failure);
    this.#parts.log.info(`The background host: ${failure.message}`);
    const state = stateAfter(failure);
    for (const mirror of this.#mirrors.values()) mirror.cover(linkAfter(state, failure), this.#parts.clock.id());
    if (this.#state === state) return;
    this.#state = state;
    this.#listed.fire({ sessions: this.all(), removed: [] });
    this.#changed.fire();
  }

  /** Of those that run for what is followed here, and of one that a person is to sign in in. */
  #tell(message: TerminalTold): void {
    const { news } = message;
    const isOurs =
      news.kind !== 'opened' || (news.session === undefined ? news.front === true : this.#mirrors.has(news.session));
    if (isOurs) this.#terminals.fire(message);
  }

  #receive(message: Exclude<Told, TerminalTold>): void {
    switch (message.type) {
      case 'relay':
        this.#relay = message.state;
        return this.#changed.fire();
      case 'welcome':
      case 'setup':
        this.#setup = message.setup;
        this.#trouble = undefined;
        // Said again by the host when it changes: a state that stays the same is news here.
        this.#state = 'connected';
        for (const { resolve } of this.#waiting) resolve();
        this.#changed.fire();
        return;
      case 'catalogue':
        return this.#list(message);
      case 'snapshot': {
        const { key, session } = message;
        return this.#mirrors.get(key)?.receive({ type: 'snapshot', key, session: this.#placed(session) });
      }
      case 'events':
      case 'page':
        this.#mirrors.get(message.key)?.receive(message);
        return;
      default:
        // For a surface.
        return;
    }
  }

  #list({ sessions, removed }: Listed): void {
    const gone = new Set(removed);
    if (this.#fresh) {
      const now = new Map(sessions.map((session) => [session.key, session]));
      const isSame = this.#listedBy === this.#greeting?.hostId;
      this.#listedBy = this.#greeting?.hostId;
      for (const { key, asleep } of this.#summaries.values()) {
        // One that was closed meanwhile stays closed; those that somebody looks at outlive their host here.
        const fell = asleep !== true && now.get(key)?.asleep === true && (isSame || !this.#asked.has(key));
        if (fell || !now.has(key)) gone.add(key);
      }
    }
    for (const key of gone) {
      this.#summaries.delete(key);
      this.#drop(key);
    }
    for (const session of sessions) this.#summaries.set(session.key, this.#placed(session));
    this.#listed.fire({ sessions: sessions.flatMap(({ key }) => this.get(key) ?? []), removed: [...gone] });
    for (const session of sessions) if (this.#isFollowed(session)) this.#follow(session.key);
    // Those that go on from where they were.
    if (this.#fresh) for (const mirror of this.#mirrors.values()) mirror.attach();
    this.#fresh = false;
  }

  #isFollowed(session: Summary): boolean {
    if (this.#asked.has(session.key)) return true;
    return session.asleep !== true && this.#parts.follows(session);
  }

  #follow(key: SessionKey): Mirror {
    const known = this.#mirrors.get(key);
    if (known !== undefined) return known;
    const { store } = this.#parts;
    const say = (message: FromSurface): void => {
      // Closed in this very moment, it would be open again by our following it.
      const unasked = message.type === 'attach' && !this.#asked.has(key);
      this.#connection?.say(unasked ? { ...message, wake: false } : message);
    };
    const mirror = new Mirror({ key, store, say });
    this.#mirrors.set(key, mirror);
    // While the list of a new connection is read, all attach when it is.
    if (!this.#fresh) mirror.attach();
    return mirror;
  }

  #drop(key: SessionKey): void {
    this.#asked.delete(key);
    this.#mirrors.get(key)?.dispose();
    this.#mirrors.delete(key);
  }

  #online(): HostConnection {
    if (this.#connection !== undefined && this.#state === 'connected') return this.#connection;
    throw new Failure(
      'offline',
      this.#trouble?.message ?? 'The background host is not connected yet.',
      this.#trouble?.next ?? 'Wait a moment, then try again.',
    );
  }

  /** With where it is, which the host need not say of what is with it. */
  #placed<T extends Pick<Session, 'agentLabel' | 'machine'>>(session: T): T {
    const { machine } = this.#parts;
    if (machine === undefined) return session;
    return { ...session, agentLabel: `${session.agentLabel} · ${machine}`, machine: session.machine ?? machine };
  }

  #shown(known: Summary): Summary {
    if (this.#state === 'connected' || known.asleep === true) return known;
    return { ...known, state: this.#state === 'reconnecting' ? 'Reconnecting' : 'Disconnected' };
  }
}

const asFailure = (failure: unknown): Failure =>
  failure instanceof Failure ? failure : new Failure('failed', sentence(failure), undefined, { cause: failure });
