/**
 * One socket to a Flamecast host, for all of its sessions that are followed. Source: the Flamecast protocol, §5 and §6.
 *
 * H1 Nothing is asked before the host has said that we are connected; an older one, which has a socket for each session,
 *    may never say it.
 * H2 What a failure is of the host does not say: it is logged, and nothing waits for it.
 * H3 A host that does not answer a ping is gone. Older ones have no answer to it.
 */
import { abortable } from '../../base/abortable.ts';
import { type Clock, pause } from '../../base/clock.ts';
import type { Disposable } from '../../base/disposable.ts';
import type { Connect, Link } from '../../base/duplex.ts';
import { Failure } from '../../base/failure.ts';
import { excerpt, type Log } from '../../base/log.ts';
import { Reconnecting } from '../../base/reconnecting.ts';
import { Heartbeat } from '../heartbeat.ts';
import { type FlamecastEvent, type FromFlamecast, readFlamecast } from '../../protocol/flamecast/read.ts';
import { type Heard, type Place, Replay } from '../../protocol/flamecast/replay.ts';

/** Milliseconds. */
const GREETING = 3000;
/** Until what a subscription replays is taken as it came: hosts say when it stands. */
const SETTLE = 5000;
/** An older one tells all of it without a word at its end: that is where nothing more comes for a moment, and soon at the latest. */
const QUIET = 200;
const QUIET_AT_MOST = 1500;

/** Of a session: what has become of its place here. */
export type HostNews =
  | { readonly kind: 'heard'; readonly events: readonly FlamecastEvent[]; readonly last: Place | undefined }
  /** What follows is told from the session's beginning, whatever was told before. */
  | { readonly kind: 'again' }
  /** The host was started again, or has forgotten what happened meanwhile: something may be missing before what follows. */
  | { readonly kind: 'new life' }
  /** From now on all that happens is heard. */
  | { readonly kind: 'following' }
  /** Nothing is heard before the socket is back. */
  | { readonly kind: 'cut'; readonly why: Failure }
  /** The host does not let us follow it on this socket. */
  | { readonly kind: 'refused'; readonly why: string }
  /** Of nothing that it names. */
  | { readonly kind: 'said'; readonly message: string }
  | { readonly kind: 'terminated' };

export interface FlamecastHostParts {
  readonly connect: Connect<string>;
  readonly clock: Clock;
  readonly log: Log;
  tell(session: string, news: HostNews): void;
  /** Of a terminal that belongs to no session; undefined: all of them are gone. */
  terminal(event: FlamecastEvent | undefined): void;
  /** The host has, or has not, another session. */
  listed(): void;
}

interface Followed {
  readonly replay: Replay;
  settling: Disposable | undefined;
  /** When that is over at the latest, in milliseconds of the clock that never jumps. */
  latest: number;
}

/** The channel of what belongs to no session, in the place of a session: none is called so. */
const TERMINALS = '';

type Dialect = 'channels' | 'one session';

export class FlamecastHost implements AsyncDisposable {
  readonly #parts: FlamecastHostParts;
  readonly #connection: Reconnecting<string>;
  readonly #followed = new Map<string, Followed>();
  #writer: WritableStreamDefaultWriter<readonly string[]> | undefined;
  #dialect: Dialect | undefined;
  #greeted: PromiseWithResolvers<Dialect> | undefined;
  /** What was said before it was known which dialect is spoken. */
  #early: FlamecastEvent[] = [];
  #terminalsStand: PromiseWithResolvers<void> = Promise.withResolvers();
  #heartbeat: Heartbeat | undefined;

