import * as vscode from 'vscode';
import type { FarAddressOf } from '../../backends/environmentSettings.ts';
import type { SessionKey } from '../../model/session.ts';
import type { Core } from '../core.ts';
import type { NewSession } from '../coreParts.ts';
import { requireTrust } from '../trust.ts';
import type { WindowMemory } from '../unread.ts';
import { farRelays, RELAYS } from '../hosts/relays.ts';
import { FarRelay } from './farRelay.ts';

/**
 * Relays of other machines, each from when a person wants it until they do not; a window that is opened again has those
 * that it had.
 */
export class FarRelays implements AsyncDisposable {
  readonly #core: Core;
  readonly #memory: WindowMemory;
  readonly #secrets: Pick<vscode.SecretStorage, 'get' | 'store' | 'delete'>;
  readonly #connected = new Map<string, FarRelay>();
  readonly #granted: vscode.Disposable | undefined;

  constructor(
    core: Core,
    parts: { readonly memory: WindowMemory; readonly secrets: Pick<vscode.SecretStorage, 'get' | 'store' | 'delete'> },
  ) {
    this.#core = core;
    this.#memory = parts.memory;
    this.#secrets = parts.secrets;
    const before = parts.memory.get(RELAYS);
    const again = farRelays().filter(({ id }) => Array.isArray(before) && before.includes(id));
    const open = (): void => again.forEach((address) => this.#of(address));
    // What is said there may make the editor do something: only where the person trusts what is open.
    if (vscode.workspace.isTrusted) open();
    else this.#granted = vscode.workspace.onDidGrantWorkspaceTrust(open);
  }

  get ids(): readonly string[] {
    return [...this.#connected.keys()];
  }

  /** Whether the session lives behind one of these. */
  has(key: SessionKey): boolean {
    return [...this.#connected.values()].some(({ backend }) => backend.has(key));
  }

  /** Asks for the token or a pairing code where there is none. @throws Failure `untrusted`, or why it cannot be reached */
  async connect(address: FarAddressOf<'relay'>, signal: AbortSignal): Promise<void> {
    requireTrust();
    await this.#of(address).connect(signal);
  }

  /** Its sessions go on there, and are listed here no more. The token stays. */
  async disconnect(id: string): Promise<void> {
    const relay = this.#connected.get(id);
    this.#connected.delete(id);
    this.#remember();
    await relay?.[Symbol.asyncDispose]();
  }

  /** A session there, in one of its folders. Undefined: the person thought better of it. */
  async start(
    address: FarAddressOf<'relay'>,
    options: { readonly agent?: string; readonly cwd?: string },
    signal: AbortSignal,
  ): Promise<NewSession | undefined> {
    await this.connect(address, signal);
    return await this.#of(address).start(options, signal);
  }

  async terminal(address: FarAddressOf<'relay'>, signal: AbortSignal): Promise<void> {
    await this.connect(address, signal);
    await this.#of(address).terminal(signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#granted?.dispose();
    await Promise.all([...this.#connected.values()].map((relay) => relay[Symbol.asyncDispose]()));
  }

  #of(address: FarAddressOf<'relay'>): FarRelay {
    const known = this.#connected.get(address.id);
    if (known !== undefined) return known;
    const relay = new FarRelay(this.#core, address, this.#secrets);
    this.#connected.set(address.id, relay);
    this.#remember();
    return relay;
  }

  #remember(): void {
    void this.#memory.update(RELAYS, this.ids);
  }
}
