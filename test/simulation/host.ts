import { Failure } from '../../src/base/failure.ts';
import { type Log, silent } from '../../src/base/log.ts';
import { FileJournal } from '../../src/machine/journal.ts';
import { Locks } from '../../src/machine/lock.ts';
import type { Command } from '../../src/model/event.ts';
import type { Session, SessionKey } from '../../src/model/session.ts';
import { Catalogue } from '../../src/router/catalogue.ts';
import { type DoorParts, ViewDoor } from '../../src/router/door.ts';
import type { DoorGuard } from '../../src/router/doorGuard.ts';
import type { Stored } from '../../src/router/journal.ts';
import { Router } from '../../src/router/router.ts';
import { SessionStore } from '../../src/router/store.ts';
import type { FakeMachine } from '../fakes/journal.ts';
import { SimulatedAgent } from './agent.ts';
import type { SimulatedDisk } from './disk.ts';
import { type Act, type Line, wordsOf } from './line.ts';
import type { Pipe } from './pipe.ts';
import { HOST_RULE, keptRules } from './rules.ts';
import { type Time, settled } from './time.ts';
import type { Watch } from './violation.ts';

const ROOT = '/s/journal';

/** What a process tells the world of the sessions in it. */
export interface HostParts {
  readonly time: Time;
  readonly disk: SimulatedDisk;
  readonly machine: FakeMachine;
  readonly watch: Watch;
  next(): number;
  began(host: Host, session: Session): Line;
  loaded(host: Host, key: SessionKey, stored: Stored): Line;
  /** Something of it was promised to be on the disk. */
  isDue(key: SessionKey): boolean;
  /** `due`: when it was begun to be read. */
  notLoaded(host: Host, key: SessionKey, failure: unknown, due: boolean): void;
  received(host: Host, key: SessionKey, turn: string, words: string): void;
  /** Who may say what at the doors of the process, where not everybody may everything. */
  guard(host: Host): DoorGuard | undefined;
}

/** Who looks, and what a window may ask of this process as a whole. */
type Windowed = Pick<DoorParts, 'surface' | 'window'>;

const never = new AbortController().signal;

/** One process: everything that a window of ours is made of, but for VS Code. */
export class Host {
  readonly pid: number;
  readonly journal: FileJournal;
  readonly store: SessionStore;
  readonly catalogue: Catalogue;
  readonly router: Router;
  readonly agent: SimulatedAgent;
  readonly lines = new Map<SessionKey, Line>();
  readonly doors = new Set<ViewDoor>();
  alive = true;
  /** How often something was in memory only. */
  troubles = 0;
  readonly #parts: HostParts;
  /** The last number that was announced. */
  readonly #heard = new Map<SessionKey, number>();

  constructor(parts: HostParts) {
    this.#parts = parts;
    const { time, disk: shared, machine, watch } = parts;
    this.pid = machine.start();
    const clock = time.clock(this.pid);
    const disk = shared.of(this.pid);
    const { pid } = this;
    // A listener that fails is logged and nothing else: here it is a finding.
    const log: Log = { ...silent, error: (message) => watch.check('I14', !this.alive, () => message) };
    const locks = new Locks({ disk, clock, processes: machine.table, pid });
    const fold = (key: SessionKey): Session | undefined => this.store.get(key);
    this.journal = new FileJournal({ root: ROOT, disk, clock, log, locks, fold });
    this.journal.onState(({ kind }) => {
      if (kind !== 'ok') this.troubles += 1;
    });
    this.store = new SessionStore({
      clock,
      log,
      journal: {
        begin: (session) => {
          if (this.alive) this.lines.set(session.key, parts.began(this, session));
          this.journal.begin(session);
        },
        keepLarge: (key, text) => this.journal.keepLarge(key, text),
        append: (key, logged) => {
          const session = this.store.get(key);
          if (this.alive && session !== undefined) this.lines.get(key)?.append(session, logged, time.now);
          this.journal.append(key, logged);
        },
        close: (key) => this.journal.close(key),
      },
    });
    const journal = {
      load: (key: SessionKey, signal: AbortSignal) => this.#load(key, signal),
      list: (signal: AbortSignal) => this.journal.list(signal),
      mark: () => Promise.resolve(),
      erase: (key: SessionKey) => this.journal.erase(key),
      eraseAll: () => this.journal.eraseAll(),
    };
    this.catalogue = new Catalogue({ store: this.store, journal, log, kept: () => true, belongs: () => true });
    this.router = new Router({ store: this.store, clock, log, rules: keptRules(HOST_RULE) });
    this.agent = new SimulatedAgent({
      watch,
      decide: (key, tool) => this.router.permissions.decide(key, { tool, places: [] }),
      next: () => parts.next(),
      emit: (key, events) => {
        if (!this.alive) return;
        const tell = (): void => this.store.append(key, events);
        const line = this.store.get(key) && this.lines.get(key);
        if (line === undefined) tell();
        else
          line.hear(
            events.map(({ event }) => event),
            tell,
          );
      },
      received: (key, { turn, prompt }) => {
        if (this.alive) parts.received(this, key, turn, wordsOf(prompt));
      },
    });
    this.router.add(this.agent);
    // Last of all: others have appended meanwhile, and who comes after them must not hear of that first.
    this.store.onAppended(({ key, logged }) => {
      const [first] = logged;
      const last = this.#heard.get(key);
      watch.check('I1', last === undefined || first?.seq === last + 1, () => `${first?.seq} is told after ${last}`);
      this.#heard.set(key, logged.at(-1)?.seq ?? 0);
    });
  }

