import type { HostLine } from '../../../src/backends/host/connection.ts';
import { Failure } from '../../../src/base/failure.ts';
import type { SessionKey } from '../../../src/model/session.ts';
import type { Summary } from '../../../src/model/summary.ts';
import { greetingLine, readWindowGreeting } from '../../../src/protocol/view/greeting.ts';
import type { HostAction } from '../../../src/protocol/view/messages.ts';
import type { Announced } from '../announced.ts';
import type { Device, Shows } from '../device.ts';
import type { Host } from '../host.ts';
import { different, same } from '../same.ts';
import { settled } from '../time.ts';
import { World } from '../world.ts';
import { Asked } from './asked.ts';
import { Window } from './window.ts';
import { Wire } from './wire.ts';

const TOKEN = 'a token that nobody can guess';
/** Pages in each window. */
const PAGES = 2;
/** Sessions of the process. */
const MOST_SESSIONS = 6;

/** A wire, and who is at its ends. */
interface Laid {
  readonly wire: Wire;
  readonly window: Window;
  readonly host: Host;
}

/** One process that has all the sessions, two windows onto it, and two pages in each of them. */
export class WindowsWorld extends World {
  readonly asked = new Asked(this.watch);
  /** Each open or not. */
  readonly windows: (Window | undefined)[] = [undefined, undefined];
  /** Outlives all processes. */
  readonly #network = this.time.clock(0);
  readonly #never = new AbortController().signal;
  /** Whichever there were: one that was killed waits for ever, and would be kept for that. */
  readonly #opened: Window[] = [];
  #laid: Laid[] = [];
  /** Sessions that a person wants back, whoever shows them. */
  readonly #wanted = new Set<SessionKey>();
  #prompts = 0;
  #numbers = 0;

  constructor() {
    super(['left', 'left phone', 'right', 'right phone']);
  }

  get host(): Host | undefined {
    return this.slots[0];
  }

  get openWindows(): readonly Window[] {
    return this.windows.filter((window) => window !== undefined);
  }

  get wires(): readonly Wire[] {
    this.#laid = this.#laid.filter(({ wire }) => !wire.over);
    return this.#laid.map(({ wire }) => wire);
  }

  /** Words that nobody has said before. */
  words(): string {
    return `ask ${(this.#prompts += 1)}`;
  }

  /** A person asks for it, whether it is shown or not. */
  want(key: SessionKey): void {
    this.#wanted.add(key);
  }

  override async begin(): Promise<void> {
    const host = this.start(0);
    await this.open(host);
    for (const slot of this.windows.keys()) this.openWindow(slot);
    for (let round = 0; round < 4; round += 1) {
      await this.carry(0);
      await settled();
    }
    const [key] = this.keys;
    for (const device of this.devices) if (key !== undefined) device.look(key);
    await settled();
  }

