import * as vscode from 'vscode';
import type { FarAddressOf } from '../../backends/environmentSettings.ts';
import { RelayBackend } from '../../backends/relay.ts';
import type { ConnectRelay } from '../../backends/relay/socket.ts';
import { Disposables } from '../../base/disposable.ts';
import { Emitter } from '../../base/event.ts';
import type { Failure } from '../../base/failure.ts';
import type { LinkState } from '../../base/reconnecting.ts';
import type { SessionKey } from '../../model/session.ts';
import { type Core, DEVICE } from '../core.ts';
import type { NewSession } from '../coreParts.ts';
import { opened } from '../hosts/opened.ts';
import type { FarConnection, FarParts, FarRow, FarTerminal, FarTerminalOptions } from './far.ts';
import { sessionRow } from './sessionRow.ts';

/** One relay of another machine, its sessions listed here. */
export class FarRelay implements FarConnection {
  readonly address: FarAddressOf<'relay'>;
  readonly #backend: RelayBackend;
  readonly #core: Core;
  readonly #owned = new Disposables();
  readonly #changed: Emitter<void>;

  constructor(core: Core, { address, clock, log }: FarParts<'relay'>, connect: ConnectRelay) {
    this.#core = core;
    this.address = address;
    const { store, router, catalogue } = core;
    const { id, label } = address;
    this.#backend = new RelayBackend({ id, label, store, clock, log, device: DEVICE, connect });
    this.#changed = this.#owned.add(new Emitter<void>());
    this.#owned.add(router.addRemote(this.#backend));
    this.#owned.add(catalogue.add(this.#backend, () => true));
    this.#owned.add(this.#backend.onChanged(() => this.#changed.fire()));
    this.#owned.add(this.#backend.onListed(() => this.#changed.fire()));
  }

  get onChanged(): FarConnection['onChanged'] {
    return this.#changed.event;
  }

  get state(): LinkState {
    return this.#backend.state;
  }

  get trouble(): Failure | undefined {
    return this.#backend.trouble;
  }

  get detail(): undefined {
    return undefined;
  }

  get rows(): readonly FarRow[] {
    return this.#backend.all().map(sessionRow);
  }

  has(key: SessionKey): boolean {
    return this.#backend.has(key);
  }

  reach(signal: AbortSignal): Promise<void> {
    return this.#backend.reach(signal);
  }

  retry(): void {
    this.#backend.retry();
  }

  /** In one of its folders. */
  async start(
    options: { readonly agent?: string; readonly cwd?: string },
    signal: AbortSignal,
  ): Promise<NewSession | undefined> {
    const { roots } = this.#backend;
    const cwd = options.cwd ?? (await chooseRoot(roots));
    if (cwd === undefined && roots.length > 0) return undefined;
    const { agent } = options;
    const wanted = { ...(cwd === undefined ? {} : { cwd }), ...(agent === undefined ? {} : { agent }) };
    const key = await this.#backend.open(wanted, signal);
    return { key, opened: opened(this.#core.store, key, this.#core.signal) };
  }

  /** A shell there. */
  async terminal({ columns, rows, line }: FarTerminalOptions, signal: AbortSignal): Promise<FarTerminal> {
    const terminal = await this.#backend.terminal({ columns, rows }, signal);
    if (line !== undefined) terminal.write(`${line}\r`);
    return { name: this.address.label, terminal, outlives: false };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#owned.dispose();
    await this.#backend[Symbol.asyncDispose]();
  }
}

const chooseRoot = async (roots: readonly string[]): Promise<string | undefined> => {
  if (roots.length < 2) return roots[0];
  const placeHolder = vscode.l10n.t('In which folder does the agent work?');
  return await vscode.window.showQuickPick([...roots], { placeHolder });
};
