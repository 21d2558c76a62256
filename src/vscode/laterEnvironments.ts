import type * as vscode from 'vscode';
import type { SessionKey } from '../model/session.ts';
import type { FarMachine } from '../router/farMachine.ts';
import type { Core } from './core.ts';
import type { FarEnvironments } from './environments/farEnvironments.ts';
import type { FarHosts } from './environments/farHosts.ts';
import { readEnvironments } from './settings.ts';
import type { WindowMemory } from './unread.ts';

/** Under which name a window remembers those that it had when it was last open. */
export const ENVIRONMENTS = 'connectedEnvironments';
export const HOSTS = 'connectedHosts';

export interface LaterEnvironmentsParts {
  /** Of the extension. */
  readonly version: string;
  readonly memory: WindowMemory;
  readonly secrets: Pick<vscode.SecretStorage, 'get' | 'store' | 'delete'>;
}

/** What is elsewhere: nothing of what that takes is loaded before somebody has one. */
export class LaterEnvironments implements AsyncDisposable {
  readonly #core: Core;
  readonly #parts: LaterEnvironmentsParts;
  #loading: Promise<FarEnvironments> | undefined;
  #loaded: FarEnvironments | undefined;

  constructor(core: Core, parts: LaterEnvironmentsParts) {
    this.#core = core;
    this.#parts = parts;
    if ([ENVIRONMENTS, HOSTS].some((name) => parts.memory.get(name) !== undefined)) void this.load();
  }

  /** The background host of another machine that a session lives in. */
  hostOf(key: SessionKey): ReturnType<FarHosts['of']> {
    return this.#loaded?.hosts.of(key);
  }

  /** Whether the session lives behind an address. */
  has(key: SessionKey): boolean {
    return this.#loaded?.has(key) ?? false;
  }

  /** Shows a file where a session is; false: nobody can from here. */
  async openFile(...file: Parameters<FarEnvironments['openFile']>): Promise<boolean> {
    return (await this.#loaded?.openFile(...file)) ?? false;
  }

  load(): Promise<FarEnvironments> {
    this.#loading ??= import('./environments/window.ts').then(
      ({ openEnvironments }) => (this.#loaded = openEnvironments(this.#core, this.#parts)),
    );
    return this.#loading;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await (await this.#loading)?.[Symbol.asyncDispose]();
  }
}

/** The command there that reaches its background host; none: it has none. */
export const hostCommandOf = (machine: FarMachine): readonly string[] =>
  machine.kind === 'ssh' ? (machine.host ?? []) : [];

/** The machines of the settings whose sessions live in a host there. */
export const farHosts = (): readonly FarMachine[] =>
  [...readEnvironments().environments.values()].filter((machine) => hostCommandOf(machine).length > 0);
