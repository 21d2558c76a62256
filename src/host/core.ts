import { join } from 'node:path';
import type { McpServer } from '@agentclientprotocol/sdk';
import type { AgentDefinition } from '../backends/agent.ts';
import type { Agents } from '../backends/agents.ts';
import { type Clock, within } from '../base/clock.ts';
import { type Disposable, Disposables } from '../base/disposable.ts';
import type { Duplex } from '../base/duplex.ts';
import { Failure } from '../base/failure.ts';
import type { Log } from '../base/log.ts';
import { Concealed } from '../base/mask.ts';
import type { Devices } from '../machine/devices.ts';
import { realDisk } from '../machine/disk.ts';
import { FileJournal } from '../machine/journal.ts';
import { Locks } from '../machine/lock.ts';
import { systemProcesses } from '../machine/processIdentity.ts';
import { type PageVisitor, RelayService } from '../machine/relayService.ts';
import type { SessionKey } from '../model/session.ts';
import type { HostAction, HostSettings, Setup, ToSurface } from '../protocol/view/messages.ts';
import { Catalogue } from '../router/catalogue.ts';
import { ViewDoor } from '../router/door.ts';
import { cancelAll } from '../router/ending.ts';
import { Router } from '../router/router.ts';
import { StorageLimit } from '../router/storageLimit.ts';
import { SessionStore } from '../router/store.ts';
import { HostActions } from './actions.ts';
import { hostAgents } from './agents.ts';
import { type HostConfig, parseConfig } from './config.ts';
import { HostEndpoints } from './endpoints.ts';
import { type HostFiles, hostFiles } from './files.ts';
import { HostMachine } from './machine.ts';
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
  readonly #machine: HostMachine;
  readonly #terminals: HostTerminals;
  readonly #concealed = new Concealed();
  readonly #sessions: HostSessions;
  readonly #files: HostFiles;
  readonly #journal: FileJournal;
  readonly #rules: HostRules;
  readonly #limit: StorageLimit;
  readonly #webhooks: HostWebhooks;
  readonly #agents: Agents;
  readonly #actions: HostActions;
  #config: HostConfig;
  #endpoints: HostEndpoints | undefined;
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
    this.#files = hostFiles({ ...shared, own: this.#own }, this.#owned);
    const { watchdog } = parts;
    this.#machine = this.#owned.add(new HostMachine({ ...shared, state, watchdog, forbiddenRoots: roots }));
    this.#agents = this.#makeAgents();
    this.relay = this.#makeRelay();
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
    this.#machine.sweep();
    this.#endpoints = await this.#openEndpoints();
  }

  /** Further wires; none before it was opened. */
  get endpoints(): HostEndpoints | undefined {
    return this.#endpoints;
  }

  /** As it is now: a window may have brought another one than we were started with. */
  get config(): HostConfig {
    return this.#config;
  }

  get isWorking(): boolean {
    if (this.#terminals.isRunning || this.#endpoints?.isWorking === true) return true;
    return this.store.all().some(({ turn }) => turn.state === 'running');
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
      admitAnswer: (device, question) => this.#endpoints?.admitAnswer(device, question),
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
    const agents = Promise.all([
      this.router.dispose(),
      this.#agents[Symbol.asyncDispose](),
      this.#machine.guard.shutDown(),
    ]);
    await within(clock, AGENTS_END, agents);
    await this.#endpoints?.[Symbol.asyncDispose]();
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

  /** What is nobody's but ours. */
  get #own(): readonly string[] {
    return [this.#parts.state, this.#parts.tokenFile];
  }

  async #openEndpoints(): Promise<HostEndpoints> {
    const { state, roots, config, hostId, devices } = this.#parts;
    const { environment, guard } = this.#machine;
    const variables = () => this.#machine.variables();
    const here = { environment, guard, variables, state, own: this.#own, roots };
    return await HostEndpoints.open({ ...this.#common, ...here, config, hostId, devices });
  }

  #makeAgents(): Agents {
    const { clock, log } = this.#parts;
    const here = { variables: () => this.#machine.variables(), forbiddenRoots: () => this.#sessions.roots() };
    return hostAgents(this.router, here, {
      emit: this.store.append.bind(this.store),
      workspace: this.#files.workspace,
      filesOf: (session) => this.#files.filesOf(session),
      secrets: new HostSecrets({ windows: this.#windows, log, conceal: (value) => this.#concealed.add(value) }),
      permissions: this.router.permissions,
      environment: this.#terminals.around(this.#machine.environment),
      mcpServers: async (cwd, key) => [...(this.#mcpServers.get(cwd) ?? []), ...this.#sessions.serversOf(key)],
      clock,
      log,
    });
  }

  #makeRelay(): RelayService {
    const { hostId, version, devices, page, relay, config } = this.#parts;
    return new RelayService({
      options: relayOptions(config, relay),
      devices,
      page,
      environment: this.#machine.environment,
      own: this.#own,
      endpoints: () => this.#endpoints?.all ?? [],
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
        admitAnswer: (device, question) => this.#endpoints?.admitAnswer(device, question),
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
    if (nodePty !== undefined) this.#machine.useNodePty(nodePty);
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
