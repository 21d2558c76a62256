import * as vscode from 'vscode';
import type { FarAddressOf } from '../../backends/environmentSettings.ts';
import type { FlamecastBackend } from '../../backends/flamecast.ts';
import type { NewFlamecastSession } from '../../backends/flamecast/server.ts';
import { Disposables } from '../../base/disposable.ts';
import { Emitter } from '../../base/event.ts';
import { Failure } from '../../base/failure.ts';
import type { LinkState } from '../../base/reconnecting.ts';
import type { SessionKey } from '../../model/session.ts';
import type { FlamecastInstance, FlamecastSession } from '../../protocol/flamecast/domain.ts';
import type { Core } from '../core.ts';
import type { NewSession } from '../coreParts.ts';
import { plainLine } from '../plainText.ts';
import { bookOf } from '../webhooks/windowWebhooks.ts';
import { browseFiles } from './browseFiles.ts';
import type {
  FarAction,
  FarConnection,
  FarEntry,
  FarFilesChanged,
  FarFileSource,
  FarParts,
  FarRow,
  FarTerminal,
  FarTerminalOptions,
} from './far.ts';
import { type FarSession, FarSessions } from './farSessions.ts';
import { askDetails, chooseInstance, chooseTemplate, chooseWebhooks } from './flamecastChoices.ts';
import { changeTemplate, instanceActions, registerTemplate, startRuntime } from './flamecastRuntimes.ts';
import { FlamecastTerminals } from './flamecastTerminals.ts';

/** One Flamecast server: its sessions and its runtimes listed below it. */
export class FarFlamecast implements FarConnection {
  readonly address: FarAddressOf<'flamecast'>;
  readonly backend: FlamecastBackend;
  readonly terminals: FlamecastTerminals;
  readonly files: FarFileSource;
  readonly #core: Core;
  readonly #files: Emitter<FarFilesChanged>;
  readonly #sessions: FarSessions;
  /** Where each works, as far as anybody asked. */
  readonly #roots = new Map<string, string>();
  readonly #owned = new Disposables();

  constructor(core: Core, { address }: FarParts<'flamecast'>, backend: FlamecastBackend) {
    this.address = address;
    this.backend = backend;
    this.#core = core;
    this.#files = this.#owned.add(new Emitter<FarFilesChanged>());
    this.files = {
      list: (...asked) => this.#list(...asked),
      read: (...asked) => backend.server.preview(...asked),
      onChanged: this.#files.event,
    };
    this.terminals = this.#owned.add(new FlamecastTerminals());
    this.#sessions = this.#owned.add(new FarSessions(core, backend));
  }

  get onChanged(): FarConnection['onChanged'] {
    return this.backend.onChanged;
  }

  get state(): LinkState {
    return this.backend.state;
  }

  get trouble(): Failure | undefined {
    return this.backend.trouble;
  }

  get detail(): undefined {
    return undefined;
  }

