import { join } from 'node:path';
import * as vscode from 'vscode';
import { AcpBackend } from '../backends/acp.ts';
import type { AgentDefinition } from '../backends/agent.ts';
import { Disposables } from '../base/disposable.ts';
import type { Duplex } from '../base/duplex.ts';
import { Failure, sentence } from '../base/failure.ts';
import { systemClock } from '../machine/clock.ts';
import { Guard } from '../machine/guard.ts';
import { localEnvironment } from '../machine/local.ts';
import type { SessionKey } from '../model/session.ts';
import type { ToSurface } from '../protocol/view/messages.ts';
import { ViewDoor } from '../router/door.ts';
import type { Environment, Journal } from '../router/ports.ts';
import { Router } from '../router/router.ts';
import { SessionStore } from '../router/store.ts';
import { Actions } from './actions.ts';
import { Agents } from './agents.ts';
import type { ChatView } from './chatView.ts';
import { ContextKeys } from './contextKeys.ts';
import { Diffs } from './diffs.ts';
import type { Logs } from './log.ts';
import { editorNodePty } from './nodePty.ts';
import { newSession, toldInChat } from './newSession.ts';
import { Notifications } from './notifications.ts';
import type { SessionsTree } from './sessionsTree.ts';
import { demoAgent, notificationsWanted, problemLine, readAgents } from './settings.ts';
import { readSetup } from './setup.ts';
import { StatusBar } from './statusBar.ts';
import { AgentTerminals } from './terminals.ts';
import { requireTrust, trustedOnly } from './trust.ts';
import { EditorWorkspace } from './workspace.ts';

/** What a person does in this window is done by this device. */
export const DEVICE = 'editor';

/** Sessions end with their window: nothing is kept. */
const forgetful: Journal = { append: () => undefined };

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
  readonly tree: SessionsTree;
}

/** Everything that is needed from the first session on; before that nothing of it is loaded. */
export class Core implements AsyncDisposable {
  readonly chat: ChatView;
  readonly logs: Logs;
  readonly store: SessionStore;
  readonly router: Router;
  readonly agents: Agents;
  readonly workspace: EditorWorkspace;
  readonly terminals: AgentTerminals;
  readonly #extension: vscode.Uri;
  readonly #environment: Environment;
  readonly #guard: Guard;
  readonly #actions: Actions;
  readonly #owned = new Disposables();
  readonly #ending = new AbortController();
  readonly #lastWords = new Map<string, string>();

  constructor(parts: CoreParts) {
    const { logs } = parts;
    const clock = systemClock;
    this.chat = parts.chat;
    this.logs = logs;
    this.#extension = parts.extension;
    this.store = this.#owned.add(new SessionStore({ clock, journal: forgetful, log: logs.main }));
    this.router = new Router({ store: this.store, clock, log: logs.main });
    this.workspace = new EditorWorkspace({ clock, log: logs.main });
    this.terminals = this.#owned.add(new AgentTerminals());
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
      clock,
      log: logs.main,
      nodePty: editorNodePty(vscode.env.appRoot, logs.main),
      forbiddenRoots: () => this.workspace.roots(),
      guard: this.#guard,
    });
    this.#environment = this.terminals.around(trustedOnly(this.#owned.add(local)));
    this.agents = new Agents({
      make: (definition) => this.#backend(definition),
      register: (backend) => this.router.add(backend),
    });
    this.#actions = new Actions({
      store: this.store,
      diffs: this.#owned.add(new Diffs()),
      terminals: this.terminals,
      roots: () => this.workspace.roots(),
      agents: {
        restart: (id, signal) => this.agents.restart(id, signal),
        showLog: (id) => this.showAgentLog(id),
      },
      newSession: async (agent) => {
        const started = await newSession(this, agent === undefined ? {} : { agent });
        if (started !== undefined) await toldInChat(started);
      },
    });
    this.#showLists(parts.tree);
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
      router: this.router,
      clock: systemClock,
      log: this.logs.main,
      device: DEVICE,
      surface,
      strings: texts(),
      setup: readSetup(this.agents),
      act: (action, signal) => this.#actions.act(action, signal),
    });
  }

  /**
   * Starts a session and shows it while it is being opened: from then on the chat tells what becomes of it, and
   * `opened` settles with that.
   * @throws Failure `untrusted`, or that there is no such agent
   */
  startSession(options: { readonly agent: string; readonly cwd: string }): NewSession {
    requireTrust();
    const before = new Set(this.store.all().map(({ key }) => key));
    const opened = this.router.newSession({ backend: options.agent, cwd: options.cwd }, this.signal);
    const key = this.store.all().find((session) => !before.has(session.key))?.key;
    if (key !== undefined) void this.chat.reveal(key);
    return { key, opened };
  }

  /** Shows the agent's channel, with the last lines of its standard error as they are now. */
  showAgentLog(id: string): void {
    const label = this.agents.label(id) ?? id;
    this.#logLastWords(id, label);
    this.logs.showAgent(label);
  }

  /** Ends turns and questions as cancelled, then the agents. */
  async [Symbol.asyncDispose](): Promise<void> {
    const running = this.store.all().filter(({ turn, questions }) => turn.state === 'running' || questions.length > 0);
    await Promise.allSettled(
      running.map(({ key }) => this.router.perform(key, { kind: 'cancel' }, DEVICE, this.signal)),
    );
    this.#ending.abort(new Failure('ended', vscode.l10n.t('The window is closing.')));
    // The guard insists where the agents' own, more patient end would take longer than we have.
    await Promise.all([this.router.dispose(), this.agents[Symbol.asyncDispose](), this.#guard.shutDown()]);
    this.#owned.dispose();
  }

  #backend(definition: AgentDefinition): AcpBackend {
    const { id, label } = definition;
    const backend = new AcpBackend(definition, {
      emit: (key, events, cursor) => this.store.append(key, events, cursor),
      workspace: this.workspace,
      environment: this.#environment,
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

  #showLists(tree: SessionsTree): void {
    this.#owned.add(this.store.onListed(({ sessions, removed }) => tree.update(sessions, removed)));
    this.#owned.add(new StatusBar(this.store));
    this.#owned.add(new ContextKeys(this.store));
    this.#owned.add(
      new Notifications({
        store: this.store,
        clock: systemClock,
        inSight: (key) => this.chat.visible && this.chat.shown === key,
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
    const setUp = (): void => this.chat.setup(readSetup(this.agents));
    this.#owned.add(this.agents.onChanged(setUp));
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
