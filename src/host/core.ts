import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { McpServer } from '@agentclientprotocol/sdk';
import type { AgentDefinition } from '../backends/agent.ts';
import type { Agents } from '../backends/agents.ts';
import { within } from '../base/clock.ts';
import type { Clock } from '../base/clock.ts';
import { Disposables } from '../base/disposable.ts';
import type { Duplex } from '../base/duplex.ts';
import { Failure, sentence } from '../base/failure.ts';
import type { Log } from '../base/log.ts';
import { Concealed } from '../base/mask.ts';
import { realDisk } from '../machine/disk.ts';
import { DiskWorkspace } from '../machine/diskWorkspace.ts';
import { Guard } from '../machine/guard.ts';
import { FileJournal } from '../machine/journal.ts';
import { localEnvironment } from '../machine/local.ts';
import { findScript } from '../machine/scriptTerminal.ts';
import { TerminalWays } from '../machine/terminalWays.ts';
import { Locks } from '../machine/lock.ts';
import { systemProcesses } from '../machine/processIdentity.ts';
import { ProgramPrints } from '../machine/programPrints.ts';
import { ShellEnvironment } from '../machine/shellEnvironment.ts';
import type { SessionKey } from '../model/session.ts';
import type { Action, HostAction, HostSettings, Setup, ToSurface } from '../protocol/view/messages.ts';
import { Catalogue } from '../router/catalogue.ts';
import { ViewDoor } from '../router/door.ts';
import { cancelAll } from '../router/ending.ts';
import type { Environment } from '../router/ports.ts';
import { Router } from '../router/router.ts';
import { StorageLimit } from '../router/storageLimit.ts';
import { SessionStore } from '../router/store.ts';
import { actOnAgents, hostAgents } from './agents.ts';
import { askProgram } from './askProgram.ts';
import { type HostConfig, parseConfig } from './config.ts';
import { EditorFiles } from './editorFiles.ts';
import { HostRules } from './rules.ts';
import { HostSecrets } from './secrets.ts';
import { HostTerminals } from './terminals.ts';
import { watchRoots } from './watch.ts';
import { type AttachedWindow, Windows } from './windows.ts';

