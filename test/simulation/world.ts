import { Failure } from '../../src/base/failure.ts';
import type { SessionKey } from '../../src/model/session.ts';
import type { DoorGuard } from '../../src/router/doorGuard.ts';
import type { Stored } from '../../src/router/journal.ts';
import { LIMITS } from '../../src/router/limits.ts';
import { FakeMachine } from '../fakes/journal.ts';
import { Announced } from './announced.ts';
import { Device, type Shows } from './device.ts';
import { SimulatedDisk, type Survival } from './disk.ts';
import { Host, type HostParts } from './host.ts';
import { Kept } from './kept.ts';
import type { Line } from './line.ts';
import { LockWatch } from './lockWatch.ts';
import type { Random } from './random.ts';
import { different, same } from './same.ts';
import { settled, Time } from './time.ts';
import { Counts, Watch } from './violation.ts';

type SurfaceParts = Pick<ConstructorParameters<typeof Device>[1], 'announced' | 'byList' | 'attaches'>;

const never = new AbortController().signal;

/** A prompt of a script that waits for the end of its turn. */
interface Awaited {
  readonly host: Host;
  readonly key: SessionKey;
  readonly control: AbortController;
  over: boolean;
}

/** A machine with a disk, up to two windows on it, and the people in front of them. */
export class World {
  readonly time = new Time();
  readonly machine = new FakeMachine();
  readonly watch = new Watch();
  readonly faults = new Counts();
  readonly announced = new Announced(this.watch);
  readonly disk: SimulatedDisk;
  readonly devices: readonly Device[];
  /** Two windows, each open or not. */
  readonly slots: (Host | undefined)[] = [undefined, undefined];
  readonly keys: SessionKey[] = [];
  readonly awaited: Awaited[] = [];
  readonly kept: Kept;
  /** Prompts that an agent got, by their turns. */
  readonly #sent = new Set<string>();
  /** Prompts that were sent while a journal was in memory only, as the person was told: the disk may still let them wait. */
  readonly #unkept = new Set<string>();
  #numbers = 0;
  readonly #parts: HostParts;

  constructor(surfaces: readonly string[] = ['editor', 'phone', 'tablet', 'second window']) {
    const { watch, faults, time, machine, announced } = this;
    this.disk = new SimulatedDisk(new LockWatch(watch, machine), faults);
    this.kept = new Kept({ watch, announced, time });
    this.devices = surfaces.map((name) => new Device(name, { watch, faults, ...this.surfaceParts() }));
    this.#parts = {
      time,
      disk: this.disk,
      machine,
      watch,
      next: () => (this.#numbers += 1),
      began: (_, session) => {
        this.keys.push(session.key);
        return this.kept.began(session);
      },
      loaded: (host, key, stored) => this.#loaded(host, key, stored),
      isDue: (key) => this.kept.isDue(key),
      notLoaded: (host, key, failure, due) => this.#notLoaded(host, key, failure, due),
      received: (host, key, turn, words) => {
        this.#received(host, key, turn);
        this.reached(words, turn);
      },
      guard: (host) => this.guardOf(host),
    };
  }

  /** How a surface tells what was announced, and what it shows. */
  protected surfaceParts(): SurfaceParts {
    return { announced: this.announced };
  }

  /** Where a surface goes whose process is gone. */
  protected placeOf(_: Device): Shows | undefined {
    return this.hosts[0];
  }

  /** What is under way arrives. True: something moved. */
  protected async move(): Promise<boolean> {
    let moved = false;
    for (const device of this.devices) moved = (await device.deliver(0)) || moved;
    return moved;
  }

  /** Who may say what at the doors of a process. */
  protected guardOf(_: Host): DoorGuard | undefined {
    return undefined;
  }

  /** An agent has got a prompt. */
  protected reached(_words: string, _turn: string): void {}

  /** One window with one session that three devices look at; the fourth looks through the other window. */
  async begin(): Promise<void> {
    const host = this.start(0);
    await this.open(host);
    for (const device of this.devices.slice(0, 3)) {
      device.connect(host);
      const [key] = this.keys;
      if (key !== undefined) device.look(key);
    }
    await settled();
  }

