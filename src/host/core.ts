import { join } from 'node:path';
import type { McpServer } from '@agentclientprotocol/sdk';
import type { AgentDefinition } from '../backends/agent.ts';
import type { Agents } from '../backends/agents.ts';
import { type Clock, within } from '../base/clock.ts';
import { type Disposable, Disposables } from '../base/disposable.ts';
import type { Duplex } from '../base/duplex.ts';
import { Failure, sentence } from '../base/failure.ts';
import type { Log } from '../base/log.ts';
import { Concealed } from '../base/mask.ts';
import type { Devices } from '../machine/devices.ts';
import { realDisk } from '../machine/disk.ts';
import { Guard } from '../machine/guard.ts';
import { FileJournal } from '../machine/journal.ts';
import { localEnvironment } from '../machine/local.ts';
import { findScript } from '../machine/scriptTerminal.ts';
import { TerminalWays } from '../machine/terminalWays.ts';
import { Locks } from '../machine/lock.ts';
import { systemProcesses } from '../machine/processIdentity.ts';
import { ProgramPrints } from '../machine/programPrints.ts';
import { type PageVisitor, RelayService } from '../machine/relayService.ts';
import { ShellEnvironment } from '../machine/shellEnvironment.ts';
import type { SessionKey } from '../model/session.ts';
import type { HostAction, HostSettings, Setup, ToSurface } from '../protocol/view/messages.ts';
import { Catalogue } from '../router/catalogue.ts';
import { ViewDoor } from '../router/door.ts';
import { cancelAll } from '../router/ending.ts';
import type { Environment } from '../router/ports.ts';
import { Router } from '../router/router.ts';
import { StorageLimit } from '../router/storageLimit.ts';
import { SessionStore } from '../router/store.ts';
import { HostActions } from './actions.ts';
import { hostAgents } from './agents.ts';
import { askProgram } from './askProgram.ts';
import { type HostConfig, parseConfig } from './config.ts';
import { type HostFiles, hostFiles } from './files.ts';
import { openPage } from './page.ts';
import { isRelayAction, OWNER, type RelayAction, type RelayFlags, relayOptions, WindowRelay } from './relay.ts';
import { HostRules } from './rules.ts';
import { HostSecrets } from './secrets.ts';
import { HostSessions } from './sessions.ts';
import { hostSetup } from './setup.ts';
import { HostTerminals } from './terminals.ts';
import { HostWebhooks } from './webhooks.ts';
import { type AttachedWindow, Windows } from './windows.ts';

/** What the owner's own windows hold the wheel as. */
const EDITOR = 'editor';

/** Of the two seconds that an end may take: what turns are given, and then agents, milliseconds. */
const TURNS_END = 300;
const AGENTS_END = 1000;

