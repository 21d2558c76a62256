import { silent } from '../../../src/base/log.ts';
import type { Command, SessionEvent } from '../../../src/model/event.ts';
import type { SessionKey } from '../../../src/model/session.ts';
import { ViewGuard } from '../../../src/relay/guard.ts';
import { Lease } from '../../../src/relay/lease.ts';
import type { RelayLimits } from '../../../src/relay/ports.ts';
import { Relay } from '../../../src/relay/relay.ts';
import { readRelayTurn } from '../../../src/relay/turnId.ts';
import { tellWheel } from '../../../src/relay/wheel.ts';
import { type DoorGuard, isOfWheel } from '../../../src/router/doorGuard.ts';
import { openPlace } from '../../../src/router/testing.ts';
import type { Host } from '../host.ts';
import { same } from '../same.ts';
import { settled } from '../time.ts';
import { World } from '../world.ts';
import { RelayDevice, type Seen } from './device.ts';
import { SimulatedSocket } from './socket.ts';
import { saidIn, unlike } from './view.ts';

/** Small ones, so that all of them are met in every world. */
const LIMITS: RelayLimits = {
  ringFrames: 80,
  ringBytes: 48 * 1024,
  liveSessions: 2,
  terminals: 0,
  unsentBytes: 24 * 1024,
  unsentFrames: 40,
};

const never = new AbortController().signal;

/** A process that serves devices. */
interface Serving {
  readonly host: Host;
  readonly hostId: string;
  readonly lease: Lease;
  readonly relay: Relay;
}

/** One process with an editor, and three other devices of the same person that look through its relay. */
export class RelayWorld extends World {
  readonly phones: readonly RelayDevice[];
  #serving: Serving | undefined;
  #sockets: SimulatedSocket[] = [];
  /** Who says something in this moment. */
  #speaking: RelayDevice | undefined;
  /** Outlives all processes. */
  readonly #network = this.time.clock(0);
  readonly #frames = new Map<string, string>();
  readonly #holders = new Map<string, string>();
  /** Requests of which it is known what became of them. */
  readonly #due = new Set<string>();
  /** The prompts that wait, by their turns. */
  readonly #queued = new Map<SessionKey, Set<string>>();

  constructor() {
    super(['editor']);
    const seen: Seen = {
      frame: (host, key, seq, text) => this.#sawFrame(`${host} ${key} ${seq}`, text),
      holder: (host, epoch, holder) => this.#sawHolder(`${processOf(host)} ${epoch}`, holder),
      ring: (frames) => this.watch.check('I10', frames <= LIMITS.ringFrames, () => `${frames} frames are kept`),
    };
    this.phones = [
      new RelayDevice('phone', 'drive', this.watch, seen),
      new RelayDevice('tablet', 'drive', this.watch, seen),
      new RelayDevice('wrist', 'answer', this.watch, seen),
    ];
  }

  get serving(): Serving | undefined {
    return this.#serving;
  }

  override async begin(): Promise<void> {
    await super.begin();
    const [key] = this.keys;
    for (const phone of this.phones) this.connect(phone, key, 'own');
    await settled();
  }

