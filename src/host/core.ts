import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { AcpBackend } from '../backends/acp.ts';
import type { AgentDefinition } from '../backends/agent.ts';
import { within } from '../base/clock.ts';
import type { Clock } from '../base/clock.ts';
import { Disposables } from '../base/disposable.ts';
import type { Duplex } from '../base/duplex.ts';
import { Failure, sentence } from '../base/failure.ts';
import type { Log } from '../base/log.ts';
import { realDisk } from '../machine/disk.ts';
import { DiskWorkspace } from '../machine/diskWorkspace.ts';
import { Guard } from '../machine/guard.ts';
import { FileJournal } from '../machine/journal.ts';
import { localEnvironment } from '../machine/local.ts';
import { Locks } from '../machine/lock.ts';
import { systemProcesses } from '../machine/processIdentity.ts';
import { ShellEnvironment } from '../machine/shellEnvironment.ts';
import type { SessionKey } from '../model/session.ts';
import type { Action, HostAction, Setup, ToSurface } from '../protocol/view/messages.ts';
import { Catalogue } from '../router/catalogue.ts';
import { ViewDoor } from '../router/door.ts';
import { cancelAll } from '../router/ending.ts';
import type { Environment } from '../router/ports.ts';
import { Router } from '../router/router.ts';
import { StorageLimit } from '../router/storageLimit.ts';
import { SessionStore } from '../router/store.ts';
import type { HostConfig } from './config.ts';
import { HostRules } from './rules.ts';
import { watchRoots } from './watch.ts';

/** Of the two seconds that an end may take: what turns are given, and then agents, milliseconds. */
const TURNS_END = 300;
const AGENTS_END = 1000;
/** As the setting of the editor has it. */
const MOST_MEGABYTES = 1024;

export interface HostCoreParts {
  /** Absolute. */
  readonly state: string;
  /** Absolute. */
  readonly roots: readonly string[];
  readonly config: HostConfig;
  readonly demo: AgentDefinition;
  /** The program that watches us. Absolute. */
  readonly watchdog: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Somebody wants the host to end. */
  stop(): void;
}

/** What a window composes for its sessions, without the window. */
export class HostCore implements AsyncDisposable {
  readonly store: SessionStore;
  readonly catalogue: Catalogue;
  readonly router: Router;
  readonly #parts: HostCoreParts;
  readonly #roots: Set<string>;
  readonly #journal: FileJournal;
  readonly #rules: HostRules;
  readonly #limit: StorageLimit;
  readonly #guard: Guard;
  readonly #agents: readonly AgentDefinition[];
  readonly #doors = new Set<ViewDoor>();
  readonly #owned = new Disposables();
  readonly #ending = new AbortController();