  get rows(): readonly FarRow[] {
    const { sessions, runtimes } = this.backend;
    return [
      ...sessions.map((session) => this.#row(session)),
      ...runtimes.flatMap(({ instances }) => instances.map((instance) => this.#instanceRow(instance))),
    ];
  }

  has(key: SessionKey): boolean {
    return this.#sessions.has(key);
  }

  reach(signal: AbortSignal): Promise<void> {
    return this.backend.reach(signal);
  }

  retry(): void {
    this.backend.retry();
  }

  async start(
    { agent, cwd }: { readonly agent?: string; readonly cwd?: string },
    signal: AbortSignal,
  ): Promise<NewSession | undefined> {
    const session = await this.#begin({ agent, details: async () => (cwd === undefined ? {} : { cwd }) }, signal);
    return session === undefined ? undefined : this.#sessions.adopt(session);
  }

  get actions(): readonly FarAction[] {
    const { backend } = this;
    return [
      {
        label: vscode.l10n.t('New Session with Options…'),
        detail: vscode.l10n.t('In a folder of its own, and under a name.'),
        run: async (signal) => {
          const session = await this.#begin({ details: askDetails }, signal);
          if (session !== undefined) await this.#sessions.open(session);
        },
      },
      { label: vscode.l10n.t('Browse Files…'), run: (signal) => this.#browseOne(signal) },
      { label: vscode.l10n.t('Start a Runtime…'), run: (signal) => startRuntime(backend, signal) },
      { label: vscode.l10n.t('Register a Template…'), run: (signal) => registerTemplate(backend, signal) },
      ...(backend.templates.length === 0
        ? []
        : [
            {
              label: vscode.l10n.t('Change a Template…'),
              run: (signal: AbortSignal) => changeTemplate(backend, signal),
            },
          ]),
    ];
  }

  /** Where a session works, these have changed. */
  filesChanged(session: string, changes: FarFilesChanged['changes']): void {
    const root = this.#roots.get(session) ?? '';
    const at = changes.map(({ path, type }) => ({ path: path.startsWith('/') ? path : `${root}/${path}`, type }));
    this.#files.fire({ session, changes: at });
  }

  /** On the machine of an instance that runs. */
  async terminal({ columns, rows, line }: FarTerminalOptions, signal: AbortSignal): Promise<FarTerminal> {
    await this.reach(signal);
    const running = this.backend.runtimes
      .flatMap(({ instances }) => instances)
      .find(({ websocketUrl }) => websocketUrl !== undefined);
    const url = running?.websocketUrl ?? this.backend.sessions.find((each) => each.websocketUrl)?.websocketUrl;
    const host = url === undefined ? undefined : this.backend.feeds.host(url);
    if (url === undefined || host === undefined)
      throw new Failure(
        'unsupported',
        vscode.l10n.t('No runtime of this server runs that opens terminals.'),
        vscode.l10n.t('Start one in the view of environments.'),
      );
    const options = { columns, rows, ...(line === undefined ? {} : { line }) };
    const terminal = await this.terminals.open({ name: url, host }, options, signal);
    return { name: running?.name ?? this.address.label, terminal, outlives: false };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#owned.dispose();
    await this.backend[Symbol.asyncDispose]();
  }

  async #begin(
    asked: {
      readonly agent?: string | undefined;
      details(): Promise<Pick<NewFlamecastSession, 'cwd' | 'name'> | undefined>;
    },
    signal: AbortSignal,
  ): Promise<FarSession | undefined> {
    await this.reach(signal);
    const { agent } = asked;
    const wanted = agent === undefined ? await chooseTemplate(this.backend) : { template: agent };
    if (wanted === undefined) return undefined;
    const instance = await chooseInstance(this.backend, wanted.template);
    const details = instance === undefined ? undefined : await asked.details();
    if (instance === undefined || details === undefined) return undefined;
    const webhooks = await chooseWebhooks(await bookOf(this.#core).all(), this.address.label);
    if (webhooks === undefined) return undefined;
    const where = { ...(instance === '' ? {} : { instance }), ...(webhooks.length === 0 ? {} : { webhooks }) };
    return await this.#about(await this.backend.begin({ ...wanted, ...details, ...where }, signal), signal);
  }

  #row(session: FlamecastSession): FarRow {
    const { id, agentName } = session;
    const title = this.#sessions.titleOf(id) ?? agentName;
    return {
      id,
      label: title,
      detail: detailOf(session, title),
      icon: 'comment',
      open: async (signal) => await this.#sessions.open(await this.#about(session, signal)),
      end: {
        question: vscode.l10n.t('End “{0}” on {1}? Its agent is stopped.', title, this.address.label),
        run: async (signal) => {
          await this.backend.server.terminate(id, signal);
          await this.backend.look(signal);
        },
      },
      actions: [{ label: vscode.l10n.t('Browse Files…'), run: (signal) => this.#browse(session, title, signal) }],
    };
  }

  #instanceRow(instance: FlamecastInstance): FarRow {
    const { name, type, status } = instance;
    return {
      id: `runtime ${name}`,
      label: name,
      detail: type === name ? status : `${type} · ${status}`,
      icon: status === 'running' ? 'vm-running' : 'vm-outline',
      actions: instanceActions(this.backend, instance),
    };
  }

  async #browseOne(signal: AbortSignal): Promise<void> {
    await this.reach(signal);
    const { sessions } = this.backend;
    const items = sessions.map((session) => {
      const title = this.#sessions.titleOf(session.id) ?? session.agentName;
      return { session, title, label: plainLine(title, 60), description: plainLine(detailOf(session, title), 60) };
    });
    const [only] = items;
    if (only === undefined)
      throw new Failure(
        'none',
        vscode.l10n.t('No session is open on {0}.', this.address.label),
        vscode.l10n.t('Start one first.'),
      );
    const placeHolder = vscode.l10n.t('Files of which session?');
    const chosen = items.length === 1 ? only : await vscode.window.showQuickPick(items, { placeHolder });
    if (chosen !== undefined) await this.#browse(chosen.session, chosen.title, signal);
  }

  async #browse(session: FlamecastSession, title: string, signal: AbortSignal): Promise<void> {
    const { id } = session;
    const { cwd: root } = await this.#about(session, signal);
    await browseFiles({ source: this.files, environment: this.address.id, session: id, root, title }, signal);
  }

  async #list(session: string, path: string, signal: AbortSignal): Promise<readonly FarEntry[]> {
    const { entries } = await this.backend.server.listing(session, path, true, signal);
    // Some say them from the root on, others by their names.
    return entries.map(({ path: at, ...entry }) => ({
      name: at.replace(/\/+$/u, '').split('/').at(-1) ?? at,
      ...entry,
    }));
  }

  async #about({ id, agentName, root: told }: FlamecastSession, signal: AbortSignal): Promise<FarSession> {
    const [known, owns] = await Promise.all([told ?? this.backend.rootOf(id, signal), this.backend.ownsOf(id, signal)]);
    const root = known ?? '/';
    this.#roots.set(id, root);
    return { id, title: '', cwd: root, agent: { name: agentName, image: false, embeddedContext: false }, owns };
  }
}

/** What its title does not say. */
const detailOf = ({ agentName, runtime }: FlamecastSession, title: string): string =>
  [agentName, runtime].filter((word) => word !== undefined && word !== title).join(' · ');
