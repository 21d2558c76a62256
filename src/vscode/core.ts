import * as vscode from 'vscode';
import { within } from '../base/clock.ts';
import { Disposables } from '../base/disposable.ts';
import type { Duplex } from '../base/duplex.ts';
import { Failure, sentence } from '../base/failure.ts';
import { systemClock } from '../machine/clock.ts';
import type { Variables } from '../machine/environmentVariables.ts';
import type { Guard } from '../machine/guard.ts';
import type { Session, SessionKey } from '../model/session.ts';
import type { Setup, ToSurface } from '../protocol/view/messages.ts';
import type { AllSessions } from '../router/allSessions.ts';
import { ViewDoor } from '../router/door.ts';
import type { Environment, Workspace } from '../router/ports.ts';
import { cancelAll } from '../router/ending.ts';
import { Router } from '../router/router.ts';
import type { SessionStore } from '../router/store.ts';
import { Actions } from './actions.ts';
import { AgentBackends } from './agentBackends.ts';
import { applyAgents } from './applyAgents.ts';
import { Agents, type AgentSet } from '../backends/agents.ts';
import type { ChatView } from './chatView.ts';
import { Diffs } from './diffs.ts';
import { History } from './history.ts';
import type { Logs } from './log.ts';
import { Files } from './files.ts';
import { FarHosts } from './hosts/farHosts.ts';
import { beginMachineHost, type WindowHost } from './hosts/windowHost.ts';
import { LastLook } from './lastLook.ts';
import { localMachine } from './localMachine.ts';
import { personMcpServers } from './mcp/personMcpServers.ts';
import { newSession, toldInChat } from './newSession.ts';
import { openingPages } from './openedPages.ts';
import { personVariables } from './personVariables.ts';
import { RuleBook } from './rules.ts';
import { showRules } from './rulesPick.ts';
import type { SessionsTree } from './sessionsTree.ts';
import { journalWanted, readOwner } from './settings.ts';
import { readSetup } from './setup.ts';
import type { AgentSecrets } from './signIn/agentSecrets.ts';
import { windowSecrets } from './signIn/windowSecrets.ts';
import { showLists } from './showLists.ts';
import { offerReload } from './hosts/offerReload.ts';
import { AgentTerminals } from './terminals.ts';
import { texts } from './texts.ts';
import { requireTrust, trustedOnly, trustedPrompts } from './trust.ts';
import { Unread, type WindowMemory } from './unread.ts';
import { WireTaps } from './wireTaps.ts';
import { EditorWorkspace } from './workspace.ts';

/** What a person does in this window is done by this device. */
export const DEVICE = 'editor';

/** What turns are given to end in when the window does, and then agents, milliseconds: VS Code waits for two seconds. */
const TURNS_END = 400;
const AGENTS_END = 1000;

export interface NewSession {
  /** Undefined where it was refused before anything was opened; `opened` says why. */
  readonly key: SessionKey | undefined;
  readonly opened: Promise<SessionKey>;
}

export interface SessionStart {
  readonly agent: string;
  /** Absolute. */
  readonly cwd: string;
  readonly inPage?: boolean;
  readonly fork?: SessionKey;
}

export interface CoreParts {
  readonly extension: vscode.Uri;
  /** Of the extension. */
  readonly version: string;
  /** Absolute folder of this machine that all windows share. */
  readonly storage: string;
  readonly logs: Logs;
  readonly chat: ChatView;
  readonly tree: Pick<SessionsTree, 'update' | 'describe' | 'showArchived' | 'visible' | 'onDidChangeVisibility'>;
  readonly memory: WindowMemory;
  readonly secrets: Pick<vscode.SecretStorage, 'get' | 'store' | 'delete'>;
}

