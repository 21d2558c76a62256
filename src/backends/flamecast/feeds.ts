/**
 * By which way the events of each session come: the socket of its host, or the server's own stream where that socket is
 * refused. Source: the Flamecast protocol, §3 and §5.
 *
 * W1 One socket for each host, whatever number of its sessions is followed.
 * W2 Where the way changes, the numbers of the other way mean nothing: the session is told anew.
 */
import type { Clock } from '../../base/clock.ts';
import type { Connect, Link } from '../../base/duplex.ts';
import { Failure } from '../../base/failure.ts';
import { excerpt, type Log } from '../../base/log.ts';
import { Reconnecting } from '../../base/reconnecting.ts';
import { parseJson } from '../../base/json.ts';
import type { Cursor } from '../../model/session.ts';
import type { FlamecastSession } from '../../protocol/flamecast/domain.ts';
import { type FlamecastEvent, readEvent } from '../../protocol/flamecast/read.ts';
import { type Place, Replay } from '../../protocol/flamecast/replay.ts';
import { FlamecastHost, type HostNews } from './host.ts';

/** What a server streams, as `text/event-stream` has it. */
export interface ServerEvent {
  readonly event: string;
  readonly id: string;
  readonly data: string;
}

export type FeedNews =
  | { readonly kind: 'heard'; readonly events: readonly FlamecastEvent[]; readonly cursor?: Cursor }
  | Extract<HostNews, { kind: 'again' | 'new life' | 'following' | 'cut' | 'terminated' | 'said' }>;

export interface FeedsParts {
  readonly clock: Clock;
  readonly log: Log;
  socket(url: string): Connect<string> | undefined;
  stream(session: string, after: number): Connect<ServerEvent, never>;
  tell(session: string, news: FeedNews): void;
  terminal(host: string, event: FlamecastEvent | undefined): void;
  listed(): void;
}

/** Where a place counts. */
interface WayPlace {
  readonly way: string;
  readonly place: Place;
}

const STREAM = 'stream';

export class Feeds implements AsyncDisposable {
  readonly #parts: FeedsParts;
  /** By address. */
  readonly #hosts = new Map<string, FlamecastHost>();
  readonly #ways = new Map<string, string>();
  readonly #streams = new Map<string, Reconnecting<ServerEvent, never>>();

  constructor(parts: FeedsParts) {
    this.#parts = parts;
  }

  /** All that happens in it from now on is told, after what the cursor says that we know. */
  follow({ id, websocketUrl }: FlamecastSession, cursor: Cursor | undefined): void {
    const host = websocketUrl === undefined ? undefined : this.#host(websocketUrl);
    const known = placeOf(cursor);
    if (host === undefined || websocketUrl === undefined) return this.#stream(id, known);
    this.#ways.set(id, websocketUrl);
    this.#awayFrom(id, known, websocketUrl);
    host.follow(id, known?.way === websocketUrl ? known.place : undefined);
    if (host.trouble !== undefined && !host.isConnected) this.#instead(id, host.trouble);
  }

  leave(session: string): void {
    const way = this.#ways.get(session);
    this.#ways.delete(session);
    if (way !== undefined) this.#hosts.get(way)?.leave(session);
    void this.#streams.get(session)?.[Symbol.asyncDispose]();
    this.#streams.delete(session);
  }

  /** @throws Failure `unsupported`, without a socket nobody can be told */
  cancel(session: string): void {
    const host = this.#hosts.get(this.#ways.get(session) ?? '');
    if (host?.isConnected !== true)
      throw new Failure('unsupported', 'This turn cannot be cancelled from here.', 'End the session, or wait for it.');
    host.say({ action: 'cancel', sessionId: session });
  }

  /** The host of an instance, connected from now on; undefined: it may not be connected to. */
  host(url: string): FlamecastHost | undefined {
    return this.#host(url);
  }

