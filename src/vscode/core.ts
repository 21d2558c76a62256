import * as vscode from 'vscode';
import { within } from '../base/clock.ts';
import { Disposables } from '../base/disposable.ts';
import type { Duplex } from '../base/duplex.ts';
import { Emitter } from '../base/event.ts';
import { Failure, sentence } from '../base/failure.ts';
import { systemClock } from '../machine/clock.ts';
import type { Variables } from '../machine/environmentVariables.ts';
import type { Guard } from '../machine/guard.ts';
import type { Command } from '../model/event.ts';
import type { Session, SessionKey, TurnEnd } from '../model/session.ts';
import type { Setup, ToSurface } from '../protocol/view/messages.ts';
import type { AllSessions } from '../router/allSessions.ts';
import { ViewDoor } from '../router/door.ts';
import type { FarMachine } from '../router/farMachine.ts';
import type { Environment, Workspace } from '../router/ports.ts';
import { cancelAll } from '../router/ending.ts';
import { Router } from '../router/router.ts';
import type { SessionStore } from '../router/store.ts';
import { telling } from '../router/telling.ts';
import { Actions } from './actions.ts';
import { AgentBackends } from './agentBackends.ts';
import { applyAgents } from './applyAgents.ts';
import { Agents, type AgentSet } from '../backends/agents.ts';
import type { FarAddress } from '../backends/environmentSettings.ts';
import type { ChatView } from './chatView.ts';
import type { CoreParts, NewSession, SessionStart } from './coreParts.ts';
import { Diffs } from './diffs.ts';
import { History } from './history.ts';
import type { Logs } from './log.ts';
import { Files } from './files.ts';
import { followWindow } from './followWindow.ts';
import { beginMachineHost, type WindowHost } from './hosts/windowHost.ts';
import { LastLook } from './lastLook.ts';
import { LaterEnvironments } from './laterEnvironments.ts';
import { LaterRelay } from './laterRelay.ts';
import { localMachine } from './localMachine.ts';
import { personMcpServers } from './mcp/personMcpServers.ts';
import { newSession, toldInChat } from './newSession.ts';
import { openingPages } from './openedPages.ts';
import { personVariables } from './personVariables.ts';
import { RuleBook } from './rules.ts';
import { showRules } from './rulesPick.ts';
import { journalWanted, readOwner } from './settings.ts';
import { readSetup } from './setup.ts';
import type { AgentSecrets } from './signIn/agentSecrets.ts';
import { windowSecrets } from './signIn/windowSecrets.ts';
import { showLists } from './showLists.ts';
import { AgentTerminals } from './terminals.ts';
import { texts } from './texts.ts';
import { requireTrust, trustedOnly, trustedPrompts } from './trust.ts';
import { Unread } from './unread.ts';
import { beginWebhooks } from './webhooks/beginWebhooks.ts';
import { WireTaps } from './wireTaps.ts';
import { EditorWorkspace } from './workspace.ts';

/** What a person does in this window is done by this device. */
export const DEVICE = 'editor';