/** Everything that is needed from the first session on; before that nothing of it is loaded. */
export class Core implements AsyncDisposable {
  readonly chat: ChatView;
  readonly logs: Logs;
  readonly tree: CoreParts['tree'];
  readonly store: SessionStore;
  /** The sessions of the store, those on disk, and those of the background host. */
  readonly catalogue: AllSessions;
  readonly router: Router;
  /** The rules that outlive a session. */
  readonly rules: RuleBook;
  readonly agents: AgentSet;
  /** Where sessions live, unless they live in this window. */
  readonly host: WindowHost | undefined;
  /** Of other machines. */
  readonly farHosts: FarHosts;
  /** What the person entered for them. */
  readonly secrets: AgentSecrets;
  readonly workspace: EditorWorkspace;
  /** What agents read and write through, here or in a host of this machine. */
  readonly files: Workspace;
  readonly terminals: AgentTerminals;
  /** Absolute folder of this machine that all windows share. */
  readonly storage: string;
  /** Where agents and their commands run, in a trusted workspace only. */
  readonly environment: Environment;
  readonly variables: () => Promise<Variables>;
  /** Sees to the end of all that is started. */
  readonly guard: Guard;
  readonly wires: WireTaps;
  readonly #extension: vscode.Uri;
  readonly #backends: AgentBackends;
  readonly #history: History;
  readonly #unread: Unread;
  readonly #lastLook: LastLook;
  readonly #actions: Actions;
  readonly #files: Files;
  readonly #owned = new Disposables();
  readonly #ending = new AbortController();