  constructor(parts: FlamecastHostParts) {
    this.#parts = parts;
    const { connect, clock, log } = parts;
    this.#connection = new Reconnecting({
      connect,
      clock,
      log,
      name: 'A Flamecast host',
      greet: (link, signal) => this.#greet(link, signal),
      changed: () => this.#turned(),
    });
  }

  /** What kept it from being connected last; a socket that is refused is not tried again by itself. */
  get trouble(): Failure | undefined {
    return this.#connection.trouble;
  }

  get isConnected(): boolean {
    return this.#connection.state === 'connected';
  }

  /** Goes on after an event of this host; undefined: from the start. */
  follow(session: string, after: Place | undefined): void {
    const followed = { replay: new Replay(), settling: undefined, latest: 0 };
    this.#followed.set(session, followed);
    followed.replay.begin({ after });
    if (this.#dialect !== undefined) this.#subscribe(session, followed);
  }

  leave(session: string): void {
    const followed = this.#followed.get(session);
    if (!this.#followed.delete(session)) return;
    followed?.settling?.dispose();
    if (this.#dialect === 'channels') this.say({ action: 'unsubscribe', channel: channelOf(session) });
  }

  /**
   * Terminals that belong to no session are told of from now on; resolves when what was before has been passed over.
   * @throws Failure `unsupported`, this host has none; `offline`, the reason of the signal
   */
  async followTerminals(signal: AbortSignal): Promise<void> {
    await this.reach(signal);
    if (this.#dialect !== 'channels') throw new Failure('unsupported', 'This host has no terminals.');
    if (!this.#followed.has(TERMINALS)) {
      this.#terminalsStand = Promise.withResolvers();
      this.follow(TERMINALS, undefined);
    }
    await abortable(this.#terminalsStand.promise, signal);
  }

  /** One action of the wire, in vain without a connection: none of them has an answer of its own. */
  say(action: object): void {
    this.#writer?.write([JSON.stringify(action)]).catch(() => undefined);
  }

  retry(): void {
    this.#connection.retry();
  }

  async reach(signal: AbortSignal): Promise<void> {
    await this.#connection.reach(signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#heartbeat?.dispose();
    for (const { settling } of this.#followed.values()) settling?.dispose();
    this.#followed.clear();
    await this.#connection[Symbol.asyncDispose]();
  }

  async #greet(link: Link<string>, signal: AbortSignal): Promise<void> {
    const greeted = Promise.withResolvers<Dialect>();
    this.#greeted = greeted;
    this.#dialect = undefined;
    this.#early = [];
    this.#writer = link.messages.writable.getWriter();
    void this.#read(link);
    // One that says nothing has no session at this moment, and one socket for each.
    const silence = pause(this.#parts.clock, GREETING, signal).then((): Dialect => 'one session');
    silence.catch(() => undefined);
    this.#dialect = await Promise.race([greeted.promise, silence]);
    for (const [session, followed] of this.#followed) {
      followed.replay.begin();
      this.#subscribe(session, followed);
    }
    for (const event of this.#early.splice(0)) this.#hear(event);
    if (this.#dialect !== 'channels') return;
    const ping = (): void => this.say({ action: 'ping' });
    this.#heartbeat = new Heartbeat({ clock: this.#parts.clock, ping, gone: () => link.end() });
  }

  async #read({ messages }: Link<string>): Promise<void> {
    try {
      for await (const batch of messages.readable) for (const text of batch) this.#take(readFlamecast(text));
    } catch {
      // The end of the connection tells it.
    }
  }

  #take(said: FromFlamecast): void {
    const { log } = this.#parts;
    switch (said.kind) {
      case 'connected':
        return this.#greeted?.resolve(said.connection === undefined ? 'one session' : 'channels');
      case 'subscribed':
        return this.#settled(sessionIn(said.channel));
      case 'event':
        return this.#hear(said.event);
      case 'created':
        return this.#parts.listed();
      case 'terminated':
        this.#parts.tell(said.session, { kind: 'terminated' });
        return this.#parts.listed();
      case 'error': {
        log.warn(`A Flamecast host: ${excerpt(said.message)}`);
        const session = said.channel === undefined ? undefined : sessionIn(said.channel);
        // What is wrong with a terminal names it no more than anything else.
        if (said.message.startsWith('terminal.'))
          this.#parts.terminal({ type: 'error', data: { message: said.message } });
        if (session === undefined) {
          for (const each of this.#sessions) this.#parts.tell(each, { kind: 'said', message: said.message });
        } else if (session === TERMINALS) this.#settled(TERMINALS);
        else if (this.#followed.has(session))
          this.#parts.tell(session, { kind: 'refused', why: excerpt(said.message) });
        return;
      }
      case 'pong':
        return this.#heartbeat?.answered();
      case 'garbage':
        return log.warn(`A Flamecast host said what is no message: ${excerpt(said.text)}`);
      default:
        return log.debug(`A Flamecast host said ${said.kind}.`);
    }
  }

  #hear(event: FlamecastEvent): void {
    if (this.#dialect === undefined) {
      // Whoever tells without a channel has a socket for each session.
      if (event.channel === undefined) this.#greeted?.resolve('one session');
      return void this.#early.push(event);
    }
    // The socket of one session names none.
    const session = event.session ?? (this.#dialect === 'one session' ? this.#sessions[0] : undefined) ?? TERMINALS;
    const followed = this.#followed.get(session);
    if (followed === undefined) return;
    this.#tell(session, followed, followed.replay.take(event));
    if (this.#dialect === 'one session' && followed.settling !== undefined) this.#settleIn(QUIET, session, followed);
  }

  #subscribe(session: string, followed: Followed): void {
    const { replay } = followed;
    const since = replay.since === 0 ? {} : { since: replay.since };
    if (this.#dialect === 'one session') {
      replay.again();
      // It tells everything, without numbers, as soon as somebody comes.
      this.#parts.tell(session, { kind: 'again' });
      followed.latest = this.#parts.clock.monotonic() + QUIET_AT_MOST;
      return this.#settleIn(QUIET, session, followed);
    }
    this.say({ action: 'subscribe', channel: channelOf(session), ...since });
    followed.latest = this.#parts.clock.monotonic() + SETTLE;
    this.#settleIn(SETTLE, session, followed);
  }

  /** After so many milliseconds, and when it has to at the latest. */
  #settleIn(milliseconds: number, session: string, followed: Followed): void {
    const { clock } = this.#parts;
    followed.settling?.dispose();
    const left = Math.max(0, followed.latest - clock.monotonic());
    followed.settling = clock.after(Math.min(milliseconds, left), () => this.#settled(session));
  }

  #settled(session: string | undefined): void {
    const followed = session === undefined ? undefined : this.#followed.get(session);
    if (session === undefined || followed === undefined) return;
    followed.settling?.dispose();
    followed.settling = undefined;
    this.#tell(session, followed, followed.replay.settled());
    if (session === TERMINALS) this.#terminalsStand.resolve();
    else this.#parts.tell(session, { kind: 'following' });
  }

  #tell(session: string, followed: Followed, heard: Heard): void {
    if (session === TERMINALS) return this.#tellTerminals(heard);
    const { events, afresh } = heard;
    const { replay } = followed;
    if (afresh) {
      this.#parts.tell(session, { kind: 'new life' });
      // What it numbered before what was asked for may be new.
      replay.again();
      return this.#subscribe(session, followed);
    }
    if (events.length > 0) this.#parts.tell(session, { kind: 'heard', events, last: replay.last });
  }

  #tellTerminals({ events, afresh }: Heard): void {
    const { terminal } = this.#parts;
    const followed = this.#followed.get(TERMINALS);
    if (afresh && followed !== undefined) {
      terminal(undefined);
      followed.replay.again();
      return this.#subscribe(TERMINALS, followed);
    }
    for (const event of events) terminal(event);
  }

  get #sessions(): readonly string[] {
    return [...this.#followed.keys()].filter((session) => session !== TERMINALS);
  }

  #turned(): void {
    const { state, trouble } = this.#connection;
    if (state === 'connected') return;
    this.#heartbeat?.dispose();
    for (const { settling } of this.#followed.values()) settling?.dispose();
    this.#writer = undefined;
    this.#dialect = undefined;
    const why = trouble ?? new Failure('lost', 'The host is not connected.');
    for (const session of this.#sessions) this.#parts.tell(session, { kind: 'cut', why });
  }
}

const channelOf = (session: string): string => (session === TERMINALS ? 'terminals' : `session:${session}`);

const sessionIn = (channel: string): string | undefined => {
  if (channel === 'terminals') return TERMINALS;
  const [kind, session] = channel.split(':');
  return kind === 'session' ? session : undefined;
};