  door(device: string, { core: surface }: Pick<Pipe, 'core'>): ViewDoor {
    return this.#door(device, { surface });
  }

  /** That of a window. */
  windowDoor(device: string, way: Required<Windowed>): ViewDoor {
    return this.#door(device, way);
  }

  #door(device: string, way: Windowed): ViewDoor {
    const { time, watch } = this.#parts;
    const guard = this.#parts.guard(this);
    const door = new ViewDoor({
      store: this.store,
      catalogue: this.catalogue,
      router: { perform: (key, command, who, signal) => this.perform(key, command, who, signal) },
      clock: time.clock(this.pid),
      log: { ...silent, warn: (message) => watch.check('I14', isExpected(message), () => message) },
      device,
      ...way,
      ...(guard === undefined ? {} : { guard }),
      strings: {},
      setup: { folder: true, trusted: true, agents: [] },
      act: () => Promise.resolve(),
    });
    this.doors.add(door);
    return door;
  }

  /** What a person does, with a note of who does it: whatever comes of it at once was caused by it. */
  async perform(key: SessionKey, command: Command, device: string, signal: AbortSignal): Promise<void> {
    const { watch } = this.#parts;
    const line = this.lines.get(key);
    const before = this.agent.cancels;
    const cancels = command.kind === 'cancel' && this.store.get(key)?.turn.state === 'running';
    const performed = this.during(key, { device, command }, () => this.router.perform(key, command, device, signal));
    if (cancels) watch.check('I8', this.agent.cancels === before + 1, () => 'a cancel did not reach the agent');
    try {
      await performed;
    } catch (failure) {
      const known = failure instanceof Error && ['Failure', 'PeerError'].includes(failure.name);
      watch.check('I14', known || !this.alive, () => `${command.kind} failed with ${String(failure)}`);
      if (this.alive && command.kind === 'question/answer') line?.refused(command.question, failure);
      throw failure;
    }
  }

  /** Called when nothing is under way. */
  rest(): void {
    const { watch } = this.#parts;
    for (const { key, link, turn } of this.store.all()) {
      this.lines.get(key)?.rest();
      const has = this.agent.has(key);
      watch.check('I8', link.state !== 'ready' || has, () => `${key} is ready, and the agent does not have it`);
      const runs = turn.state === 'idle' || this.agent.turn(key) === turn.id;
      watch.check('I8', runs, () => `a turn of ${key} runs that the agent does not have`);
    }
  }

  during<T>(key: SessionKey, act: Act, run: () => T): T {
    const line = this.lines.get(key);
    if (line !== undefined) line.act = act;
    try {
      return run();
    } finally {
      if (line !== undefined) line.act = undefined;
    }
  }

  /** Ends in order, as a window does that is closed. */
  async close(): Promise<void> {
    const { time, disk, machine, watch } = this.#parts;
    for (const { key, turn, questions } of this.store.all()) {
      if (turn.state === 'idle' && questions.length === 0) continue;
      void this.during(key, { device: 'editor', command: { kind: 'end' } }, () =>
        this.router.perform(key, { kind: 'cancel' }, 'editor', never).catch(() => undefined),
      );
    }
    await settled();
    const ended = this.#end();
    let over = false;
    ended.then(
      () => (over = true),
      (failure: unknown) => watch.check('I13', false, () => `the end of a process failed: ${String(failure)}`),
    );
    await settled();
    // Nothing of an orderly end waits for time to pass.
    for (let round = 0; round < 8 && !over; round += 1) await time.pass(0);
    watch.check('I13', over, () => 'a process did not end');
    const { pid } = this;
    watch.check('I13', time.waiting(pid) === 0, () => `${time.waiting(pid)} timers outlive their process`);
    const handles = disk.handles.get(pid) ?? 0;
    watch.check('I13', handles === 0, () => `${handles} files are left open`);
    this.alive = false;
    machine.living.delete(pid);
  }

  /** Ends without warning: nothing that it had begun is heard of any more. */
  kill(): void {
    const { time, disk, machine } = this.#parts;
    this.alive = false;
    time.end(this.pid);
    disk.end(this.pid);
    machine.living.delete(this.pid);
    for (const door of this.doors) door.dispose();
    this.store.dispose();
  }

  async #end(): Promise<void> {
    await this.router.dispose();
    await this.journal[Symbol.asyncDispose]();
    for (const door of this.doors) door.dispose();
    this.catalogue.dispose();
    this.store.dispose();
  }

  async #load(key: SessionKey, signal: AbortSignal): Promise<Stored> {
    const due = this.#parts.isDue(key);
    try {
      const stored = await this.journal.load(key, signal);
      if (!this.alive) return await new Promise(() => undefined);
      const line = this.#parts.loaded(this, key, stored);
      this.lines.set(key, line);
      this.#heard.delete(key);
      line.restoring = true;
      // The catalogue adopts it before anything else can happen to it.
      queueMicrotask(() => queueMicrotask(() => queueMicrotask(() => (line.restoring = false))));
      return stored;
    } catch (failure) {
      if (this.alive) this.#parts.notLoaded(this, key, failure, due);
      throw failure instanceof Error ? failure : new Failure('unreadable', String(failure));
    }
  }
}

/** What a door refuses of a surface that says everything as it should, some of it twice. */
export const isExpected = (warning: string): boolean =>
  !warning.startsWith('Message') || warning.endsWith('was asked before.');