/** Of the two seconds that an end may take: what turns are given, and then agents, milliseconds. */
const TURNS_END = 300;
const AGENTS_END = 1000;

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
  readonly #windows: Windows;
  readonly #ways: TerminalWays;
  readonly #terminals: HostTerminals;
  readonly #concealed = new Concealed();
  readonly #roots: Set<string>;
  readonly #journal: FileJournal;
  readonly #rules: HostRules;
  readonly #limit: StorageLimit;
  readonly #guard: Guard;
  readonly #shell: ShellEnvironment;
  readonly #agents: Agents;
  #config: HostConfig;
  #mcpServers: ReadonlyMap<string, readonly McpServer[]> = new Map();
  readonly #doors = new Set<ViewDoor>();
  readonly #owned = new Disposables();
  readonly #ending = new AbortController();

  constructor(parts: HostCoreParts) {
    this.#parts = { ...parts, log: this.#concealed.around(parts.log) };
    this.#config = parts.config;
    const { state, config, clock } = parts;
    const { log } = this.#parts;
    this.#windows = new Windows(clock);
    // Installed beside us is installed beside that one.
    this.#ways = new TerminalWays({ program: parts.watchdog, script: () => findScript(clock), clock, log });
    this.#terminals = new HostTerminals(clock);
    this.#roots = new Set(parts.roots);
    this.#journal = new FileJournal({
      root: join(state, 'journal'),
      disk: realDisk,
      clock,
      log,
      locks: new Locks({ disk: realDisk, clock, processes: systemProcesses, pid: process.pid }),
      fold: (key) => this.store.get(key),
    });
    const journal = this.#journal;
    this.store = new SessionStore({
      clock,
      log,
      journal: {
        begin: (session) => {
          if (this.#config.journal.enabled) journal.begin(session);
        },
        keepLarge: (key, text) => journal.keepLarge(key, text),
        append: (key, logged) => journal.append(key, logged),
        close: (key) => journal.close(key),
      },
    });
    this.catalogue = new Catalogue({
      store: this.store,
      journal: this.#journal,
      log,
      kept: () => this.#config.journal.enabled,
      belongs: () => true,
    });
    this.#rules = this.#owned.add(new HostRules({ root: join(state, 'rules'), clock, log, windows: this.#windows }));
    this.router = new Router({ store: this.store, clock, log, rules: this.#rules });
    this.#limit = new StorageLimit({
      journal: this.#journal,
      clock,
      log,
      most: () => this.#config.journal.megabytes,
      tell: (sessions) => log.warn(`The older parts of ${sessions} sessions were removed; their transcripts say so.`),
      ending: this.#ending.signal,
    });
    const common = { env: process.env, clock, log };
    this.#guard = this.#owned.add(new Guard({ ...common, folder: join(state, 'processes'), watchdog: parts.watchdog }));
    this.#shell = new ShellEnvironment({ ...common, platform: process.platform });
    this.#agents = this.#makeAgents(this.#environment());
    this.#apply(config);
    const setUp = (): void => this.#doors.forEach((door) => door.setup(this.#setup()));
    this.#owned.add(this.#agents.onChanged(setUp));
    this.#owned.add(this.#rules.onChanged(setUp));
    this.#owned.add(this.#journal.onState(setUp));
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

  /** As it is now: a window may have brought another one than we were started with. */
  get config(): HostConfig {
    return this.#config;
  }

  get isWorking(): boolean {
    return this.#terminals.isRunning || this.store.all().some(({ turn }) => turn.state === 'running');
  }

  openDoor(surface: Duplex<unknown, ToSurface>, device: string): ViewDoor {
    const { clock, log } = this.#parts;
    const window = this.#windows.attach((message) => door.ask(message));
    const terminals = this.#terminals.view((message) => door.ask(message));
    const door: ViewDoor = new ViewDoor({
      store: this.store,
      catalogue: this.catalogue,
      router: {
        perform: (key, command, by, signal) => {
          window.drives(key);
          terminals.drives();
          return this.router.perform(key, command, by, signal);
        },
      },
      clock,
      log,
      device,
      surface,
      // A window says everything in its own language.
      strings: {},
      setup: this.#setup(),
      act: async (action, signal) =>
        action.kind === 'terminal/show' ? terminals.show(action.terminal) : await this.#act(action, signal),
      window: {
        act: (action, signal) => this.#actFor(window, action, signal),
        hear: (message) => window.hear(message),
        terminals,
      },
      readLarge: (key, name) => this.#journal.readLarge(key, name),
    });
    this.#doors.add(door);
    void door.closed.then(() => {
      this.#doors.delete(door);
      window.dispose();
      terminals.dispose();
    });
    return door;
  }

  /** Questions as cancelled, turns, agents with all that they started, and what is written of all that. */
  async [Symbol.asyncDispose](): Promise<void> {
    const { clock } = this.#parts;
    await cancelAll({ store: this.store, router: this.router, clock }, 'host', TURNS_END);
    this.#ending.abort(new Failure('ended', 'The background host is ending.'));
    // The guard insists where the agents' own, more patient end would take longer than we have.
    const agents = Promise.all([this.router.dispose(), this.#agents[Symbol.asyncDispose](), this.#guard.shutDown()]);
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
    const root = join(this.#parts.state, 'programs');
    const ask = askProgram(this.#windows);
    const prints = new ProgramPrints({ root, disk: realDisk, clock, log, ask });
    const local = this.#owned.add(
      localEnvironment({
        ...common,
        label: 'This machine',
        variables: () => this.#shell.variables(),
        startTerminal: this.#ways.start,
        forbiddenRoots: () => this.#allRoots(),
        vet: (start, signal) => prints.admit(start, signal),
        guard: this.#guard,
      }),
    );
    return this.#terminals.around(local);
  }

  #makeAgents(environment: Environment): Agents {
    const { clock, log } = this.#parts;
    const disk = new DiskWorkspace(() => this.#allRoots());
    const { store } = this;
    const watch = watchRoots({ store, workspace: disk, clock, log }, this.#owned);
    const windows = this.#windows;
    const files = new EditorFiles({ windows, disk, clock });
    const here = { variables: () => this.#shell.variables(), forbiddenRoots: () => this.#allRoots() };
    return hostAgents(this.router, here, {
      emit: store.append.bind(store),
      workspace: watch.around(disk),
      filesOf: (session) => watch.around(files.of(session)),
      secrets: new HostSecrets({ windows, log, conceal: (value) => this.#concealed.add(value) }),
      permissions: this.router.permissions,
      environment,
      mcpServers: async (cwd) => this.#mcpServers.get(cwd) ?? [],
      clock,
      log,
    });
  }

  #apply(config: HostConfig): void {
    this.#config = config;
    this.#rules.configure(config.rules);
    this.#agents.apply([this.#parts.demo, ...config.agents]);
  }

  /** What the settings of a window say holds until another one says something else. @throws Failure `usage` */
  #configure({ config, mcpServers, nodePty }: HostSettings): void {
    if (nodePty !== undefined) this.#ways.useNodePty(nodePty);
    this.#apply({ ...parseConfig(config), messageBytes: this.#config.messageBytes });
    // Beside those of folders that other windows have.
    this.#mcpServers = new Map([...this.#mcpServers, ...mcpServers.map(({ cwd, servers }) => [cwd, servers] as const)]);
  }

  /** Those that were named, and those that sessions work in: a session goes on when the window that named its folder is gone. */
  #allRoots(): readonly string[] {
    const here = this.store.all().filter(({ machine }) => machine === undefined);
    return [...new Set([...this.#roots, ...here.map(({ cwd }) => cwd)])];
  }

  #setup(): Setup {
    const { state } = this.#journal;
    const trouble = state.kind === 'ok' ? this.#rules.trouble : `Sessions are in memory only. ${state.reason}`;
    return {
      folder: true,
      folders: [...this.#roots].map((path) => ({ path, name: path })),
      trusted: true,
      agents: this.#agents.all.map(({ id, label }) => ({ id, label })),
      defaultAgent: this.#defaultAgent,
      rules: this.#rules.all(),
      ...(trouble === undefined ? {} : { trouble }),
    };
  }

  get #defaultAgent(): string {
    return this.#config.defaultAgent ?? this.#parts.demo.id;
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
    else await this.#agents.restart(session.backend, signal);
  }

  async #actFor(window: AttachedWindow, action: HostAction, signal: AbortSignal): Promise<string | void> {
    const text = await this.#actOnHost(action, signal);
    if (action.kind === 'session/open' && text !== undefined) window.drives(text as SessionKey);
    if (action.kind === 'session/resume') window.drives(action.key);
    return text;
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
      case 'configure':
        return this.#configure(action);
      case 'agents':
      case 'agent/restart':
      case 'agent/stop':
      case 'agent/sign out':
        return await actOnAgents(this.#agents, action, signal);
      case 'stop':
        return this.#parts.stop();
    }
  }

  /** Answered as soon as the session is there: what becomes of it, it tells itself. */
  async #openSession(action: Extract<HostAction, { kind: 'session/open' }>): Promise<SessionKey> {
    const { agent = this.#defaultAgent, cwd, title, roots, fork } = action;
    const far = this.#agents.all.some(({ id, machine }) => id === agent && machine !== undefined);
    for (const folder of far ? roots : [cwd, ...roots]) await requireFolder(folder);
    for (const folder of roots) this.#roots.add(folder);
    const before = new Set(this.store.all().map(({ key }) => key));
    const opened = this.router.newSession(
      { backend: agent, cwd, ...(title === undefined ? {} : { title }), ...(fork === undefined ? {} : { fork }) },
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