  constructor(parts: CoreParts) {
    const { logs } = parts;
    const clock = systemClock;
    const owner = readOwner();
    this.chat = parts.chat;
    this.logs = logs;
    this.#extension = parts.extension;
    this.storage = parts.storage;
    this.variables = personVariables(logs.main);
    this.tree = parts.tree;
    const diffs = this.#owned.add(new Diffs());
    this.workspace = new EditorWorkspace({ clock, log: logs.main, diffs });
    this.#history = new History({
      storage: parts.storage,
      log: logs.main,
      roots: () => this.workspace.roots(),
      troubled: () => this.chat.setup(this.#setup()),
      sights: [parts.chat, parts.tree],
      ending: this.signal,
      kept: () => owner === 'window' && journalWanted(),
    });
    this.store = this.#history.store;
    this.catalogue = this.#history.sessions;
    this.rules = this.#owned.add(new RuleBook({ storage: parts.storage, log: logs.main }));
    this.router = new Router({ store: this.store, clock, log: logs.main, rules: this.rules });
    this.#files = this.#owned.add(
      new Files({
        workspace: this.workspace,
        store: this.store,
        clock,
        log: logs.main,
        reveal: (key) => this.chat.reveal(key),
      }),
    );
    this.files = this.#files.workspace;
    const inSight = (key: SessionKey): boolean => this.chat.visible && this.chat.shown === key;
    this.#unread = this.#owned.add(new Unread({ store: this.store, memory: parts.memory, inSight }));
    this.#lastLook = this.#owned.add(
      new LastLook({
        store: this.store,
        clock,
        memory: parts.memory,
        sight: () => ({ key: this.chat.inSight, focused: vscode.window.state.focused }),
        tell: (news) => this.chat.since(news),
      }),
    );
    this.terminals = this.#owned.add(new AgentTerminals(clock));
    const machine = localMachine(
      {
        extension: parts.extension,
        storage: parts.storage,
        log: logs.main,
        variables: this.variables,
        roots: () => this.workspace.roots(),
      },
      this.#owned,
    );
    this.guard = machine.guard;
    this.environment = this.terminals.around(trustedOnly(machine.environment));
    this.wires = this.#owned.add(
      new WireTaps({
        logs,
        variables: this.variables,
        roots: () => this.workspace.roots(),
        agents: () => this.agents.all,
      }),
    );
    this.secrets = windowSecrets(parts.secrets, logs);
    const mcpServers = personMcpServers({
      log: logs.main,
      variables: this.variables,
      roots: () => this.workspace.roots(),
    });
    this.#backends = new AgentBackends({
      here: { variables: this.variables, forbiddenRoots: () => this.workspace.roots() },
      secrets: this.secrets,
      taps: this.wires,
      mcpServers,
      emit: (key, events, cursor) => this.store.append(key, events, cursor),
      workspace: this.files,
      permissions: this.router.permissions,
      environment: this.environment,
      logs,
    });
    this.host = owner === 'machine' ? beginMachineHost(this, { ...parts, mcpServers }) : undefined;
    this.farHosts = new FarHosts(this, parts);
    this.agents =
      this.host?.agents ??
      new Agents({
        make: (definition) => this.#backends.make(definition),
        register: (backend) => this.router.add(backend),
        resume: (id, signal) => this.router.resumeAll(id, signal),
      });
    this.#actions = new Actions({
      shown: (key) => this.#history.shown(key),
      diffs,
      showTerminal: async (session, terminal, signal) =>
        (await this.#hostOf(session)?.terminals.reveal(session, terminal, signal)) ??
        this.terminals.reveal({ session, terminal }),
      place: (path, signal) => this.workspace.place(path, signal),
      wake: (key) => this.wake(key),
      showRules: (key) => showRules(this, key),
      readLarge: (key, name) => this.#history.readLarge(key, name),
      agents: {
        restart: (session, signal) => this.restartFor(session, signal),
        showLog: (id) => this.showAgentLog(id),
      },
      newSession: async (agent) => {
        const started = await newSession(this, agent === undefined ? { inPage: true } : { agent, inPage: true });
        if (started !== undefined) await toldInChat(started);
      },
    });
    showLists(this, { unread: this.#unread, inSight, device: DEVICE }, this.#owned);
    this.#followWindow();
    applyAgents(this, this.#extension);
    this.guard
      .sweep()
      .catch((failure: unknown) => logs.main.warn(`What an earlier window left was not swept: ${sentence(failure)}`));
  }

  /** Aborted when the window ends. */
  get signal(): AbortSignal {
    return this.#ending.signal;
  }

  openDoor(surface: Duplex<unknown, ToSurface>): ViewDoor {
    return new ViewDoor({
      store: this.store,
      catalogue: {
        all: () => this.catalogue.all(),
        onListed: this.catalogue.onListed,
        wake: (key, signal) => this.#history.wake(key, signal),
      },
      router: openingPages(trustedPrompts(this.router), (key) => this.store.get(key)),
      clock: systemClock,
      log: this.logs.main,
      device: DEVICE,
      surface,
      strings: texts(),
      setup: this.#setup(),
      act: (action, signal) => this.#actions.act(action, signal),
      mentions: this.#files.mentions,
      readLarge: (key, name) => this.#history.readLarge(key, name),
      read: (key, changed, signal) => this.#history.read(key, changed, signal),
    });
  }

  /**
   * Starts a session and shows it while it is being opened: from then on the chat tells what becomes of it, and
   * `opened` settles with that.
   * @throws Failure `untrusted`, or that there is no such agent
   */
  async startSession(options: SessionStart): Promise<NewSession> {
    requireTrust();
    return this.#shown(await (this.host?.start(options, this.signal) ?? this.#startHere(options)), options);
  }

  #shown<T extends NewSession | undefined>(started: T, { inPage }: Partial<SessionStart>): T {
    const key = started?.key;
    if (key !== undefined && inPage === true) this.chat.show(key);
    else if (key !== undefined) void this.chat.reveal(key);
    return started;
  }

  /** The same in the host of another machine. Undefined: the person thought better of it. */
  async startFar(environment: string, options: Partial<SessionStart>): Promise<NewSession | undefined> {
    return this.#shown(await this.farHosts.start(environment, options, this.signal), options);
  }

  #startHere(options: SessionStart): NewSession {
    const before = new Set(this.store.all().map(({ key }) => key));
    const { agent, cwd, fork } = options;
    const from = fork === undefined ? {} : { fork };
    const opened = this.router.newSession({ backend: agent, cwd, ...from }, this.signal);
    const key = this.store.all().find((session) => !before.has(session.key))?.key;
    return { key, opened };
  }

  /**
   * The session in the store, read from disk where it sleeps.
   * @throws Failure `gone`, `locked`, or why it cannot be read
   */
  async wake(key: SessionKey): Promise<Session> {
    try {
      return await this.catalogue.wake(key, this.signal);
    } catch (failure) {
      if (!(failure instanceof Failure) || failure.code !== 'missing') throw failure;
      throw new Failure('gone', vscode.l10n.t('This session is closed, and nothing of it is kept.'));
    }
  }

  /** Brings the agent of a session back; one that runs is ended first, whatever it does for others. */
  async restartFor({ key, backend, link }: Session, signal: AbortSignal): Promise<void> {
    const host = this.#hostOf(key);
    if (host !== undefined) return await host.backend.do({ kind: 'agent/restart', key }, signal);
    // One that was read from disk has lost nothing that another session of this agent has.
    if (link.state === 'disconnected') await this.router.resume(key, signal);
    else await this.agents.restart(backend, signal);
  }

  /** The background host that a session lives in. */
  #hostOf(key: SessionKey): Pick<WindowHost, 'backend' | 'terminals'> | undefined {
    return this.store.isMirrored(key) ? (this.farHosts.of(key) ?? this.host) : undefined;
  }

  /** Shows the agent's channel, with the last lines of its standard error as they are now. */
  async showAgentLog(id: string): Promise<void> {
    await this.agents.look(this.signal);
    const label = this.agents.label(id) ?? id;
    this.#backends.showLog(id, label, this.agents.stderrTail(id));
  }

  /** Ends turns and questions as cancelled, then the agents, and closes what is written of all that. */
  async [Symbol.asyncDispose](): Promise<void> {
    // What ends because the window does is no news.
    this.#unread.dispose();
    this.#lastLook.dispose();
    await cancelAll({ store: this.store, router: this.router, clock: systemClock }, DEVICE, TURNS_END);
    this.#ending.abort(new Failure('ended', vscode.l10n.t('The window is closing.')));
    // The guard insists where the agents' own, more patient end would take longer than we have.
    const agents = Promise.all([
      this.router.dispose(),
      this.agents[Symbol.asyncDispose](),
      this.host?.[Symbol.asyncDispose](),
      this.farHosts[Symbol.asyncDispose](),
      this.guard.shutDown(),
    ]);
    await within(systemClock, AGENTS_END, agents);
    await this.#history[Symbol.asyncDispose]();
    await agents;
    this.#owned.dispose();
  }

  #setup(): Setup {
    return readSetup(this.agents, {
      trouble: this.host?.trouble ?? this.#history.trouble ?? this.rules.trouble,
      rules: this.host?.backend.setup?.rules ?? this.rules.all(),
    });
  }

  #followWindow(): void {
    const setUp = (): void => this.chat.setup(this.#setup());
    this.#owned.add(this.agents.onChanged(setUp));
    if (this.host !== undefined) this.#owned.add(this.host.backend.onChanged(setUp));
    this.#owned.add(this.rules.onChanged(setUp));
    const look = (): void => this.#lastLook.look();
    this.#owned.add(this.chat.onDidShow(look));
    this.#owned.add(this.chat.onDidChangeVisibility(look));
    this.#owned.add(vscode.window.onDidChangeWindowState(look));
    this.#owned.add(vscode.workspace.onDidGrantWorkspaceTrust(setUp));
    this.#owned.add(vscode.workspace.onDidChangeWorkspaceFolders(setUp));
    this.#owned.add(
      vscode.workspace.onDidChangeConfiguration((change) => {
        if (change.affectsConfiguration('wheelhouse.sessions.owner')) void offerReload();
        if (change.affectsConfiguration('wheelhouse.agents')) applyAgents(this, this.#extension);
        else if (change.affectsConfiguration('wheelhouse.defaultAgent')) setUp();
      }),
    );
  }
}

/** What a person reads when something that they asked for failed. */
export const words = (failure: unknown): string =>
  failure instanceof Failure && failure.next !== undefined ? `${failure.message} ${failure.next}` : sentence(failure);
