/**
 * One client's connection: what it is told, and in which order. Source: the relay protocol, §3 and §9.
 *
 * T1 First the welcome, then what it missed, then what waits for an answer, then its terminals, then what happens: one
 *    step as seen from the ring, so that each number comes once.
 * T2 A socket that does not keep up is told nothing but its own answers, until it has; then it is where it left off.
 * T3 A plain ACP client is told what ACP has words for, one line a frame, and of answers only its own.
 */
import type { Disposable } from '../base/disposable.ts';
import { type PeerError, sentence } from '../base/failure.ts';
import type { RpcId } from '../base/rpcFrame.ts';
import type { Session, SessionKey } from '../model/session.ts';
import { baseOf, CLOSE, WELCOME } from '../protocol/relay/names.ts';
import type { Device } from './device.ts';
import type { RelayCursor, Replay, Viewer } from './feed.ts';
import type { Hub } from './hub.ts';
import type { Driver } from './lease.ts';
import { acpLines } from './plain.ts';
import type { RelayClient, RelayFrame, RelaySocket, RelayVisitor } from './ports.ts';

/** Messages that may wait while the session is read that the client asked to look at. */
const MOST_WAITING = 1000;

export class Client implements RelayClient, Viewer {
  /** The whole `client_id`; one that a plain client was given. */
  readonly name: string;
  readonly plain: boolean;
  readonly device: Device;
  /** Its own requests that are under way. */
  readonly underway = new Map<RpcId, AbortController>();
  /** It lets a prompt wait where a turn runs. */
  queues = false;
  /** It answers `elicitation/create`. */
  elicits = false;
  readonly #hub: Hub;
  readonly #socket: RelaySocket;
  #active: SessionKey | undefined;
  /** The last number that was sent of the active session. */
  #cursor = 0;
  /** Of what told it. */
  #host: string | undefined;
  #terminals: Disposable | undefined;
  #slow = false;
  #closed = false;
  /** What it said before it was welcomed. */
  #waiting: string[] | undefined;

  constructor(hub: Hub, { device, client }: RelayVisitor, socket: RelaySocket) {
    this.#hub = hub;
    this.#socket = socket;
    this.device = device;
    this.plain = client === undefined;
    this.name = client ?? `plain-${hub.world.clock.id()}`;
  }

  /** Whose lease and terminals are its own. */
  get base(): string {
    return baseOf(this.name);
  }

  /** As the wheel knows it. */
  get driver(): Driver {
    return { client: this.base, device: this.device.id, name: this.device.name };
  }

  get active(): SessionKey | undefined {
    return this.#active;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** @param asked a session was asked for, and is not there */
  attach(key: SessionKey | undefined, cursor: RelayCursor, asked: boolean): void {
    const session = key === undefined ? undefined : this.#hub.world.store.get(key);
    if (key === undefined || session !== undefined) return this.#welcome(session, cursor, asked);
    this.#waiting ??= [];
    this.#hub.wake(key).then(
      (woken) => this.#welcome(this.#hub.latest(woken), cursor, false),
      (failure: unknown) => {
        this.#hub.world.log.info(`A session could not be shown to a device: ${sentence(failure)}`);
        this.#welcome(undefined, cursor, true);
      },
    );
  }

