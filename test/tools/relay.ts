/** A relay over a real store and a real router, with an agent that does what the test says, and clients that say lines. */
import { Failure } from '../../src/base/failure.ts';
import { silent } from '../../src/base/log.ts';
import { type ManualClock, manualClock } from '../../src/base/testing.ts';
import type { SessionEvent } from '../../src/model/event.ts';
import { isFields } from '../../src/model/fold/read.ts';
import { emptySession, type Session, type SessionKey } from '../../src/model/session.ts';
import { isClientId } from '../../src/protocol/relay/names.ts';
import type { Device } from '../../src/relay/device.ts';
import { Lease } from '../../src/relay/lease.ts';
import {
  RELAY_LIMITS,
  type RelayFrame,
  type RelayLimits,
  type RelaySocket,
  type RelayWorld,
} from '../../src/relay/ports.ts';
import { Relay } from '../../src/relay/relay.ts';
import { tellWheel } from '../../src/relay/wheel.ts';
import { Catalogue } from '../../src/router/catalogue.ts';
import type { Stored } from '../../src/router/journal.ts';
import { Router } from '../../src/router/router.ts';
import { SessionStore } from '../../src/router/store.ts';
import { noJournal } from '../../src/router/testing.ts';
import { RecordingBackend } from './backend.ts';
import { settled } from './surface.ts';

export type Message = Readonly<Record<string, unknown>>;

export const phone: Device = { id: 'd-phone', name: 'Phone', capability: 'drive' };
export const tablet: Device = { id: 'd-tablet', name: 'Tablet', capability: 'drive' };
export const owner: Device = { id: 'owner', name: 'Desk', capability: 'drive', owner: true };

/** One end of a socket in this process: what came waits in `inbox` until the test takes it. */
class TestSocket implements RelaySocket {
  /** Each WebSocket message. */
  frames: RelayFrame[] = [];
  closed: { readonly code: number; readonly reason: string } | undefined;
  #unsent: { bytes: number; frames: number } | undefined;
  #drained: (() => void) | undefined;

  send(frames: readonly RelayFrame[]): void {
    if (this.closed !== undefined) return;
    this.frames.push(...frames);
    if (this.#unsent === undefined) return;
    this.#unsent.frames += frames.length;
    for (const { text } of frames) this.#unsent.bytes += text.length;
  }

  get unsent(): { readonly bytes: number; readonly frames: number } {
    return this.#unsent ?? { bytes: 0, frames: 0 };
  }

  whenDrained(run: () => void): void {
    this.#drained = run;
  }

  /** From now on the other side reads nothing. */
  stall(): void {
    this.#unsent = { bytes: 0, frames: 0 };
  }

  drain(): void {
    this.#unsent = undefined;
    const run = this.#drained;
    this.#drained = undefined;
    run?.();
  }

  close(code: number, reason: string): void {
    this.closed = { code, reason };
  }
}

/** A client as a program on another device: it counts its requests and keeps everything that it heard. */
export class TestClient {
  readonly socket = new TestSocket();
  readonly heard: Message[] = [];
  readonly #room: RelayRoom;
  readonly #open: ReturnType<Relay['open']>;
  readonly #name: string;
  #count = 0;

  constructor(room: RelayRoom, options: ClientOptions) {
    const { client, device = phone, session, lastSeq = 0, host } = options;
    if (client !== undefined && !isClientId(client)) throw new Error(`${client} is no client id.`);
    if (options.stalled === true) this.socket.stall();
    this.#room = room;
    this.#name = client ?? 'own';
    this.#open = room.relay.open({ device, client, session, lastSeq, host }, this.socket);
  }

  /** What came since it was taken last, each line of it. */
  take(): readonly Message[] {
    const frames = this.socket.frames;
    this.socket.frames = [];
    const taken = frames.flatMap(({ text }) =>
      text
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as Message),
    );
    this.heard.push(...taken);
    return taken;
  }

  /** What came in each WebSocket message since it was taken last. */
  takeTexts(): readonly string[] {
    const { frames } = this.socket;
    this.socket.frames = [];
    return frames.map(({ text }) => text);
  }