  retry(): void {
    for (const host of this.#hosts.values()) host.retry();
    for (const stream of this.#streams.values()) stream.retry();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const all = [...this.#hosts.values(), ...this.#streams.values()];
    this.#hosts.clear();
    this.#streams.clear();
    await Promise.all(all.map((each) => each[Symbol.asyncDispose]()));
  }

  #host(url: string): FlamecastHost | undefined {
    const known = this.#hosts.get(url);
    if (known !== undefined) return known;
    const { socket, clock, log, terminal, listed } = this.#parts;
    const connect = socket(url);
    if (connect === undefined) return undefined;
    const host = new FlamecastHost({
      connect,
      clock,
      log,
      tell: (session, news) => this.#hear(url, session, news),
      terminal: (event) => terminal(url, event),
      listed,
    });
    this.#hosts.set(url, host);
    return host;
  }

  #hear(way: string, session: string, news: HostNews): void {
    if (news.kind === 'terminated') return this.#parts.tell(session, news);
    if (this.#ways.get(session) !== way) return;
    if (news.kind === 'refused') return this.#instead(session, new Failure('refused', news.why));
    if (news.kind === 'heard')
      return this.#parts.tell(session, {
        kind: 'heard',
        events: news.events,
        ...cursorOf(way, news.last),
      });
    if (news.kind === 'cut' && news.why.code === 'refused') return this.#instead(session, news.why);
    this.#parts.tell(session, news);
  }

  /** The socket does not let us in: the server itself tells what happens. */
  #instead(session: string, why: Failure): void {
    this.#parts.log.info(`A session is followed without a socket: ${excerpt(why.message)}`);
    const way = this.#ways.get(session);
    if (way !== undefined) this.#hosts.get(way)?.leave(session);
    this.#ways.delete(session);
    this.#stream(session, undefined);
  }

  #stream(session: string, known: WayPlace | undefined): void {
    if (this.#streams.has(session)) return;
    this.#ways.set(session, STREAM);
    this.#awayFrom(session, known, STREAM);
    const replay = new Replay();
    replay.begin({ after: known?.way === STREAM ? known.place : undefined, ordered: true });
    const { stream, clock, log } = this.#parts;
    this.#streams.set(
      session,
      new Reconnecting<ServerEvent, never>({
        connect: (signal) => {
          replay.begin({ ordered: true });
          return stream(session, replay.since)(signal);
        },
        clock,
        log,
        name: 'The stream of a session',
        greet: (link) => {
          void this.#read(session, replay, link);
          this.#parts.tell(session, { kind: 'following' });
          return Promise.resolve();
        },
        changed: () => this.#streamTurned(session),
      }),
    );
  }

  async #read(session: string, replay: Replay, link: Link<ServerEvent, never>): Promise<void> {
    try {
      for await (const batch of link.messages.readable)
        for (const said of batch) if (!this.#takeStreamed(session, replay, said)) return link.end();
    } catch {
      // The end of the connection tells it.
    }
  }

  /** False: what it tells is not what goes on from what we know, and has to be told from the start. */
  #takeStreamed(session: string, replay: Replay, { event: name, data }: ServerEvent): boolean {
    if (name === 'session.terminated') this.#parts.tell(session, { kind: 'terminated' });
    const event = name === 'session.terminated' ? undefined : readEvent(parseJson(data));
    if (event === undefined) return true;
    const { events, afresh } = replay.take(event);
    if (afresh) {
      this.#parts.tell(session, { kind: 'new life' });
      replay.again();
    } else if (events.length > 0)
      this.#parts.tell(session, { kind: 'heard', events, ...cursorOf(STREAM, replay.last) });
    return !afresh;
  }

  #streamTurned(session: string): void {
    const stream = this.#streams.get(session);
    if (stream === undefined || stream.state === 'connected') return;
    const why = stream.trouble ?? new Failure('lost', 'The server does not say what happens.');
    this.#parts.tell(session, { kind: 'cut', why });
  }

  /** What we know was numbered elsewhere. */
  #awayFrom(session: string, known: WayPlace | undefined, way: string): void {
    if (known?.way !== way) this.#parts.tell(session, { kind: 'again' });
  }
}

const cursorOf = (way: string, place: Place | undefined): { readonly cursor?: Cursor } =>
  place === undefined ? {} : { cursor: `${place.seq} ${place.stamp} ${way}` as Cursor };

const placeOf = (cursor: Cursor | undefined): WayPlace | undefined => {
  const [, seq, stamp, way] = /^(\d+) (\S*) (.+)$/u.exec(cursor ?? '') ?? [];
  return way === undefined || stamp === undefined ? undefined : { way, place: { seq: Number(seq), stamp } };
};