  override start(slot: number): Host {
    const host = super.start(slot);
    const { store, catalogue } = host;
    store.onAppended(({ key, logged }) => {
      for (const { event } of logged) this.asked.logged(key, event);
    });
    const begun = new Set<SessionKey>();
    store.onListed(({ sessions, removed }) => {
      for (const key of removed) begun.delete(key);
      for (const { key } of sessions) {
        if (begun.has(key)) continue;
        begun.add(key);
        this.#judgeAwake(host, key);
      }
    });
    catalogue.refresh(this.#never).catch(() => undefined);
    return host;
  }

  openWindow(slot: number): Window {
    const name = ['left window', 'right window'][slot] ?? '';
    const { time, machine, watch, asked, kept } = this;
    const window = new Window({
      name,
      time,
      machine,
      watch,
      asked,
      truth: { lineIn: (epoch) => kept.in(epoch) },
      connect: (self) => this.#connect(self),
      next: () => (this.#numbers += 1),
      theirAgent: () => this.host?.agent,
      follows: slot === 0,
    });
    this.windows[slot] = window;
    this.#opened.push(window);
    for (const device of this.pagesOf(slot)) device.connect(window);
    return window;
  }

  pagesOf(slot: number): readonly Device[] {
    return this.devices.slice(slot * PAGES, (slot + 1) * PAGES);
  }

  /** `unheard`: whatever ends there, the other ends find out by the silence alone. */
  killWindow(window: Window, unheard: boolean): void {
    window.kill();
    for (const { wire, window: own } of this.#laid) if (own === window) wire.windowKilled(unheard);
    this.#leftBy(window);
  }

  async closeWindow(window: Window): Promise<void> {
    await window.close();
    this.#leftBy(window);
  }

  override kill(host: Host, unheard = false): void {
    super.kill(host);
    for (const { wire, host: own } of this.#laid) if (own === host) wire.hostKilled(unheard);
  }

  /** What is on its way on all wires, see `Wire.carry`. True: something moved. */
  async carry(fates: number): Promise<boolean> {
    await settled();
    let moved = false;
    for (const wire of this.wires) moved = wire.carry(fates) || moved;
    await settled();
    return moved;
  }

  override rest(): void {
    super.rest();
    for (const window of this.openWindows) window.rest();
  }

  override async recover(): Promise<void> {
    for (const wire of this.wires) if (wire.isSilent) wire.cut();
    if (this.host === undefined) this.start(0);
    for (const slot of this.windows.keys()) if (this.windows[slot] === undefined) this.openWindow(slot);
    await settled();
    for (const { host } of this.openWindows) host.retry();
    // What was closed is shown nowhere until somebody wants to see it.
    await this.move();
    for (const device of this.devices) {
      const key = this.keys.find((one) => this.host?.store.get(one) !== undefined);
      if (device.key === undefined && key !== undefined) device.look(key);
    }
    if (this.host !== undefined) Object.assign(this.host.agent.mood, { opens: 'at once', takes: 'at once' });
    await super.recover();
    for (const window of this.openWindows) this.#judgeWindow(window);
    this.asked.rest();
    this.rest();
  }

  override async end(): Promise<void> {
    for (const key of this.keys) this.want(key);
    for (const device of this.devices) device.disconnect();
    for (const window of this.openWindows) await this.closeWindow(window);
    for (const wire of this.wires) wire.cut();
    await super.end();
  }

  override endNow(): void {
    for (const window of this.openWindows) window.kill();
    for (const { host } of this.#opened) void host[Symbol.asyncDispose]();
    super.endNow();
  }

  protected override surfaceParts(): ReturnType<World['surfaceParts']> {
    const is = (...[position, event]: Parameters<Announced['is']>): boolean => this.announced.isLike(position, event);
    return { announced: { is }, byList: true, attaches: (key) => this.want(key) };
  }

  protected override placeOf(device: Device): Shows | undefined {
    return this.windows[Math.floor(this.devices.indexOf(device) / PAGES)];
  }

  protected override async move(): Promise<boolean> {
    const carried = await this.carry(0);
    return (await super.move()) || carried;
  }

  protected override reached(words: string, turn: string): void {
    this.asked.reached(words, turn);
  }

  #leftBy(window: Window): void {
    this.windows[this.windows.indexOf(window)] = undefined;
    for (const device of this.devices) if (device.host === window) device.disconnect();
  }

  /** @throws Failure `gone` */
  #connect(window: Window): HostLine {
    const { host, watch, faults } = this;
    if (host === undefined) throw new Failure('gone', 'Nobody answers.');
    const wire = new Wire({
      token: TOKEN,
      faults,
      said: (line) => this.asked.said(window.pid, line),
      after: (milliseconds, run) => void this.#network.after(milliseconds, run),
    });
    this.#laid.push({ wire, window, host });
    this.#serve(wire, host).catch((failure: unknown) => watch.check('I14', false, () => String(failure)));
    return wire.window();
  }

  async #serve(wire: Wire, host: Host): Promise<void> {
    const line = await wire.greeting();
    const greeting = line === undefined ? undefined : readWindowGreeting(line);
    if (greeting?.token !== TOKEN || !host.alive) return wire.closedByHost();
    const about = { app: '1.0.0', hostId: `h${host.pid}`, pid: host.pid, startedAt: 0 };
    host.windowDoor(greeting.device, {
      surface: wire.host(greetingLine(about)),
      window: { act: (action) => this.#act(host, action), hear: () => undefined },
    });
  }

  async #act(host: Host, action: HostAction): Promise<string | undefined> {
    switch (action.kind) {
      case 'session/open': {
        if (this.keys.length >= MOST_SESSIONS) throw new Failure('full', 'There are enough sessions.');
        const count = this.keys.length;
        host.router.newSession({ backend: 'demo', cwd: action.cwd }, this.#never).catch(() => undefined);
        return this.keys[count];
      }
      case 'session/resume':
        await host.catalogue.wake(action.key, this.#never);
        await host.router.resume(action.key, this.#never);
        return undefined;
      case 'session/erase':
        await this.erase(host, action.key);
        return undefined;
      default:
        throw new Failure('unsupported', 'This is not done here.');
    }
  }

  /** A session is read from disk where somebody shows it or wants it, and never because a connection is back. */
  #judgeAwake(host: Host, key: SessionKey): void {
    const isNew = host.lines.get(key)?.log.length === 0;
    this.watch.check('L2', isNew || this.#wanted.has(key), () => `${key} was woken by nobody`);
  }

  #judgeWindow(window: Window): void {
    const { host, watch } = this;
    if (host === undefined) return;
    const { name } = window;
    watch.check('I14', window.host.state === 'connected', () => `${name} is ${window.host.state}`);
    for (const session of window.store.all()) {
      const there = host.store.get(session.key);
      watch.check('I3', there !== undefined, () => `${name} has ${session.key}, which sleeps`);
      if (there === undefined) continue;
      const like = { ...session, owns: there.owns };
      watch.check('I3', same(like, there), () => `${name} mirrors something else: ${different(like, there)}`);
      watch.check('I6', same(session.questions, there.questions), () => `${name} lacks questions`);
    }
    if (name === 'left window')
      for (const { key } of host.store.all())
        watch.check('I3', window.store.get(key) !== undefined, () => `${name} does not have ${key}`);
    const lists = [window.host.all(), host.catalogue.all()].map(listed);
    watch.check('I3', same(lists[0], lists[1]), () => `${name} lists ${JSON.stringify(lists)}`);
  }
}

/** What of a list has to be the same: `changedAt` moves with each chunk, and alone is no difference. */
const listed = (all: readonly Summary[]): readonly object[] =>
  all
    .map(({ key, title, state, questions, asleep }) => ({ key, title, state, questions, asleep }))
    .toSorted((a, b) => (a.key < b.key ? -1 : 1));
