import { join } from 'node:path';
import * as vscode from 'vscode';
import { AcpBackend } from '../backends/acp.ts';
import type { AgentDefinition } from '../backends/agent.ts';
import { within } from '../base/clock.ts';
import { Disposables } from '../base/disposable.ts';
import type { Duplex } from '../base/duplex.ts';
import { Failure, sentence } from '../base/failure.ts';
import { systemClock } from '../machine/clock.ts';
import type { Variables } from '../machine/environmentVariables.ts';
import { Guard } from '../machine/guard.ts';
import { localEnvironment } from '../machine/local.ts';
import type { Session, SessionKey } from '../model/session.ts';
import type { Summary } from '../model/summary.ts';
import type { Setup, ToSurface } from '../protocol/view/messages.ts';
import type { Catalogue } from '../router/catalogue.ts';
import { ViewDoor } from '../router/door.ts';
import type { Environment } from '../router/ports.ts';
import { Router } from '../router/router.ts';
import type { SessionStore } from '../router/store.ts';
import { Actions } from './actions.ts';
import { Agents } from './agents.ts';
import type { ChatView } from './chatView.ts';
import { ContextKeys } from './contextKeys.ts';
import { Diffs } from './diffs.ts';
import { History } from './history.ts';
import { Listing } from './listing.ts';
import type { Logs } from './log.ts';
import { Files } from './files.ts';
import { editorNodePty } from './nodePty.ts';
import { newSession, toldInChat } from './newSession.ts';
import { Notifications } from './notifications.ts';
import { personVariables } from './personVariables.ts';
import { RuleBook } from './rules.ts';
import { showRules } from './rulesPick.ts';
import type { Row, SessionsTree } from './sessionsTree.ts';
import { demoAgent, notificationsWanted, problemLine, readAgents } from './settings.ts';
import { readSetup } from './setup.ts';
import { StatusBar } from './statusBar.ts';
import { AgentTerminals } from './terminals.ts';
import { requireTrust, trustedOnly, trustedPrompts } from './trust.ts';
import { Unread, type WindowMemory } from './unread.ts';
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

export interface CoreParts {
  readonly extension: vscode.Uri;
  /** Absolute folder of this machine that all windows share. */
  readonly storage: string;
  readonly logs: Logs;
  readonly chat: ChatView;
  readonly tree: Pick<SessionsTree, 'update' | 'showArchived' | 'visible' | 'onDidChangeVisibility'>;
  readonly memory: WindowMemory;
}

/** Everything that is needed from the first session on; before that nothing of it is loaded. */
export class Core implements AsyncDisposable {
  readonly chat: ChatView;
  readonly logs: Logs;
  readonly tree: CoreParts['tree'];
  readonly store: SessionStore;
  /** The sessions of the store and those on disk. */
  readonly catalogue: Catalogue;
  readonly router: Router;
  /** The rules that outlive a session. */
  readonly rules: RuleBook;
  readonly agents: Agents;
  readonly workspace: EditorWorkspace;
  readonly terminals: AgentTerminals;
  /** Absolute folder of this machine that all windows share. */
  readonly storage: string;
  /** Where agents and their commands run, in a trusted workspace only. */
  readonly environment: Environment;
  readonly variables: () => Promise<Variables>;
  readonly #extension: vscode.Uri;
  readonly #guard: Guard;
  readonly #history: History;
  readonly #unread: Unread;
  readonly #actions: Actions;
  readonly #files: Files;
  readonly #owned = new Disposables();
  readonly #ending = new AbortController();
  readonly #lastWords = new Map<string, string>();