  /** Where it left off: what it looks at was read anew, or it has read all that it was sent. */
  attachAgain(): void {
    if (this.#closed || this.#slow || this.#waiting !== undefined) return;
    if (!this.plain) return this.attach(this.#active, { lastSeq: this.#cursor, host: this.#host }, false);
    const session = this.#active === undefined ? undefined : this.#hub.world.store.get(this.#active);
    if (session !== undefined) this.view(session, { lastSeq: this.#cursor, host: this.#host }, 'live');
  }

  /**
   * Turns to another session: what it missed there, or all of it, and what waits there for an answer. `live`: it goes on
   * with the one that it has, and was asked there already what was asked until then.
   */
  view(known: Session, cursor: RelayCursor | 'head', how: 'past' | 'live' = 'past'): Replay {
    const session = this.#hub.latest(known);
    const feed = this.#enter(session);
    const replay: Replay =
      cursor === 'head' ? { frames: [], reset: false, complete: false } : feed.replay(session, cursor);
    if (this.#slow) {
      // It is told once it has read what it was sent.
      if (cursor !== 'head') this.#cursor = replay.reset ? 0 : cursor.lastSeq;
      return replay;
    }
    this.#send(replay.frames, replay.reset ? 'past' : how);
    if (how === 'past' || replay.reset) this.#send(feed.requests(session).map(({ frame }) => frame));
    return replay;
  }

  deliver(frames: readonly RelayFrame[], last: number): void {
    if (this.#closed || this.#slow || this.#waiting !== undefined) return;
    if (this.#isBehind()) return this.#fallBehind();
    this.#cursor = last;
    this.#send(frames);
  }

  startOver(): void {
    if (this.plain) return;
    this.#cursor = 0;
    this.attachAgain();
  }

  /** Of its terminals, or what every client is told: nothing that it has to have. */
  tell(frames: readonly RelayFrame[]): void {
    if (this.#closed || this.#slow || this.plain || this.#waiting !== undefined) return;
    if (this.#isBehind()) return this.#fallBehind();
    this.#socket.send(frames);
  }

  respond(id: RpcId, result: unknown): void {
    this.say(JSON.stringify({ jsonrpc: '2.0', id, result: result ?? {} }));
  }

  refuse(id: RpcId, { code, message, data }: PeerError): void {
    this.say(JSON.stringify({ jsonrpc: '2.0', id, error: { code, message, ...(data === undefined ? {} : { data }) } }));
  }

  /** Its own, whether it keeps up or not. */
  say(line: string): void {
    if (!this.#closed) this.#socket.send([{ text: `${line}\n` }]);
  }

  receive(text: string): void {
    if (this.#closed) return;
    if (this.#waiting === undefined) {
      for (const line of text.split('\n')) if (line.trim() !== '') this.#hub.hear(this, line.trim());
    } else if (this.#waiting.push(text) > MOST_WAITING)
      this.close(CLOSE.tooLong, 'Too much was said before the welcome.');
  }

  close(code: number, reason: string): void {
    if (this.#closed) return;
    this.dispose();
    this.#socket.close(code, reason);
  }

  /** The socket is gone. What was asked on it goes on. */
  dispose(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#terminals?.dispose();
    this.#leave();
    this.#hub.left(this);
  }

  #welcome(session: Session | undefined, cursor: RelayCursor, asked: boolean): void {
    if (this.#closed) return;
    this.#terminals?.dispose();
    const { world } = this.#hub;
    const { enabled, holder, epoch: controlEpoch } = world.lease.state;
    const feed = session === undefined ? undefined : this.#enter(session);
    if (feed === undefined) this.#leave();
    const replay = session && feed?.replay(session, cursor);
    const open = (session && feed?.requests(session)) ?? [];
    const welcome = {
      type: WELCOME,
      epoch: this.#hub.nextAttach(),
      headSeq: feed?.head ?? 0,
      reset: replay?.reset ?? asked,
      busy: session?.turn.state === 'running',
      pendingPermissionIds: open.map(({ id }) => id),
      lease: enabled,
      holder: holder?.client ?? null,
      controlEpoch,
      hostId: feed?.hostId ?? world.hostId,
      sessionId: session?.key ?? null,
      oldestSeq: feed?.oldest ?? 1,
      complete: replay?.complete ?? false,
    };
    const first: RelayFrame = { text: `${JSON.stringify(welcome)}\n` };
    this.#socket.send([first, ...(replay?.frames ?? []), ...open.map(({ frame }) => frame)]);
    this.#terminals = this.#hub.terminals.attached(this.base, this.device, (frames) => this.tell(frames));
    const waiting = this.#waiting ?? [];
    this.#waiting = undefined;
    for (const text of waiting) this.receive(text);
  }

  #enter(session: Session): ReturnType<Hub['feed']> {
    this.#leave();
    const feed = this.#hub.feed(session);
    feed.viewers.add(this);
    this.#active = session.key;
    this.#cursor = feed.head;
    this.#host = feed.hostId;
    return feed;
  }

  #leave(): void {
    if (this.#active !== undefined) this.#hub.known(this.#active)?.viewers.delete(this);
    this.#active = undefined;
  }

  #isBehind(): boolean {
    const { unsentBytes, unsentFrames } = this.#hub.world.limits;
    const { bytes, frames } = this.#socket.unsent;
    return bytes > unsentBytes || frames > unsentFrames;
  }

  #fallBehind(): void {
    this.#slow = true;
    this.#terminals?.dispose();
    this.#terminals = undefined;
    this.#socket.whenDrained(() => {
      this.#slow = false;
      this.attachAgain();
    });
  }

  #send(frames: readonly RelayFrame[], how: 'live' | 'past' = 'live'): void {
    const own = this.plain ? frames.flatMap((frame) => acpLines(frame, this, how)) : frames;
    if (own.length > 0) this.#socket.send(own);
  }
}