/** What turns are given to end in when the window does, and then agents, milliseconds: VS Code waits for two seconds. */
const TURNS_END = 400;
const AGENTS_END = 1000;

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
  /** What is reached by an address. */
  readonly far: LaterEnvironments;
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
  /** The editor's. */
  readonly secretStorage: CoreParts['secrets'];
  readonly diffs: Diffs;
  /** For the person's other devices. */
  readonly relay: LaterRelay;
  readonly #backends: AgentBackends;
  readonly #history: History;
  readonly #unread: Unread;
  readonly #lastLook: LastLook;
  readonly #actions: Actions;
  readonly #files: Files;
  readonly #owned = new Disposables();
  readonly #setUp = this.#owned.add(new Emitter<void>());
  /** What stands between the person and a session is another thing now. */
  readonly onSetup = this.#setUp.event;
  readonly #ending = new AbortController();

  constructor(parts: CoreParts) {
    const { logs } = parts;
    const clock = systemClock;
    const owner = readOwner();
    this.chat = parts.chat;
    this.logs = logs;
    this.storage = parts.storage;
    this.variables = personVariables(logs.main);
    this.tree = parts.tree;
    const diffs = (this.diffs = this.#owned.add(new Diffs()));
    this.workspace = new EditorWorkspace({ clock, log: logs.main, diffs });
    this.#history = new History({
      storage: parts.storage,
      log: logs.main,
      roots: () => this.workspace.roots(),
      troubled: () => this.#setUp.fire(),
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
    const { queries, mentionsOf } = this.#files;
    this.relay = new LaterRelay(async () => {
      const { WindowRelay } = await import('./relay/windowRelay.ts');
      return new WindowRelay(this, { ...parts, history: this.#history, queries, mentionsOf });
    }, parts.memory);
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
    this.secretStorage = parts.secrets;
    this.secrets = windowSecrets(parts.secrets, logs);
    const mcpServers = personMcpServers({
      log: logs.main,
      variables: this.variables,
      roots: () => this.workspace.roots(),
    });
    this.#backends = new AgentBackends({
      here: { variables: this.variables, forbiddenRoots: () => this.workspace.roots() },
      agentAt: async (id) => (await this.far.load()).agentAt(id),
      commandsAt: async (id) => (await this.far.load()).commandsAt(id),
      secrets: this.secrets,
      taps: this.wires,
      mcpServers: async (cwd, key) => [...(await mcpServers(cwd)), ...(this.relay.servers.get(key) ?? [])],
      emit: (key, events, cursor) => this.store.append(key, events, cursor),
      workspace: this.files,
      permissions: this.router.permissions,
      environment: this.environment,
      logs,
    });
    const own = new Agents({
      make: (definition) => this.#backends.make(definition),
      register: (backend) => this.router.add(backend),
      resume: (id, signal) => this.router.resumeAll(id, signal),
    });
    this.host = owner === 'machine' ? beginMachineHost(this, { ...parts, mcpServers, own }) : undefined;
    this.far = new LaterEnvironments(this, parts);
    this.agents = this.host?.agents ?? own;
    this.#actions = new Actions({
      shown: (key) => this.#history.shown(key),
      diffs,
      showTerminal: async (session, terminal, signal) =>
        (await this.#hostOf(session)?.terminals.reveal(session, terminal, signal)) ??
        this.terminals.reveal({ session, terminal }),
      place: (path, signal) => this.workspace.place(path, signal),
      openFar: (session, file) => this.far.openFile(session, file),
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
    showLists(this, { unread: this.#unread, inSight }, this.#owned);
    const [setUp, look] = [() => this.#setUp.fire(), () => this.#lastLook.look()];
    followWindow(this, { extension: parts.extension, setUp, look }, this.#owned);
    beginWebhooks(this, this.#owned);
    applyAgents(this, parts.extension);
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
      setup: this.setup,
      guard: this.relay,
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
    return this.#shown(await (this.host?.start(options, this.signal) ?? this.begin(options)), options);
  }

  #shown<T extends NewSession | undefined>(started: T, { inPage }: Partial<SessionStart>): T {
    const key = started?.key;
    if (key !== undefined && inPage === true) this.chat.show(key);
    else if (key !== undefined) void this.chat.reveal(key);
    return started;
  }

  /** The same in the host of another machine, or at an address. Undefined: the person thought better of it. */
  async startFar(
    environment: FarMachine | FarAddress,
    options: Partial<SessionStart>,
  ): Promise<NewSession | undefined> {
    const far = await this.far.load();
    return this.#shown(await far.start(environment, options, this.signal), options);
  }

  /** A session that lives in this window, which shows nothing of it. */
  begin({ agent, cwd, fork }: SessionStart): NewSession {
    let key: SessionKey | undefined;
    const from = fork === undefined ? {} : { fork };
    const opened = telling(
      this.store,
      (told) => (key = told),
      () => this.router.newSession({ backend: agent, cwd, ...from }, this.signal),
    );
    return { key, opened };
  }

  /**
   * Has done what the person asks for in this window.
   * @throws Failure as `Router.perform` does; `wheel`, another device has it
   */
  async perform(key: SessionKey, command: Command): Promise<void> {
    if (!this.relay.took({ key, command }, this.store)) await this.router.perform(key, command, DEVICE, this.signal);
  }

  /** Resolves when the turn of this very prompt ends. @throws the same */
  async prompt(key: SessionKey, text: string): Promise<TurnEnd> {
    const prompt = [{ type: 'text', text }] as const;
    this.relay.took({ key, command: { kind: 'prompt', prompt } }, this.store);
    return await this.router.prompt(key, prompt, DEVICE, this.signal);
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
    // One that was read from disk has lost nothing that another session of this agent has; a relay's has its agent there.
    if (link.state === 'disconnected' || this.far.has(key)) await this.router.resume(key, signal);
    else await this.agents.restart(backend, signal);
  }

  /** The background host that a session lives in. */
  #hostOf(key: SessionKey): Pick<WindowHost, 'backend' | 'terminals'> | undefined {
    if (!this.store.isMirrored(key) || this.far.has(key)) return undefined;
    return this.far.hostOf(key) ?? this.host;
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
      this.relay[Symbol.asyncDispose](),
      this.router.dispose(),
      this.agents[Symbol.asyncDispose](),
      this.host?.[Symbol.asyncDispose](),
      this.far[Symbol.asyncDispose](),
      this.guard.shutDown(),
    ]);
    await within(systemClock, AGENTS_END, agents);
    await this.#history[Symbol.asyncDispose]();
    await agents;
    this.#owned.dispose();
  }

  get setup(): Setup {
    return readSetup(this.agents, {
      me: DEVICE,
      trouble: this.host?.trouble ?? this.#history.trouble ?? this.rules.trouble,
      rules: this.host?.backend.setup?.rules ?? this.rules.all(),
    });
  }
}

/** What a person reads when something that they asked for failed. */
export const words = (failure: unknown): string =>
  failure instanceof Failure && failure.next !== undefined ? `${failure.message} ${failure.next}` : sentence(failure);