  constructor(parts: CoreParts) {
    const { logs } = parts;
    const clock = systemClock;
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
    });
    this.store = this.#history.store;
    this.catalogue = this.#history.catalogue;
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
    const inSight = (key: SessionKey): boolean => this.chat.visible && this.chat.shown === key;
    this.#unread = this.#owned.add(new Unread({ store: this.store, memory: parts.memory, inSight }));
    this.terminals = this.#owned.add(new AgentTerminals(clock));
    this.#guard = this.#owned.add(
      new Guard({
        folder: join(parts.storage, 'processes'),
        watchdog: join(parts.extension.fsPath, 'dist', 'watchdog.js'),
        env: process.env,
        clock,
        log: logs.main,
      }),
    );
    const local = localEnvironment({
      label: vscode.l10n.t('This machine'),
      env: process.env,
      variables: this.variables,
      clock,
      log: logs.main,
      nodePty: editorNodePty(vscode.env.appRoot, logs.main),
      forbiddenRoots: () => this.workspace.roots(),
      guard: this.#guard,
    });
    this.environment = this.terminals.around(trustedOnly(this.#owned.add(local)));
    this.agents = new Agents({
      make: (definition) => this.#backend(definition),
      register: (backend) => this.router.add(backend),
      resume: (id, signal) => this.router.resumeAll(id, signal),
    });
    this.#actions = new Actions({
      shown: (key) => this.#history.shown(key),
      diffs,
      terminals: this.terminals,
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
    this.#showLists(inSight);
    this.#followWindow();
    this.#readSettings();
    this.#guard
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
      router: trustedPrompts(this.router),
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
  startSession(options: { readonly agent: string; readonly cwd: string; readonly inPage?: boolean }): NewSession {
    requireTrust();
    const before = new Set(this.store.all().map(({ key }) => key));
    const opened = this.router.newSession({ backend: options.agent, cwd: options.cwd }, this.signal);
    const key = this.store.all().find((session) => !before.has(session.key))?.key;
    if (key !== undefined && options.inPage === true) this.chat.show(key);
    else if (key !== undefined) void this.chat.reveal(key);
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
    // One that was read from disk has lost nothing that another session of this agent has.
    if (link.state === 'disconnected') await this.router.resume(key, signal);
    else await this.agents.restart(backend, signal);
  }

  /** Shows the agent's channel, with the last lines of its standard error as they are now. */
  showAgentLog(id: string): void {
    const label = this.agents.label(id) ?? id;
    this.#logLastWords(id, label);
    this.logs.showAgent(label);
  }

  /** Ends turns and questions as cancelled, then the agents, and closes what is written of all that. */
  async [Symbol.asyncDispose](): Promise<void> {
    // What ends because the window does is no news.
    this.#unread.dispose();
    await this.#cancelAll();
    this.#ending.abort(new Failure('ended', vscode.l10n.t('The window is closing.')));
    // The guard insists where the agents' own, more patient end would take longer than we have.
    const agents = Promise.all([this.router.dispose(), this.agents[Symbol.asyncDispose](), this.#guard.shutDown()]);
    await within(systemClock, AGENTS_END, agents);
    await this.#history[Symbol.asyncDispose]();
    await agents;
    this.#owned.dispose();
  }

  /** Ends what is under way, and gives the agents a moment to say so: an end that they told is better than one that is guessed. */
  async #cancelAll(): Promise<void> {
    const isRunning = ({ turn }: Session): boolean => turn.state === 'running';
    const busy = this.store.all().filter((session) => isRunning(session) || session.questions.length > 0);
    if (busy.length === 0) return;
    const { promise: ended, resolve } = Promise.withResolvers<void>();
    const heard = this.store.onAppended(() => {
      if (!this.store.all().some(isRunning)) resolve();
    });
    await Promise.allSettled(busy.map(({ key }) => this.router.perform(key, { kind: 'cancel' }, DEVICE, this.signal)));
    if (this.store.all().some(isRunning)) await within(systemClock, TURNS_END, ended);
    heard.dispose();
  }

  #setup(): Setup {
    return readSetup(this.agents, {
      trouble: this.#history.trouble ?? this.rules.trouble,
      rules: this.rules.all(),
    });
  }

  #backend(definition: AgentDefinition): AcpBackend {
    const { id, label } = definition;
    const backend = new AcpBackend(definition, {
      emit: (key, events, cursor) => this.store.append(key, events, cursor),
      workspace: this.#files.workspace,
      permissions: this.router.permissions,
      environment: this.environment,
      clock: systemClock,
      log: this.logs.ofAgent(label),
    });
    backend.onChanged(() => {
      if (backend.state === 'failed') this.#logLastWords(id, label);
    });
    return backend;
  }

  /** Once each: the same lines again would look like the same trouble again. */
  #logLastWords(id: string, label: string): void {
    const tail = this.agents.stderrTail(id);
    if (tail === '' || this.#lastWords.get(id) === tail) return;
    this.#lastWords.set(id, tail);
    this.logs.ofAgent(label).info(tail);
  }

  #showLists(inSight: (key: SessionKey) => boolean): void {
    const failed = (failure: unknown): void =>
      this.logs.main.error(`The list could not be shown: ${sentence(failure)}`);
    const { onChanged } = this.#owned.add(new Listing(this.catalogue, systemClock, failed));
    const row = (session: Summary): Row => ({ ...session, unread: this.#unread.has(session.key) });
    this.#owned.add(onChanged(({ sessions, removed }) => this.tree.update(sessions.map(row), removed)));
    this.#owned.add(
      this.#unread.onChanged((key) => {
        const session = this.catalogue.get(key);
        if (session !== undefined) this.tree.update([row(session)], []);
      }),
    );
    const look = (): void => {
      const { shown } = this.chat;
      if (shown === undefined || !this.chat.visible) return;
      this.#unread.read(shown);
      for (const { key } of this.store.all()) if (key !== shown) this.catalogue.rest(key);
    };
    this.#owned.add(this.catalogue.onListed(({ removed }) => removed.forEach((key) => this.chat.forget(key))));
    this.#owned.add(this.chat.onDidShow(look));
    this.#owned.add(this.chat.onDidChangeVisibility(look));
    this.#owned.add(new StatusBar(this.store, onChanged));
    this.#owned.add(new ContextKeys(this.store, this.catalogue, onChanged));
    this.#owned.add(
      new Notifications({
        store: this.store,
        clock: systemClock,
        inSight,
        wanted: notificationsWanted,
        ask: (message, ...buttons) => vscode.window.showInformationMessage(message, ...buttons),
        review: ({ key, question }) => this.chat.reveal(key, question),
        answer: (key, { id, hash }, option) =>
          this.router.perform(
            key,
            { kind: 'question/answer', question: id, hash, outcome: { kind: 'selected', option } },
            DEVICE,
            this.signal,
          ),
      }),
    );
  }

  #followWindow(): void {
    const setUp = (): void => this.chat.setup(this.#setup());
    this.#owned.add(this.agents.onChanged(setUp));
    this.#owned.add(this.rules.onChanged(setUp));
    this.#owned.add(vscode.workspace.onDidGrantWorkspaceTrust(setUp));
    this.#owned.add(vscode.workspace.onDidChangeWorkspaceFolders(setUp));
    this.#owned.add(
      vscode.workspace.onDidChangeConfiguration((change) => {
        if (change.affectsConfiguration('wheelhouse.agents')) this.#readSettings();
        else if (change.affectsConfiguration('wheelhouse.defaultAgent')) setUp();
      }),
    );
  }

  #readSettings(): void {
    const { agents, problems } = readAgents();
    this.agents.apply([demoAgent(this.#extension), ...agents]);
    if (problems.length === 0) return;
    const lines = problems.map(problemLine);
    for (const line of lines) this.logs.main.warn(line);
    void this.#warn(
      lines.length === 1
        ? (lines[0] ?? '')
        : vscode.l10n.t('{0} (and {1} more in the log)', lines[0] ?? '', lines.length - 1),
    );
  }

  async #warn(problem: string): Promise<void> {
    const open = vscode.l10n.t('Open Settings');
    const answer = await vscode.window.showWarningMessage(vscode.l10n.t('An agent is left out: {0}.', problem), open);
    if (answer === open) await vscode.commands.executeCommand('workbench.action.openSettings', 'wheelhouse.agents');
  }
}

/** What the chat says, in the language of the window; its English stands in the page itself. */
const texts = (): Readonly<Record<string, string>> => {
  const { bundle } = vscode.l10n;
  if (bundle === undefined) return {};
  const strings: Record<string, string> = {};
  for (const [key, value] of Object.entries(bundle)) if (typeof value === 'string') strings[key] = value;
  return strings;
};

/** What a person reads when something that they asked for failed. */
export const words = (failure: unknown): string =>
  failure instanceof Failure && failure.next !== undefined ? `${failure.message} ${failure.next}` : sentence(failure);