  say(...messages: readonly (object | string)[]): void {
    const lines = messages.map((message) => (typeof message === 'string' ? message : JSON.stringify(message)));
    this.#open.receive(lines.join('\n'));
  }

  /** Sends a request, and gives its id. */
  ask(
    method: string,
    params: object = {},
    id: string | number = `${this.#name}:${(this.#count += 1)}`,
  ): string | number {
    this.say({ jsonrpc: '2.0', id, method, params });
    return id;
  }

  /** The answer to a request, once everything that is under way in this process has happened; undefined while there is none. */
  async request(method: string, params: object = {}): Promise<Message | undefined> {
    const id = this.ask(method, params);
    return await this.answerTo(id);
  }

  async answerTo(id: string | number): Promise<Message | undefined> {
    await this.#room.settled();
    this.take();
    return this.heard.findLast((message) => message['id'] === id && message['method'] === undefined);
  }

  answer(id: unknown, optionId: string, meta?: object): void {
    const result = { outcome: { outcome: 'selected', optionId }, ...(meta === undefined ? {} : { _meta: meta }) };
    this.say({ jsonrpc: '2.0', id, result });
  }

  leave(): void {
    this.#open.dispose();
  }
}

export interface ClientOptions {
  /** Undefined: a plain ACP client. */
  readonly client?: string;
  readonly device?: Device;
  readonly session?: string;
  readonly lastSeq?: number;
  readonly host?: string;
  /** It reads nothing from the start. */
  readonly stalled?: boolean;
}

export interface RoomOptions {
  readonly limits?: Partial<RelayLimits>;
  readonly lease?: boolean;
  readonly world?: Partial<RelayWorld>;
  /** What an earlier process has left. */
  readonly stored?: ReadonlyMap<SessionKey, Session>;
  readonly hostId?: string;
  /** Sessions are kept when they end. */
  readonly kept?: boolean;
}

const never = new AbortController().signal;

export class RelayRoom {
  readonly clock: ManualClock = manualClock();
  readonly backend = new RecordingBackend();
  readonly lease = new Lease();
  readonly stored: Map<SessionKey, Session>;
  readonly store: SessionStore;
  readonly catalogue: Catalogue;
  readonly router: Router;
  readonly world: RelayWorld;
  readonly relay: Relay;
  readonly #wheel: { dispose(): void };

  constructor({ limits, lease = false, world, stored, hostId = 'host-1', kept = true }: RoomOptions = {}) {
    const { clock } = this;
    this.stored = new Map(stored);
    const journal = this.#journal();
    this.store = new SessionStore({ clock, journal, log: silent });
    this.catalogue = new Catalogue({
      store: this.store,
      journal,
      log: silent,
      kept: () => kept,
      belongs: () => true,
    });
    this.router = new Router({ store: this.store, clock, log: silent });
    this.router.add(this.backend);
    this.backend.onCreate = async (key) => {
      this.append(key, opened);
      await Promise.resolve();
    };
    this.lease.enable(lease);
    this.#wheel = tellWheel(this.lease, this.store);
    this.world = {
      hostId,
      store: this.store,
      catalogue: this.catalogue,
      router: this.router,
      lease: this.lease,
      clock,
      log: silent,
      limits: { ...RELAY_LIMITS, ...limits },
      roots: () => ['/w'],
      place: (path) => {
        const inside = path === '/w' || path.startsWith('/w/');
        if (!path.startsWith('/')) return Promise.reject(new Failure('invalid', 'This is no absolute path.'));
        return Promise.resolve({ path, real: path, inside, kind: 'folder' });
      },
      defaultAgent: () => 'demo',
      newSession: async ({ agent, cwd }, opened, signal) => {
        const before = new Set(this.store.all().map(({ key }) => key));
        const ready = this.router.newSession({ backend: agent, cwd }, signal);
        const key = this.store.all().find((session) => !before.has(session.key))?.key;
        if (key !== undefined) opened(key);
        return await ready;
      },
      sleep: (key, signal) => this.router.perform(key, { kind: 'close' }, 'host', signal),
      ...world,
    };
    this.relay = new Relay(this.world);
  }

