import { homedir } from 'node:os';
import * as vscode from 'vscode';
import { HostBackend } from '../../backends/host.ts';
import type { HostLine } from '../../backends/host/connection.ts';
import type { Disposable } from '../../base/disposable.ts';
import { Emitter } from '../../base/event.ts';
import { Failure } from '../../base/failure.ts';
import { systemClock } from '../../machine/clock.ts';
import { childVariables } from '../../machine/environmentVariables.ts';
import { findProgram } from '../../machine/local.ts';
import { reaching } from '../../machine/remote/reach.ts';
import { BRIDGED, connectStdio } from '../../machine/stdioHost.ts';
import type { SessionKey } from '../../model/session.ts';
import type { FarMachine } from '../../router/farMachine.ts';
import { chooseAgentOf } from '../choices.ts';
import { type Core, DEVICE } from '../core.ts';
import { farHosts, hostCommandOf, HOSTS } from '../laterEnvironments.ts';
import type { NewSession } from '../coreParts.ts';
import { requireTrust } from '../trust.ts';
import type { WindowMemory } from '../unread.ts';
import { opened } from '../hosts/opened.ts';
import { HostTerminals } from '../hosts/terminals.ts';

interface Connected {
  readonly machine: FarMachine;
  readonly backend: HostBackend;
  readonly terminals: HostTerminals;
  readonly listed: readonly Disposable[];
}

/**
 * Background hosts of other machines. Each is reached by the program that its environment names, such as ssh, from when a
 * person wants it until they do not; a window that is opened again has those that it had. Its sessions go on there.
 */
export class FarHosts implements AsyncDisposable {
  readonly #core: Core;
  readonly #version: string;
  readonly #memory: WindowMemory;
  readonly #connected = new Map<string, Connected>();
  readonly #granted: vscode.Disposable | undefined;
  readonly #changed = new Emitter<void>();
  /** Another one is connected, or what is known of one is another thing now. */
  readonly onChanged = this.#changed.event;

  constructor(core: Core, parts: { readonly version: string; readonly memory: WindowMemory }) {
    this.#core = core;
    this.#version = parts.version;
    this.#memory = parts.memory;
    const before = parts.memory.get(HOSTS);
    const again = farHosts().filter(({ id }) => Array.isArray(before) && before.includes(id));
    const open = (): void => again.forEach((machine) => this.#open(machine));
    // Also a program of the person's own is started only where they trust what is open.
    if (vscode.workspace.isTrusted) open();
    else this.#granted = vscode.workspace.onDidGrantWorkspaceTrust(open);
  }

  /** The host that a session lives in, if it is one of these. */
  of(key: SessionKey): Pick<Connected, 'backend' | 'terminals'> | undefined {
    return [...this.#connected.values()].find(({ backend }) => backend.has(key));
  }

  /** By its id in the settings, while it is connected. */
  at(id: string): HostBackend | undefined {
    return this.#connected.get(id)?.backend;
  }

  get ids(): readonly string[] {
    return [...this.#connected.keys()];
  }

  /** @throws Failure `untrusted`, `unknown`, or why it cannot be reached, in the words of the program that was to reach it */
  async connect(id: string, signal: AbortSignal): Promise<HostBackend> {
    requireTrust();
    const { backend } = this.#connected.get(id) ?? this.#open(farHost(id));
    await backend.reach(signal);
    return backend;
  }

  /** Its sessions go on there, and are listed here no more. */
  async disconnect(id: string): Promise<void> {
    const connected = this.#connected.get(id);
    if (connected === undefined) return;
    for (const each of connected.listed) each.dispose();
    this.#connected.delete(id);
    this.#remember();
    await connected.backend[Symbol.asyncDispose]();
  }

  /** A session there; asks which agent where that is to be asked. Undefined: the person thought better of it. */
  async start(
    id: string,
    options: { readonly agent?: string; readonly cwd?: string },
    signal: AbortSignal,
  ): Promise<NewSession | undefined> {
    const machine = farHost(id);
    const backend = await this.connect(id, signal);
    const agent = options.agent ?? (await chooseAgentOf(backend.setup?.agents ?? [], backend.setup?.defaultAgent));
    if (agent === undefined) return undefined;
    const { cwd = machine.folder } = options;
    const key = await backend.open({ agent, cwd, roots: [machine.folder] }, signal);
    return { key, opened: opened(this.#core.store, key, this.#core.signal) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#granted?.dispose();
    for (const { terminals } of this.#connected.values()) terminals.dispose();
    await Promise.all([...this.#connected.values()].map(({ backend }) => backend[Symbol.asyncDispose]()));
  }

  #open(machine: FarMachine): Connected {
    const { store, logs, router, catalogue } = this.#core;
    const backend = new HostBackend({
      store,
      clock: systemClock,
      log: logs.main,
      app: this.#version,
      device: DEVICE,
      machine: machine.label,
      connect: (signal) => this.#reach(machine, signal),
      // A question of any of them is to be heard.
      follows: () => true,
    });
    const terminals = new HostTerminals(backend, this.#core.terminals);
    const changed = (): void => this.#changed.fire();
    const following = [backend.onChanged(changed), backend.onListed(changed)];
    const listed = [router.addRemote(backend), catalogue.add(backend, () => true), terminals, ...following];
    const connected = { machine, backend, terminals, listed };
    this.#connected.set(machine.id, connected);
    this.#remember();
    return connected;
  }

  async #reach(machine: FarMachine, signal: AbortSignal): Promise<HostLine> {
    const variables = await this.#core.variables();
    const { command, args } = reaching(machine, 'exec "$@"', hostCommandOf(machine), false, ['-o', 'BatchMode=yes']);
    const file = await findProgram(command, variables, this.#core.workspace.roots());
    const env = childVariables(variables, undefined, process.platform);
    const line = await connectStdio({ file, args, env, verbatim: false }, homedir(), systemClock, signal);
    line.keepAlive();
    return { lines: line.lines, token: BRIDGED, close: () => line.dispose() };
  }

  #remember(): void {
    void this.#memory.update(HOSTS, this.ids.length === 0 ? undefined : this.ids);
    this.#changed.fire();
  }
}

/** @throws Failure `unknown` */
const farHost = (id: string): FarMachine => {
  const found = farHosts().find((machine) => machine.id === id);
  if (found !== undefined) return found;
  throw new Failure(
    'unknown',
    vscode.l10n.t('There is no environment “{0}” with a background host.', id),
    vscode.l10n.t('Look at the setting wheelhouse.environments.'),
  );
};