  override start(slot: number): Host {
    const host = super.start(slot);
    const { store, catalogue, router } = host;
    const lease = new Lease();
    const hostId = `host ${host.pid}`;
    const { watch } = this;
    let epoch = 0;
    lease.onChanged((state) => {
      watch.check('S8', state.epoch >= epoch, () => `the wheel went from ${epoch} to ${state.epoch}`);
      epoch = state.epoch;
      this.#sawHolder(`${hostId} ${epoch}`, state.holder?.client ?? null);
    });
    tellWheel(lease, store);
    store.onAppended(({ key, logged }) => logged.forEach(({ event }) => this.#note(key, event)));
    const relay = new Relay({
      hostId,
      store,
      catalogue,
      router: {
        backends: () => router.backends(),
        resume: (key, signal) => router.resume(key, signal),
        perform: (key, command, by, signal) => this.#perform(host, lease, { key, command, by, signal }),
      },
      lease,
      clock: this.time.clock(host.pid),
      log: { ...silent, error: (message) => watch.check('I14', !host.alive, () => message) },
      limits: LIMITS,
      roots: () => ['/w'],
      place: openPlace,
      defaultAgent: () => 'demo',
      newSession: (options, opened, signal) => this.#newSession(host, options, opened, signal),
      sleep: (key) => this.closing(host, key, () => host.perform(key, { kind: 'close' }, 'relay', never)),
    });
    this.#serving = { host, hostId, lease, relay };
    lease.enable(true);
    catalogue.refresh(never).catch(() => undefined);
    return host;
  }

  override kill(host: Host): void {
    super.kill(host);
    this.#left(host);
  }

  override async close(host: Host): Promise<void> {
    if (this.#serving?.host === host) this.#serving.relay.dispose();
    for (const socket of this.#sockets) socket.carry(0);
    await super.close(host);
    this.#left(host);
  }

  /** The editor needs the wheel as everybody does. */
  protected override guardOf(host: Host): DoorGuard | undefined {
    const { lease } = this.#serving ?? {};
    if (lease === undefined || this.#serving?.host !== host) return undefined;
    const guard = new ViewGuard(lease, { id: 'owner', name: 'editor', capability: 'drive', owner: true }, 'editor');
    const { watch } = this;
    return {
      admit: (message, elsewhere) => {
        guard.admit(message, elsewhere);
        if (message.type !== 'command' || isOfWheel(message.command)) return;
        const { enabled, holder } = lease.state;
        const drives = !enabled || holder?.client === 'editor';
        watch.check('S7', drives, () => `the editor does ${message.command.kind}, and ${holder?.client} has the wheel`);
      },
      control: (command) => guard.control(command),
    };
  }

  /** False: there is nobody to connect to, or the device may not. */
  connect(phone: RelayDevice, session: SessionKey | '' | undefined, cursor: 'own' | 'none' | 'wrong'): boolean {
    const { relay } = this.#serving ?? {};
    if (relay === undefined || phone.revoked) return false;
    const socket: SimulatedSocket = new SimulatedSocket({
      watch: this.watch,
      faults: this.faults,
      mostUnsent: LIMITS.unsentFrames,
      heard: (text) => {
        if (phone.socket === socket) phone.hear(text);
      },
      closed: () => {
        if (phone.socket === socket) phone.end();
      },
      handing: (text, hand) => this.#hand(phone, text, hand),
      after: (milliseconds, run) => this.#network.after(milliseconds, run),
    });
    this.#sockets.push(socket);
    const visitor = phone.visitor(session, cursor);
    const before = phone.socket;
    phone.begin(socket);
    socket.join(relay.open(visitor, socket.relay));
    this.watch.check('I10', before?.isClosed !== false, () => `${phone.name} has two sockets`);
    return true;
  }

  revoke(phone: RelayDevice): void {
    const { relay, lease } = this.#serving ?? {};
    if (relay === undefined || lease === undefined) return;
    phone.revoked = true;
    relay.revoked(phone.id);
    const { watch } = this;
    watch.check('S9', lease.state.holder?.device !== phone.id, () => `${phone.name} drives after it was revoked`);
    const { socket } = phone;
    socket?.carry(0);
    watch.check('S9', phone.socket === undefined || socket?.over !== false, () => `${phone.name} is still connected`);
  }

  /** So many messages on each socket, all of them for 0. True: something moved. */
  async carry(most: number): Promise<boolean> {
    await settled();
    const due = new Set(this.#due);
    let moved = false;
    this.#sockets = this.#sockets.filter(({ over }) => !over);
    for (const socket of this.#sockets) moved = socket.carry(most) || moved;
    await settled();
    if (most === 0) for (const phone of this.phones) this.#judgeAnswered(phone, due);
    return moved;
  }

  protected override async move(): Promise<boolean> {
    const moved = await super.move();
    return (await this.carry(0)) || moved;
  }

  override async recover(): Promise<void> {
    if (this.#serving === undefined) this.start(0);
    const { host } = this.#serving ?? {};
    if (host === undefined) return;
    Object.assign(host.agent.mood, { opens: 'at once', takes: 'at once', remembers: 'yes' });
    await settled();
    for (const phone of this.phones) {
      if (phone.socket !== undefined) phone.socket.stalled = false;
      if (phone.revoked) phone.pairedAnew();
    }
    await super.recover();
    // Whoever lost its way, or what it looked at, looks at what is there.
    const [first] = host.store.all();
    for (const phone of this.phones) {
      const shown = phone.key === undefined ? undefined : host.store.get(phone.key);
      if (phone.socket === undefined || shown === undefined) this.connect(phone, first?.key, 'own');
    }
    await this.carry(0);
    await this.pass(20);
    await this.carry(0);
    for (const phone of this.phones) this.#judge(phone, host);
    this.#judgeWheel();
  }

  /** Whoever looks at a session knows who has the wheel. */
  #judgeWheel(): void {
    const { lease } = this.#serving ?? {};
    if (lease === undefined) return;
    const { holder, epoch } = lease.state;
    for (const { name, key, wheel } of this.phones) {
      if (key === undefined) continue;
      const knows = wheel?.holder === (holder?.client ?? null) && wheel.epoch === epoch;
      this.watch.check(
        'S8',
        knows,
        () => `to ${name} ${wheel?.holder} drives in ${wheel?.epoch}, and not ${holder?.client} in ${epoch}`,
      );
    }
  }

  #judge(phone: RelayDevice, host: Host): void {
    const { watch } = this;
    const session = phone.key === undefined ? undefined : host.store.get(phone.key);
    const { view, name, socket } = phone;
    for (const [id, request] of phone.pending) {
      if (request.socket !== socket || socket?.fellBehind !== false) continue;
      const isTurn = (turn: string): boolean => readRelayTurn(turn)?.requestId === id;
      const waits = host.store
        .all()
        .some(
          ({ turn, queue }) => (turn.state === 'running' && isTurn(turn.id)) || queue.some((one) => isTurn(one.id)),
        );
      watch.check('I14', waits, () => `${name} was never told what became of ${id}, ${request.method}`);
    }
    if (session === undefined || view === undefined) return;
    phone.rest();
    watch.check('I14', view.last === session.at.seq, () => `${name} is at ${view.last} and not at ${session.at.seq}`);
    const wrong = unlike(view.said, saidIn(session));
    watch.check('I3', wrong === undefined, () => `${name} heard ${wrong}`);
    const open = session.questions.map(({ id }) => id).sort();
    const shown = [...view.open.keys()].sort();
    watch.check('I6', same(open, shown), () => `${name} shows ${shown.join()} and not ${open.join()}`);
  }

  /** What became of a turn is known from the moment in which it ends, or leaves the queue. */
  #note(key: SessionKey, event: SessionEvent): void {
    const waiting = this.#queued.get(key) ?? new Set();
    this.#queued.set(key, waiting);
    const known = (turn: string): unknown => this.#due.add(String(readRelayTurn(turn)?.requestId));
    if (event.kind === 'turn/started') waiting.delete(event.turn);
    if (event.kind === 'turn/ended') known(event.turn);
    if (event.kind !== 'queue/changed') return;
    const now = new Set(event.queue.map(({ id }) => id));
    for (const turn of waiting) if (!now.has(turn)) known(turn);
    this.#queued.set(key, now);
  }

  #judgeAnswered({ name, pending, socket }: RelayDevice, due: ReadonlySet<string>): void {
    if (socket === undefined || socket.over || socket.stalled || socket.fellBehind) return;
    for (const [id, request] of pending) {
      const answered = request.socket !== socket || !due.has(id);
      this.watch.check('I14', answered, () => `${name} was not told what became of ${id}`);
    }
  }

  #hand(phone: RelayDevice, text: string, hand: () => void): void {
    const { lease } = this.#serving ?? {};
    if (lease === undefined) return hand();
    let driven = false;
    const look = (): void => {
      const { enabled, holder } = lease.state;
      driven ||= !enabled || holder?.client === phone.client;
    };
    look();
    const watching = lease.onChanged(look);
    this.#speaking = phone;
    hand();
    this.#speaking = undefined;
    watching.dispose();
    if (!driven || phone.capability !== 'drive') return;
    for (const line of text.split('\n')) {
      const id = idOf(line);
      if (id !== undefined) phone.admitted.add(id);
    }
  }

  #perform(
    host: Host,
    lease: Lease,
    { key, command, by, signal }: { key: SessionKey; command: Command; by: string; signal: AbortSignal },
  ): Promise<void> {
    const phone = this.phones.find(({ name }) => name === by);
    if (phone !== undefined) this.#judgeAct(phone, lease, command);
    return host.perform(key, command, by, signal);
  }

  /** What a device causes, it must have said, and have been allowed to say. */
  #judgeAct(phone: RelayDevice, lease: Lease, command: Command): void {
    const { watch } = this;
    const { name, capability } = phone;
    const { enabled, holder } = lease.state;
    const drives = !enabled || holder?.client === phone.client;
    if (command.kind === 'question/answer') {
      const option = command.outcome.kind === 'selected' ? command.outcome.option : command.outcome.kind;
      const own = this.#speaking === phone && phone.answered.has(`${command.question} ${option}`);
      watch.check('I5', own, () => `${name} never answered ${command.question} with ${option}`);
      watch.check(
        'S7',
        drives || capability === 'answer',
        () => `${name} answers while ${holder?.client} has the wheel`,
      );
      return;
    }
    watch.check('S7', capability === 'drive', () => `${name} may not do ${command.kind}`);
    if (command.kind === 'prompt') {
      // A start of the agent may come between; what was accepted runs on.
      const id = String(readRelayTurn(command.turn ?? '')?.requestId);
      queueMicrotask(() => watch.check('S7', phone.admitted.has(id), () => `${name} prompts without the wheel: ${id}`));
    } else if (command.kind === 'cancel')
      watch.check('S7', drives && this.#speaking === phone, () => `${name} cancels without the wheel`);
    else if (command.kind === 'queue/remove') {
      const own = readRelayTurn(command.id)?.client === phone.client;
      watch.check('S7', own, () => `${name} takes back a prompt of somebody else`);
    }
  }

  async #newSession(
    host: Host,
    { cwd }: { readonly cwd: string },
    opened: (key: SessionKey) => void,
    signal: AbortSignal,
  ): Promise<SessionKey> {
    const before = new Set(host.store.all().map(({ key }) => key));
    const done = host.router.newSession({ backend: 'demo', cwd }, signal);
    const key = host.store.all().find((session) => !before.has(session.key))?.key;
    if (key !== undefined) opened(key);
    return await done;
  }

  #left(host: Host): void {
    if (this.#serving?.host !== host) return;
    this.#serving = undefined;
    for (const socket of this.#sockets) socket.lost();
    for (const phone of this.phones) phone.end();
  }

  #sawFrame(name: string, text: string): void {
    const before = this.#frames.get(name);
    this.watch.check('I4', before === undefined || before === text, () => `${name} was ${before} and ${text}`);
    this.#frames.set(name, text);
  }

  #sawHolder(name: string, holder: string | null): void {
    if (holder === null) return;
    const before = this.#holders.get(name);
    this.watch.check('S8', before === undefined || before === holder, () => `${before} and ${holder} drive in ${name}`);
    this.#holders.set(name, holder);
  }
}

/** A session that was read again has a name of its own for the process that it is in. */
const processOf = (host: string): string => host.split('.')[0] ?? host;

const idOf = (line: string): string | undefined => {
  try {
    const { id }: { readonly id?: unknown } = JSON.parse(line);
    return typeof id === 'string' ? id : undefined;
  } catch {
    return undefined;
  }
};