  start(slot: number): Host {
    const host = new Host(this.#parts);
    this.slots[slot] = host;
    return host;
  }

  get hosts(): readonly Host[] {
    return this.slots.filter((host) => host !== undefined);
  }

  async open(host: Host): Promise<void> {
    host.router.newSession({ backend: 'demo', cwd: '/w' }, never).catch(() => undefined);
    await settled();
  }

  async pass(milliseconds: number): Promise<void> {
    await this.time.pass(milliseconds);
    this.age();
  }

  /** What a disk that obeys has had time for is promised from now on. */
  age(): void {
    if (this.disk.isTroubled) return;
    for (const host of this.hosts) {
      if (host.journal.state.kind !== 'ok') continue;
      for (const { key } of host.store.all()) {
        const line = host.lines.get(key);
        if (line?.age(this.time.now) === true) this.kept.promise(key, line);
      }
    }
  }

  kill(host: Host): void {
    this.#noteUnkept(host);
    host.kill();
    this.#leave(host);
  }

  losePower(survival: Survival, random: Random): void {
    for (const host of this.hosts) this.kill(host);
    this.disk.heal();
    this.disk.losePower(survival, random);
    this.kept.powerLost();
  }

  /** Whatever is under way. */
  endNow(): void {
    for (const host of this.hosts) host.kill();
  }

  async close(host: Host): Promise<void> {
    const obeyed = this.#obeys(host);
    const open = host.store.all().map(({ key }) => key);
    this.#noteUnkept(host);
    await host.close();
    this.#leave(host);
    if (obeyed()) for (const key of open) this.#closed(host, key);
  }

  /** A session was closed in a window that goes on. */
  async closing(host: Host, key: SessionKey, run: () => Promise<void>): Promise<void> {
    const obeyed = this.#obeys(host);
    this.#noteUnkept(host);
    await run();
    await settled();
    if (obeyed() && host.alive && host.store.get(key) === undefined) this.#closed(host, key);
  }

  async erase(host: Host, key: SessionKey): Promise<void> {
    const lines = this.kept.of(key);
    // A look at it that is under way may come before or after.
    for (const line of lines) line.erased = 'perhaps';
    // As a person does it: what is open is closed first.
    if (host.store.get(key) !== undefined)
      await host.perform(key, { kind: 'close' }, 'editor', never).catch(() => undefined);
    const done = host.catalogue.erase(key).then(
      () => true,
      () => false,
    );
    await settled();
    void done.then((erased) => {
      if (erased && host.alive) for (const line of lines) line.erased = 'yes';
    });
  }

  /** Called when nothing is under way. */
  rest(): void {
    for (const host of this.hosts) host.rest();
  }

  /** All is well again, and everything comes to rest: then everybody has the same. */
  async recover(): Promise<void> {
    this.disk.heal();
    for (const host of this.hosts) while (host.agent.open(true)) await settled();
    await this.pass(62_000);
    for (const device of this.devices) {
      device.resume();
      if (device.host?.alive !== true) {
        device.disconnect();
        const place = this.placeOf(device);
        if (place !== undefined) device.connect(place);
      }
      device.wake();
    }
    // What surfaces that go on again have kept waiting comes first.
    await settled();
    await this.#calm();
    await this.#goBack();
    for (const device of this.devices) this.#compare(device);
    for (const host of this.hosts) this.judge(host);
    for (const one of this.awaited) this.#judgeAwaited(one);
  }

  /** Ends everything, and opens it all once more. */
  async end(): Promise<void> {
    for (const device of this.devices) device.disconnect();
    for (const host of this.hosts) await this.close(host);
    const last = this.start(0);
    // Of a lock that was torn nobody knows whose it is: it has to stand still for a while.
    for (let round = 0; round < 3; round += 1) {
      for (const key of this.keys) if (last.store.get(key) === undefined) await this.#wake(last, key);
      if (this.keys.every((key) => last.store.get(key) !== undefined)) break;
      await this.pass(46_000);
    }
    for (const key of this.keys) {
      this.watch.check(
        'I14',
        !this.kept.isDue(key) || last.store.get(key) !== undefined,
        () => `${key} cannot be opened any more`,
      );
    }
    await this.close(last);
  }

  async #wake(host: Host, key: SessionKey): Promise<void> {
    host.catalogue.wake(key, never).catch(() => undefined);
    await settled();
  }

