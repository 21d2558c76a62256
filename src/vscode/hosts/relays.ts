import type * as vscode from 'vscode';
import type { FarAddressOf } from '../../backends/environmentSettings.ts';
import type { SessionKey } from '../../model/session.ts';
import type { Core } from '../core.ts';
import type { FarRelays } from '../environments/farRelays.ts';
import { readEnvironments } from '../settings.ts';
import type { WindowMemory } from '../unread.ts';

/** Under which name a window remembers those that it had when it was last open. */
export const RELAYS = 'connectedRelays';

export interface RelaysParts {
  readonly memory: WindowMemory;
  readonly secrets: Pick<vscode.SecretStorage, 'get' | 'store' | 'delete'>;
}

/** Relays of other machines: nothing of what it takes to speak with one is loaded before somebody has one. */
export class Relays implements AsyncDisposable {
  readonly #core: Core;
  readonly #parts: RelaysParts;
  #loading: Promise<FarRelays> | undefined;
  #loaded: FarRelays | undefined;

  constructor(core: Core, parts: RelaysParts) {
    this.#core = core;
    this.#parts = parts;
    const before = parts.memory.get(RELAYS);
    if (Array.isArray(before) && before.length > 0) void this.load();
  }

  get ids(): readonly string[] {
    return this.#loaded?.ids ?? [];
  }

  /** Whether the session lives behind one of these. */
  has(key: SessionKey): boolean {
    return this.#loaded?.has(key) ?? false;
  }

  load(): Promise<FarRelays> {
    this.#loading ??= import('../environments/farRelays.ts').then((module) => {
      this.#loaded = new module.FarRelays(this.#core, this.#parts);
      return this.#loaded;
    });
    return this.#loading;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await (await this.#loading)?.[Symbol.asyncDispose]();
  }
}

/** The environments of the settings that are relays. */
export const farRelays = (): readonly FarAddressOf<'relay'>[] =>
  [...readEnvironments().addresses.values()].filter((address) => address.kind === 'relay');