  constructor(parts: HostCoreParts) {
    this.#parts = parts;
    const { state, config, demo, clock, log } = parts;
    this.#roots = new Set(parts.roots);
    this.#journal = new FileJournal({
      root: join(state, 'journal'),
      disk: realDisk,
      clock,
      log,
      locks: new Locks({ disk: realDisk, clock, processes: systemProcesses, pid: process.pid }),
      fold: (key) => this.store.get(key),
    });
    this.store = new SessionStore({ clock, log, journal: this.#journal });
    this.catalogue = new Catalogue({
      store: this.store,
      journal: this.#journal,
      log,
      kept: () => true,
      belongs: () => true,
    });
    this.#rules = this.#owned.add(new HostRules({ root: join(state, 'rules'), configured: config.rules, clock, log }));
    this.router = new Router({ store: this.store, clock, log, rules: this.#rules });
    this.#limit = new StorageLimit({
      journal: this.#journal,
      clock,
      log,
      most: () => MOST_MEGABYTES,
      tell: (sessions) => log.warn(`The older parts of ${sessions} sessions were removed; their transcripts say so.`),
      ending: this.#ending.signal,
    });
    const common = { env: process.env, clock, log };
    this.#guard = this.#owned.add(new Guard({ ...common, folder: join(state, 'processes'), watchdog: parts.watchdog }));
    this.#agents = [demo, ...config.agents];
    this.#addAgents(this.#environment());
    this.#owned.add(this.#rules.onChanged(() => this.#doors.forEach((door) => door.setup(this.#setup()))));
    this.#owned.add(this.#journal.onState(() => this.#doors.forEach((door) => door.setup(this.#setup()))));
  }

  /** What has to be known before anybody is let in. */
  async open(): Promise<void> {
    await this.#rules.read();
    await this.catalogue.refresh(this.#ending.signal);
    this.#guard
      .sweep()
      .catch((failure: unknown) =>
        this.#parts.log.warn(`What an earlier host left was not swept: ${sentence(failure)}`),
      );
  }

  get isWorking(): boolean {
    return this.store.all().some(({ turn }) => turn.state === 'running');
  }

  openDoor(surface: Duplex<unknown, ToSurface>, device: string): ViewDoor {
    const { clock, log } = this.#parts;
    const door = new ViewDoor({
      store: this.store,
      catalogue: this.catalogue,
      router: this.router,
      clock,
      log,
      device,
      surface,
      // A window says everything in its own language.
      strings: {},
      setup: this.#setup(),
      act: (action, signal) => this.#act(action, signal),
      window: { act: (action, signal) => this.#actOnHost(action, signal) },
      readLarge: (key, name) => this.#journal.readLarge(key, name),
    });
    this.#doors.add(door);
    void door.closed.then(() => this.#doors.delete(door));
    return door;
  }

  /** Questions as cancelled, turns, agents with all that they started, and what is written of all that. */
  async [Symbol.asyncDispose](): Promise<void> {
    const { clock } = this.#parts;
    await cancelAll({ store: this.store, router: this.router, clock }, 'host', TURNS_END);
    this.#ending.abort(new Failure('ended', 'The background host is ending.'));
    // The guard insists where the agents' own, more patient end would take longer than we have.
    const agents = Promise.all([this.router.dispose(), this.#guard.shutDown()]);
    await within(clock, AGENTS_END, agents);
    // Before the doors: whoever looks sees how it ended.
    for (const door of this.#doors) door.dispose();
    await this.#limit.rest();
    await this.#journal[Symbol.asyncDispose]();
    await agents;
    this.#owned.dispose();
    this.catalogue.dispose();
    this.store.dispose();
  }

  #environment(): Environment {
    const { clock, log } = this.#parts;
    const common = { env: process.env, clock, log };
    const shell = new ShellEnvironment({ ...common, platform: process.platform });
    return this.#owned.add(
      localEnvironment({
        ...common,
        label: 'This machine',
        variables: () => shell.variables(),
        forbiddenRoots: () => this.#allRoots(),
        guard: this.#guard,
      }),
    );
  }

  #addAgents(environment: Environment): void {
    const { clock, log } = this.#parts;
    const disk = new DiskWorkspace(() => this.#allRoots());
    const { store } = this;
    const workspace = watchRoots({ store, workspace: disk, clock, log }, this.#owned).around(disk);
    const context = {
      emit: store.append.bind(store),
      workspace,
      permissions: this.router.permissions,
      environment,
      clock,
      log,
    };
    for (const agent of this.#agents) this.router.add(new AcpBackend(agent, context));
  }

  /** Those that were named, and those that sessions work in: a session goes on when the window that named its folder is gone. */
  #allRoots(): readonly string[] {
    return [...new Set([...this.#roots, ...this.store.all().map(({ cwd }) => cwd)])];
  }

  #setup(): Setup {
    const { state } = this.#journal;
    const trouble = state.kind === 'ok' ? this.#rules.trouble : `Sessions are in memory only. ${state.reason}`;
    return {
      folder: true,
      folders: [...this.#roots].map((path) => ({ path, name: path })),
      trusted: true,
      agents: this.#agents.map(({ id, label }) => ({ id, label })),
      defaultAgent: this.#defaultAgent,
      rules: this.#rules.all(),
      ...(trouble === undefined ? {} : { trouble }),
    };
  }

  get #defaultAgent(): string {
    return this.#parts.config.defaultAgent ?? this.#parts.demo.id;
  }

  /** Of what a page asks for, what only the host can do. */
  async #act(action: Action, signal: AbortSignal): Promise<void> {
    if (action.kind === 'session/take') {
      await this.catalogue.wake(action.key, signal);
      return;
    }
    if (action.kind !== 'agent/restart') throw new Failure('unsupported', 'This is done by the window.');
    const session = this.store.get(action.key);
    if (session === undefined) throw new Failure('gone', 'This session is closed.', 'Start a new one.');
    // One that was read from disk has lost nothing that another session of this agent has.
    if (session.link.state === 'disconnected') await this.router.resume(session.key, signal);
    else await this.router.restart(session.backend, signal);
  }

  async #actOnHost(action: HostAction, signal: AbortSignal): Promise<string | void> {
    switch (action.kind) {
      case 'session/open':
        return await this.#openSession(action);
      case 'session/resume':
        await this.catalogue.wake(action.key, signal);
        return await this.router.resume(action.key, signal);
      case 'session/mark': {
        const { pinned, archived } = action;
        const flags = { ...(pinned === undefined ? {} : { pinned }), ...(archived === undefined ? {} : { archived }) };
        return await this.catalogue.mark(action.key, flags);
      }
      case 'session/erase':
        return await this.catalogue.erase(action.key);
      case 'stop':
        return this.#parts.stop();
    }
  }

  /** Answered as soon as the session is there: what becomes of it, it tells itself. */
  async #openSession(action: Extract<HostAction, { kind: 'session/open' }>): Promise<SessionKey> {
    const { agent = this.#defaultAgent, cwd, title, roots } = action;
    for (const folder of [cwd, ...roots]) await requireFolder(folder);
    for (const folder of roots) this.#roots.add(folder);
    const before = new Set(this.store.all().map(({ key }) => key));
    const opened = this.router.newSession(
      { backend: agent, cwd, ...(title === undefined ? {} : { title }) },
      this.#ending.signal,
    );
    const key = this.store.all().find((session) => !before.has(session.key))?.key;
    if (key === undefined) return await opened;
    opened.catch((failure: unknown) => this.#parts.log.info(`A session was not opened: ${sentence(failure)}`));
    return key;
  }
}

/** @throws Failure `invalid` */
export const requireFolder = async (path: string): Promise<void> => {
  const about = await stat(path).catch(() => undefined);
  if (about?.isDirectory() !== true) throw new Failure('invalid', `${path} is no folder of this machine.`);
};