  async #calm(): Promise<void> {
    let quiet = 0;
    for (let round = 0; round < 400 && quiet < 2; round += 1) {
      const moved = await this.move();
      await this.pass(LIMITS.viewPause);
      quiet = moved ? 0 : quiet + 1;
    }
    this.watch.check('I14', quiet === 2, () => 'it never comes to rest');
  }

  async #goBack(): Promise<void> {
    for (let round = 0; round < 400; round += 1) {
      const lacking = this.devices.filter(({ session }) => session?.older !== undefined);
      if (lacking.length === 0) return;
      for (const device of lacking) device.older();
      await this.#calm();
    }
  }

  #compare({ name, host, key, session }: Device): void {
    const core = key && host?.store.get(key);
    if (core === undefined) return;
    this.watch.check('I6', same(session?.questions, core.questions), () => `${name} lacks questions`);
    this.watch.check('I3', same(session, core), () => `${name} shows something else: ${different(session, core)}`);
  }

  judge(host: Host): void {
    for (const session of host.store.all()) {
      const { key, at } = session;
      const line = host.lines.get(key);
      const fold = line?.matches(session) === true && line.log.length === at.seq;
      this.watch.check('I3', fold, () => `${key} is not what its events make of it`);
      const beyond = { epoch: at.epoch, seq: at.seq - LIMITS.heldEvents - 1 };
      this.watch.check('I10', host.store.held(key, beyond) === undefined, () => `${key} holds too many events`);
      let [low, high] = [Math.max(0, at.seq - LIMITS.heldEvents), at.seq];
      while (low < high) {
        const middle = (low + high) >> 1;
        if (host.store.held(key, { epoch: at.epoch, seq: middle }) === undefined) low = middle + 1;
        else high = middle;
      }
      const held = host.store.held(key, { epoch: at.epoch, seq: low }) ?? [];
      const length = held.reduce((sum, { event }) => sum + JSON.stringify(event).length, 0);
      this.watch.check('I10', length < LIMITS.heldLength * 2, () => `${key} holds ${length} characters`);
      this.watch.check(
        'I10',
        session.queue.length <= LIMITS.queuedPrompts,
        () => `${session.queue.length} prompts wait`,
      );
    }
  }

  #judgeAwaited({ host, key, over }: Awaited): void {
    const session = host.alive ? host.store.get(key) : undefined;
    if (!host.alive || (session !== undefined && (session.turn.state === 'running' || session.queue.length > 0)))
      return;
    this.watch.check('I14', over, () => 'a script waits for a turn that is over');
  }

  /** Tells whether nothing was refused since, and all was well before. */
  #obeys(host: Host): () => boolean {
    const { refused, isTroubled } = this.disk;
    const { troubles } = host;
    const isWell = !isTroubled && host.journal.state.kind === 'ok';
    return () => isWell && refused === this.disk.refused && troubles === host.troubles;
  }

  #noteUnkept(host: Host): void {
    if (host.journal.state.kind === 'ok') return;
    for (const { started } of host.lines.values()) for (const turn of started) this.#unkept.add(turn);
  }

  #leave(host: Host): void {
    const slot = this.slots.indexOf(host);
    if (slot >= 0) this.slots[slot] = undefined;
    for (const device of this.devices) if (device.host === host) device.disconnect();
  }

  #closed(host: Host, key: SessionKey): void {
    const line = host.lines.get(key);
    if (line !== undefined) this.kept.closed(key, line);
  }

  #loaded(host: Host, key: SessionKey, stored: Stored): Line {
    const next = this.kept.loaded(key, stored);
    const other = this.hosts.find((one) => one !== host && one.store.get(key) !== undefined);
    const alone = other === undefined || host.journal.state.kind !== 'ok' || other.journal.state.kind !== 'ok';
    this.watch.check('J4', alone, () => `${key} was opened in two windows`);
    return next;
  }

  #notLoaded(host: Host, key: SessionKey, failure: unknown, due: boolean): void {
    const code = failure instanceof Failure ? failure.code : String(failure);
    const allowed: Record<string, boolean> = {
      missing: !due || !this.kept.isDue(key),
      locked: true,
      unreadable: this.disk.refused > 0,
    };
    this.watch.check('I2', allowed[code] === true, () => `${key} could not be opened: ${code}`);
    if (code === 'locked' && this.hosts.length > 1 && host.alive) this.faults.add('session open in another window');
  }

  #received(host: Host, key: SessionKey, turn: string): void {
    const line = host.lines.get(key);
    this.watch.check('I7', line?.turn?.id === turn, () => `prompt ${turn} was sent before it was written down`);
    // Without a lock a window does not know what another one sends, and has said that it is in memory only.
    const isKept = host.journal.state.kind === 'ok';
    const again = this.#sent.has(turn) && isKept && !this.#unkept.delete(turn);
    if (!isKept) this.#unkept.add(turn);
    this.watch.check('I7', !again || line?.resent.delete(turn) === true, () => `prompt ${turn} was sent again`);
    this.#sent.add(turn);
  }
}