export interface HostCoreParts {
  /** Absolute, both. */
  readonly state: string;
  readonly tokenFile: string;
  /** Absolute. */
  readonly roots: readonly string[];
  readonly config: HostConfig;
  readonly relay: RelayFlags;
  readonly devices: Devices;
  /** Random, new at each start. */
  readonly hostId: string;
  /** Of this program. */
  readonly version: string;
  /** Absolute folder of the page. */
  readonly page: string;
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
  readonly relay: RelayService;
  readonly #parts: HostCoreParts;
  readonly #windows: Windows;
  readonly #ways: TerminalWays;
  readonly #terminals: HostTerminals;
  readonly #concealed = new Concealed();
  readonly #sessions: HostSessions;
  readonly #files: HostFiles;
  readonly #journal: FileJournal;
  readonly #rules: HostRules;
  readonly #limit: StorageLimit;
  readonly #webhooks: HostWebhooks;
  readonly #guard: Guard;
  readonly #shell: ShellEnvironment;
  readonly #agents: Agents;
  readonly #actions: HostActions;
  #config: HostConfig;
  #mcpServers: ReadonlyMap<string, readonly McpServer[]> = new Map();
  /** And the client that each of them is. */
  readonly #doors = new Map<ViewDoor, string>();
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
    const conceal = (value: string): void => this.#concealed.add(value);
    this.#webhooks = this.#owned.add(new HostWebhooks({ state, store: this.store, clock, log, conceal }));
    this.#sessions = new HostSessions({
      store: this.store,
      router: this.router,
      log,
      roots: parts.roots,
      defaultAgent: () => this.#defaultAgent,
      isFar: (agent) => this.#agents.all.some(({ id, machine }) => id === agent && machine !== undefined),
      ending: this.#ending.signal,
    });
    const roots = (): readonly string[] => this.#sessions.roots();
    const ending = this.#ending.signal;
    const shared = { store: this.store, windows: this.#windows, clock, log, roots, ending };
    this.#files = hostFiles({ ...shared, own: [state, parts.tokenFile] }, this.#owned);
    const common = { env: process.env, clock, log };
    this.#guard = this.#owned.add(new Guard({ ...common, folder: join(state, 'processes'), watchdog: parts.watchdog }));
    this.#shell = new ShellEnvironment({ ...common, platform: process.platform });
    const local = this.#environment();
    this.#agents = this.#makeAgents(this.#terminals.around(local));
    this.relay = this.#makeRelay(local);
    this.#actions = new HostActions({
      ...this.#common,
      agents: this.#agents,
      sessions: this.#sessions,
      configure: (settings) => this.#configure(settings),
      stop: () => parts.stop(),
    });
    this.#apply(config);
    const setUp = (): void => this.#doors.forEach((client, door) => door.setup(this.#setup(client)));
    this.#owned.add(this.#agents.onChanged(setUp));
    this.#owned.add(this.#rules.onChanged(setUp));
    this.#owned.add(this.#journal.onState(setUp));
  }

  /** What has to be known before anybody is let in. */
  async open(): Promise<void> {
    await this.#rules.read();
    await this.#webhooks.read();
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
    const relay = new WindowRelay({
      service: this.relay,
      window,
      tell: (state) => door.ask({ type: 'relay', state }),
    });
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
      setup: this.#setup(EDITOR),
      guard: this.relay.guard(EDITOR, OWNER),
      act: async (action, signal) =>
        action.kind === 'terminal/show' ? terminals.show(action.terminal) : await this.#actions.act(action, signal),
      window: {
        act: async (action, signal) =>
          isRelayAction(action) ? await relay.act(action) : await this.#actFor(window, action, signal),
        hear: (message) => window.hear(message),
        terminals,
      },
      readLarge: (key, name) => this.#journal.readLarge(key, name),
    });
    return this.#admit(door, EDITOR, [window, terminals, relay]);
  }

  /** The page of a device. */
  #openPage(surface: Duplex<unknown, ToSurface>, visitor: PageVisitor): ViewDoor {
    const door = openPage(surface, visitor, {
      ...this.#common,
      mentions: this.#files.mentions,
      readLarge: (key, name) => this.#journal.readLarge(key, name),
      setup: this.#setup(visitor.client),
      open: (agent) => this.#sessions.openFirst(agent),
      act: (action, signal) => this.#actions.act(action, signal),
    });
    return this.#admit(door, visitor.client, []);
  }

  /** What everybody is given that works with sessions. */
  get #common() {
    const { store, catalogue, router } = this;
    const { clock, log } = this.#parts;
    return { store, catalogue, router, clock, log };
  }

  #admit(door: ViewDoor, client: string, owned: readonly Disposable[]): ViewDoor {
    this.#doors.set(door, client);
    void door.closed.then(() => {
      this.#doors.delete(door);
      for (const one of owned) one.dispose();
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
    for (const door of this.#doors.keys()) door.dispose();
    await this.relay[Symbol.asyncDispose]();
    await this.#limit.rest();
    await this.#journal[Symbol.asyncDispose]();
    await agents;
    this.#owned.dispose();
    this.catalogue.dispose();
    this.store.dispose();
  }

  #environment(): Environment & Disposable {
    const { clock, log } = this.#parts;
    const common = { env: process.env, clock, log };
    const root = join(this.#parts.state, 'programs');
    const ask = askProgram(this.#windows);
    const prints = new ProgramPrints({ root, disk: realDisk, clock, log, ask });
    return this.#owned.add(
      localEnvironment({
        ...common,
        label: 'This machine',
        variables: () => this.#shell.variables(),
        startTerminal: this.#ways.start,
        forbiddenRoots: () => this.#sessions.roots(),
        vet: (start, signal) => prints.admit(start, signal),
        guard: this.#guard,
      }),
    );
  }

  #makeAgents(environment: Environment): Agents {
    const { clock, log } = this.#parts;
    const here = { variables: () => this.#shell.variables(), forbiddenRoots: () => this.#sessions.roots() };
    return hostAgents(this.router, here, {
      emit: this.store.append.bind(this.store),
      workspace: this.#files.workspace,
      filesOf: (session) => this.#files.filesOf(session),
      secrets: new HostSecrets({ windows: this.#windows, log, conceal: (value) => this.#concealed.add(value) }),
      permissions: this.router.permissions,
      environment,
      mcpServers: async (cwd, key) => [...(this.#mcpServers.get(cwd) ?? []), ...this.#sessions.serversOf(key)],
      clock,
      log,
    });
  }

  #makeRelay(environment: Environment): RelayService {
    const { hostId, version, devices, page, relay, config } = this.#parts;
    return new RelayService({
      options: relayOptions(config, relay),
      devices,
      page,
      environment,
      own: [this.#parts.state, this.#parts.tokenFile],
      openDoor: (surface, visitor) => this.#openPage(surface, visitor),
      world: {
        ...this.#common,
        hostId,
        version,
        roots: () => this.#sessions.roots(),
        place: (path, signal) => this.#files.disk.place(path, signal),
        defaultAgent: () => this.#defaultAgent,
        newSession: (options, opened, signal) => this.#sessions.openFor(options, opened, signal),
        sleep: (key, signal) => this.#sessions.sleep(key, signal),
        isWatched: (key) => [...this.#doors.keys()].some(({ shown }) => shown === key),
        queries: this.#files.queries,
        edits: this.#files.edits,
      },
    });
  }

  #apply(config: HostConfig): void {
    this.#config = config;
    this.relay.configure(relayOptions(config, this.#parts.relay));
    this.#rules.configure(config.rules);
    this.#agents.apply([this.#parts.demo, ...config.agents]);
  }

  /** What the settings of a window say holds until another one says something else. @throws Failure `usage` */
  #configure({ config, mcpServers, webhooks, nodePty }: HostSettings): void {
    if (nodePty !== undefined) this.#ways.useNodePty(nodePty);
    const { limits, relay } = this.#config;
    this.#apply({ ...(relay === undefined ? {} : { relay }), ...parseConfig(config), limits });
    this.#webhooks.configure(webhooks);
    // Beside those of folders that other windows have.
    this.#mcpServers = new Map([...this.#mcpServers, ...mcpServers.map(({ cwd, servers }) => [cwd, servers] as const)]);
  }

  #setup(client: string): Setup {
    return hostSetup(client, {
      agents: this.#agents,
      sessions: this.#sessions,
      defaultAgent: this.#defaultAgent,
      rules: this.#rules,
      journal: this.#journal,
    });
  }

  get #defaultAgent(): string {
    return this.#config.defaultAgent ?? this.#parts.demo.id;
  }

  async #actFor(
    window: AttachedWindow,
    action: Exclude<HostAction, RelayAction>,
    signal: AbortSignal,
  ): Promise<string | void> {
    const text = await this.#actions.actOnHost(action, signal);
    if (action.kind === 'session/open' && text !== undefined) window.drives(text as SessionKey);
    if (action.kind === 'session/resume') window.drives(action.key);
    return text;
  }
}
