import * as vscode from 'vscode';
import type { FarAddressOf } from '../../backends/environmentSettings.ts';
import type { GatewayBackend } from '../../backends/gateway.ts';
import type { GatewaySession } from '../../backends/gateway/server.ts';
import { Disposables } from '../../base/disposable.ts';
import type { Failure } from '../../base/failure.ts';
import type { LinkState } from '../../base/reconnecting.ts';
import type { SessionKey } from '../../model/session.ts';
import { formatKey, parseKey } from '../../protocol/gateway/keys.ts';
import type { Core } from '../core.ts';
import type { NewSession } from '../coreParts.ts';
import { plainLine } from '../plainText.ts';
import type { FarAction, FarConnection, FarParts, FarRow } from './far.ts';
import { type FarSession, FarSessions } from './farSessions.ts';
import { gatewayActions, type GatewayActionsParts, sessionActions } from './gatewayActions.ts';
import { GatewayPage } from './gatewayPage.ts';

/** One gateway, its sessions listed below it. */
export class FarGateway implements FarConnection {
  readonly address: FarAddressOf<'gateway'>;
  readonly backend: GatewayBackend;
  readonly #parts: FarParts<'gateway'>;
  readonly #sessions: FarSessions;
  readonly #owned = new Disposables();
  readonly #page: GatewayPage;

  constructor(core: Core, parts: FarParts<'gateway'>, backend: GatewayBackend) {
    this.#parts = parts;
    this.address = parts.address;
    this.backend = backend;
    this.#page = this.#owned.add(new GatewayPage(parts.address.label));
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

  get detail(): string | undefined {
    const { latency, otherVersion } = this.backend;
    const words = [
      ...(latency === undefined ? [] : [vscode.l10n.t('{0} ms', latency)]),
      ...(otherVersion === undefined ? [] : [vscode.l10n.t('protocol {0}', plainLine(otherVersion, 20))]),
    ];
    return words.length === 0 ? undefined : words.join(' · ');
  }

  get rows(): readonly FarRow[] {
    return this.backend.sessions.map((session) => this.#row(session));
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

  async start({ agent }: { readonly agent?: string }, signal: AbortSignal): Promise<NewSession | undefined> {
    await this.reach(signal);
    const app = agent ?? (await this.#chooseApp());
    if (app === undefined) return undefined;
    const id = formatKey({ app, name: `wheelhouse-${this.#parts.clock.id()}` });
    return this.#sessions.adopt({ ...this.#about(id), title: '' });
  }

  get actions(): readonly FarAction[] {
    return gatewayActions(this.#actionParts);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#owned.dispose();
    await this.backend[Symbol.asyncDispose]();
  }

  get #actionParts(): GatewayActionsParts {
    return { backend: this.backend, page: this.#page, titleOf: (id) => this.#titleOf(id) };
  }

  #titleOf(id: string): string {
    const { name } = parseKey(id, '');
    return this.#sessions.titleOf(id) ?? (name === '' ? id : name);
  }

  #row({ id, app, messages }: GatewaySession): FarRow {
    const title = this.#titleOf(id);
    const question = vscode.l10n.t('Close “{0}” on {1}? What was said in it is gone there.', title, this.address.label);
    return {
      id,
      label: title,
      detail:
        messages === 1 ? vscode.l10n.t('{0} · 1 message', app) : vscode.l10n.t('{0} · {1} messages', app, messages),
      icon: 'comment',
      open: () => this.#sessions.open(this.#about(id)),
      actions: sessionActions({ ...this.#actionParts, session: id }),
      ...(this.backend.can('close') ? { end: { question, run: (signal) => this.backend.closeThere(id, signal) } } : {}),
    };
  }

  #about(id: string): FarSession {
    const { name } = parseKey(id, '');
    // A gateway says nothing of folders.
    return { id, title: name, cwd: '/', agent: this.backend.factsOf(id) };
  }

  async #chooseApp(): Promise<string | undefined> {
    const { apps } = this.backend;
    const [only, ...others] = apps;
    if (others.length === 0) return only?.id ?? '';
    const items = apps.map(({ id, name, description = '' }) => ({
      id,
      label: plainLine(name, 60),
      description: plainLine(description, 80),
    }));
    return (await vscode.window.showQuickPick(items, { placeHolder: vscode.l10n.t('Which app?') }))?.id;
  }
}