  /** Those that an earlier process left stand in the list from then on. */
  async open(): Promise<this> {
    await this.catalogue.refresh(never);
    return this;
  }

  client(options: ClientOptions): TestClient {
    return new TestClient(this, options);
  }

  /** A session with its agent, as the editor makes one. */
  async session(): Promise<SessionKey> {
    return await this.router.newSession({ backend: 'demo', cwd: '/w' }, never);
  }

  get(key: SessionKey): Session {
    const session = this.store.get(key);
    if (session === undefined) throw new Error(`${key} is not awake.`);
    return session;
  }

  append(key: SessionKey, ...events: readonly SessionEvent[]): void {
    this.store.append(
      key,
      events.map((event) => ({ event })),
    );
  }

  /** The agent ends its turn. */
  end(key: SessionKey, reason = 'end_turn'): void {
    const { turn } = this.get(key);
    if (turn.state !== 'running') throw new Error('No turn runs.');
    this.append(key, { kind: 'turn/ended', turn: turn.id, reason });
  }

  /** Until everything that is under way in this process has happened. */
  async settled(): Promise<void> {
    for (let round = 0; round < 5; round += 1) await settled();
  }

  async close(): Promise<void> {
    this.relay.dispose();
    this.#wheel.dispose();
    this.lease.dispose();
    await this.router.dispose();
    this.catalogue.dispose();
    this.store.dispose();
  }

  #journal(): typeof noJournal {
    const { stored } = this;
    return {
      ...noJournal,
      close: (key) => {
        const session = this.store.get(key);
        if (session !== undefined) stored.set(key, session);
        return Promise.resolve();
      },
      erase: (key) => Promise.resolve(void stored.delete(key)),
      list: () => Promise.resolve([...stored.values()].map(storedSummary)),
      load: (key) => {
        const session = stored.get(key);
        if (session === undefined) return Promise.reject(new Failure('missing', 'It is not stored here.'));
        return Promise.resolve(storedOf(session));
      },
    };
  }
}

const opened: SessionEvent = {
  kind: 'session/opened',
  agentSession: 'agent-1',
  agent: { name: 'Demo', image: true, embeddedContext: false },
  options: [],
};

const storedOf = (session: Session): Stored => {
  const { key, backend, agentLabel, title, cwd, createdAt, owns, at } = session;
  const about = { key, backend, agentLabel, title, cwd, createdAt, owns, epoch: at.epoch };
  return {
    header: { ...emptySession(about), epoch: at.epoch },
    snapshot: session,
    tail: [],
    clean: true,
    tornBytes: 0,
    lost: { events: 0, values: 0, snapshot: false },
  };
};

const storedSummary = (session: Session) => {
  const { key, backend, agentLabel, title, cwd, createdAt, changedAt } = session;
  const about = { key, backend, agentLabel, title, cwd, createdAt, changedAt };
  return { ...about, state: 'Disconnected', elsewhere: false, pinned: false, archived: false } as const;
};

/** The stamps of what came, in their order. */
export const stamps = (messages: readonly Message[]): readonly number[] =>
  messages.flatMap(({ rseq }) => (typeof rseq === 'number' ? [rseq] : []));

/** Those of the session that its socket looks at. */
export const stamped = (messages: readonly Message[]): readonly Message[] =>
  messages.filter(({ rseq }) => rseq !== undefined);

export const named = (messages: readonly Message[], method: string): readonly Message[] =>
  messages.filter((message) => message['method'] === method);

export const paramsOf = (message: Message | undefined): Message => {
  const params = message?.['params'];
  return isFields(params) ? params : {};
};

export const resultOf = (message: Message | undefined): Message => {
  const result = message?.['result'];
  return isFields(result) ? result : {};
};

export const codeOf = (message: Message | undefined): unknown => {
  const error = message?.['error'];
  return isFields(error) ? error['code'] : undefined;
};
