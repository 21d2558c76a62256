import { HostBackend } from '../../../src/backends/host.ts';
import type { HostLine } from '../../../src/backends/host/connection.ts';
import { Failure } from '../../../src/base/failure.ts';
import { type Log, silent } from '../../../src/base/log.ts';
import type { Command } from '../../../src/model/event.ts';
import type { SessionKey } from '../../../src/model/session.ts';
import { AllSessions } from '../../../src/router/allSessions.ts';
import type { Catalogue } from '../../../src/router/catalogue.ts';
import { ViewDoor } from '../../../src/router/door.ts';
import type { Backend } from '../../../src/router/ports.ts';
import { Router } from '../../../src/router/router.ts';
import { SessionStore } from '../../../src/router/store.ts';
import { catalogueOf, noJournal } from '../../../src/router/testing.ts';
import type { FakeMachine } from '../../fakes/journal.ts';
import { SimulatedAgent } from '../agent.ts';
import type { Shows } from '../device.ts';
import { isExpected } from '../host.ts';
import type { Pipe } from '../pipe.ts';
import { keptRules, WINDOW_RULE } from '../rules.ts';
import type { Time } from '../time.ts';
import { settled } from '../time.ts';
import type { Watch } from '../violation.ts';
import { MirrorWatch, type Truth } from './mirrorWatch.ts';
import type { Asked } from './asked.ts';

export interface WindowParts {
  readonly name: string;
  readonly time: Time;
  readonly machine: FakeMachine;
  readonly watch: Watch;
  readonly truth: Truth;
  readonly asked: Asked;
  /** A way to the process of the sessions. @throws Failure `gone` */
  connect(window: Window): HostLine;
  next(): number;
  /** Of the process of the sessions, where it runs. */
  theirAgent(): SimulatedAgent | undefined;
  /** Whether it follows what nobody asked for. */
  readonly follows: boolean;
}

/** One window: what of ours runs in it where its sessions live in another process, but for VS Code. */
export class Window implements Shows {
  readonly name: string;
  readonly pid: number;
  readonly store: SessionStore;
  readonly host: HostBackend;
  readonly sessions: AllSessions;
  readonly router: Router;
  /** Its own, under the same id as that of the other process: no session of that process may ever come to it. */
  readonly own: SimulatedAgent;
  readonly mirrors: MirrorWatch;
  alive = true;
  readonly #parts: WindowParts;
  readonly #own: Catalogue;
  readonly #doors = new Set<ViewDoor>();

  constructor(parts: WindowParts) {
    this.#parts = parts;
    const { name, time, machine, watch, truth } = parts;
    this.name = name;
    this.pid = machine.start();
    const clock = time.clock(this.pid);
    const log: Log = { ...silent, error: (message) => watch.check('I14', !this.alive, () => message) };
    this.store = new SessionStore({ clock, log, journal: noJournal });
    this.router = new Router({ store: this.store, clock, log, rules: keptRules(WINDOW_RULE) });
    this.mirrors = new MirrorWatch({ window: this, watch, truth });
    this.host = new HostBackend({
      store: this.store,
      clock,
      log,
      app: '1.0.0',
      device: name,
      connect: async (signal) => {
        await Promise.resolve();
        signal.throwIfAborted();
        return parts.connect(this);
      },
      follows: () => parts.follows,
    });
    this.own = new SimulatedAgent({
      watch,
      next: () => parts.next(),
      decide: (key, tool) => this.router.permissions.decide(key, { tool, places: [] }),
      emit: (key, events) => this.store.append(key, events),
      received: () => undefined,
    });
    this.router.add(this.#judged(this.own));
    this.router.addRemote(this.host);
    this.#own = catalogueOf(this.store);
    this.sessions = new AllSessions({ own: this.#own, log });
    this.sessions.add(this.host, () => true);
  }

  get agent(): SimulatedAgent {
    return this.#parts.theirAgent() ?? this.own;
  }

  door(device: string, { core: surface }: Pick<Pipe, 'core'>): ViewDoor {
    const { time, watch } = this.#parts;
    const door = new ViewDoor({
      store: this.store,
      catalogue: this.sessions,
      router: { perform: (key, command, who, signal) => this.perform(key, command, who, signal) },
      clock: time.clock(this.pid),
      log: { ...silent, warn: (message) => watch.check('I14', isExpected(message), () => message) },
      device,
      surface,
      strings: {},
      setup: { folder: true, trusted: true, agents: [] },
      act: () => Promise.resolve(),
    });
    this.#doors.add(door);
    return door;
  }

  /** What a person does in this window. */
  async perform(key: SessionKey, command: Command, device: string, signal: AbortSignal): Promise<void> {
    const { asked, watch } = this.#parts;
    await asked.during(this.pid, command, async () => {
      try {
        await this.router.perform(key, command, device, signal);
      } catch (failure) {
        watch.check('I14', failure instanceof Failure, () => `${command.kind} failed with ${String(failure)}`);
        throw failure;
      }
    });
  }

  /** What a person asks of the other process as a whole. */
  act(action: Parameters<HostBackend['act']>[0]): void {
    void this.#parts.asked
      .during(this.pid, action, () => this.host.act(action, new AbortController().signal))
      .catch((failure: unknown) => {
        const known = failure instanceof Failure;
        this.#parts.watch.check('I14', known, () => `${action.kind} failed with ${String(failure)}`);
      });
  }

  /** Called when nothing is under way. */
  rest(): void {
    this.mirrors.rest();
  }

  async close(): Promise<void> {
    const { watch, time, machine } = this.#parts;
    let over = false;
    const ended = Promise.all([this.router.dispose(), this.host[Symbol.asyncDispose]()]);
    ended.then(
      () => (over = true),
      (failure: unknown) => watch.check('I13', false, () => `the end of a window failed: ${String(failure)}`),
    );
    for (let round = 0; round < 8 && !over; round += 1) await settled();
    watch.check('I13', over, () => 'a window did not end');
    this.#letGo();
    await settled();
    watch.check('I13', time.waiting(this.pid) === 0, () => `${time.waiting(this.pid)} timers outlive their window`);
    this.#parts.asked.ended(this.pid);
    this.alive = false;
    machine.living.delete(this.pid);
  }

  /** Ends without warning. Whoever has the other end of its wires sees to these. */
  kill(): void {
    const { time, machine, asked } = this.#parts;
    this.alive = false;
    time.end(this.pid);
    machine.living.delete(this.pid);
    this.#letGo();
    asked.ended(this.pid);
  }

  #letGo(): void {
    for (const door of this.#doors) door.dispose();
    this.sessions.dispose();
    this.#own.dispose();
    this.store.dispose();
  }

  /** An agent of the window is asked for nothing that is of another process. */
  #judged(own: SimulatedAgent): Backend {
    const strayed = (what: string, key: SessionKey): void => {
      const ours = !this.alive || (this.store.get(key) !== undefined && !this.store.isMirrored(key));
      this.#parts.watch.check('I8', ours, () => `${what} of ${key} came to an agent of ${this.name}`);
    };
    return {
      id: own.id,
      label: own.label,
      owns: own.owns,
      create: (key, options, signal) => {
        strayed('the beginning', key);
        return own.create(key, options, signal);
      },
      attach: (key, agentSession, options, signal) => {
        strayed('the return', key);
        return own.attach(key, agentSession, options, signal);
      },
      perform: (key, command) => {
        strayed(command.kind, key);
        return own.perform(key, command);
      },
      stop: () => own.stop(),
      [Symbol.asyncDispose]: () => own[Symbol.asyncDispose](),
    };
  }
}
