import * as vscode from 'vscode';
import type { FarAddress, FarAddressOf, FarKind } from '../../backends/environmentSettings.ts';
import { type Disposable, Disposables } from '../../base/disposable.ts';
import { Emitter } from '../../base/event.ts';
import { Failure, sentence } from '../../base/failure.ts';
import { systemClock } from '../../machine/clock.ts';
import { watchNetwork } from '../../machine/webNetwork.ts';
import { originOf } from '../../machine/webOrigin.ts';
import type { Session, SessionKey } from '../../model/session.ts';
import type { Core } from '../core.ts';
import type { NewSession } from '../coreParts.ts';
import { ENVIRONMENTS, farHosts, type LaterEnvironmentsParts } from '../laterEnvironments.ts';
import { readProxySettings } from '../personVariables.ts';
import { readEnvironments } from '../settings.ts';
import { requireTrust } from '../trust.ts';
import { BACK, nameOf } from './asking.ts';
import { askSecret } from './askSecret.ts';
import type { FarConnection, FarParts } from './far.ts';
import type { FarFiles } from './farFiles.ts';
import { FarHosts } from './farHosts.ts';
import { FarSecrets } from './farSecrets.ts';
import { kindWords, loadKind } from './kinds.ts';
import { isAddress, type Place } from './places.ts';
import { wantsSecret } from './wantsSecret.ts';

interface Opened {
  readonly address: FarAddress;
  readonly connection: Promise<FarConnection>;
  /** As soon as its code is there. */
  at?: FarConnection;
  readonly listening: Disposables;
}

/**
 * What is reached by an address, each from when a person wants it until they do not. A window that is opened again has
 * those that it had; but for one whose address leads to another origin now, which nobody has agreed to.
 */
export class FarEnvironments implements AsyncDisposable {
  readonly secrets: FarSecrets;
  /** Of machines that a program of this one reaches. */
  readonly hosts: FarHosts;
  readonly #core: Core;
  readonly #memory: LaterEnvironmentsParts['memory'];
  readonly #opened = new Map<string, Opened>();
  readonly #owned = new Disposables();
  readonly #changed: Emitter<void>;
  #network: Disposable | undefined;
  /** From when one is connected that has some. */
  #files: Promise<FarFiles> | undefined;

  constructor(core: Core, { memory, secrets, version }: LaterEnvironmentsParts) {
    this.#core = core;
    this.hosts = new FarHosts(core, { memory, version });
    this.#memory = memory;
    const { logs } = core;
    const failed = (failure: unknown): void => logs.main.error(`An environment is not shown: ${sentence(failure)}`);
    this.#changed = this.#owned.add(new Emitter<void>(failed));
    this.secrets = new FarSecrets({ storage: secrets, log: logs.main, conceal: (secret) => logs.conceal(secret) });
    // What is said there may make the editor do something: only where the person trusts what is open.
    if (vscode.workspace.isTrusted) this.#openAgain();
    else this.#owned.add(vscode.workspace.onDidGrantWorkspaceTrust(() => this.#openAgain()));
    this.#owned.add(
      vscode.workspace.onDidChangeConfiguration((change) => {
        if (change.affectsConfiguration('wheelhouse.environments')) this.#follow();
      }),
    );
    this.#owned.add(
      vscode.window.onDidChangeWindowState(({ focused }) => {
        if (focused) this.#retry();
      }),
    );
  }

  /** Another one is connected, or what is known of one is another thing now. */
  get onChanged(): Emitter<void>['event'] {
    return this.#changed.event;
  }

  get ids(): readonly string[] {
    return [...this.#opened.keys()];
  }

  of(id: string): FarConnection | undefined {
    return this.#opened.get(id)?.at;
  }

  /** Whether the session lives behind one of these. */
  has(key: SessionKey): boolean {
    return [...this.#opened.values()].some(({ at }) => at?.has?.(key) === true);
  }

  /** False: there is no way to look at the files of this session. */
  async openFile(
    { backend, agentSession }: Pick<Session, 'backend' | 'agentSession'>,
    { path, line }: { readonly path: string; readonly line?: number },
  ): Promise<boolean> {
    if (agentSession === undefined || this.of(backend)?.files === undefined) return false;
    await (await this.#loadFiles()).show({ environment: backend, session: agentSession, path }, line);
    return true;
  }

  /**
   * Connected, now or by an attempt that is made at once; asks for the secret where that is to be asked.
   * @throws Failure `untrusted`, `cancelled`, or why it cannot be reached
   */
  async connect(address: FarAddress, signal: AbortSignal): Promise<FarConnection> {
    requireTrust();
    const isNew = !this.#opened.has(address.id);
    const connection = await this.#open(address);
    try {
      if (kindWords(address.kind).needsSecret && (await this.secrets.of(address)) === undefined)
        await this.#askSecret(address, signal);
      await connection.reach(signal).catch(async (failure: unknown) => {
        if (!wantsSecret(failure, address.kind)) throw failure;
        await this.#askSecret(address, signal);
        await connection.reach(signal);
      });
    } catch (failure) {
      if (isNew && failure instanceof Failure && failure.code === 'cancelled') await this.disconnect(address.id);
      throw failure;
    }
    return connection;
  }

  /** By what the agent of an address is spawned, connected or not. @throws Failure `untrusted`, `gone` */
  async agentAt(id: string): Promise<NonNullable<FarConnection['agent']>> {
    requireTrust();
    // As the settings are now: whoever asks may have been made before they changed.
    const address = readEnvironments().addresses.get(id);
    const { agent } = (address && (await this.#open(address))) ?? {};
    if (agent !== undefined) return agent;
    throw new Failure('gone', vscode.l10n.t('There is no agent “{0}” among the environments of your settings.', id));
  }

  /** Where commands of agents of this machine run, connected or not. @throws Failure `untrusted`, `gone` */
  async commandsAt(id: string): Promise<NonNullable<FarConnection['environment']>> {
    requireTrust();
    const address = readEnvironments().addresses.get(id);
    const { environment } = (address && (await this.#open(address))) ?? {};
    if (environment !== undefined) return environment;
    throw new Failure('gone', vscode.l10n.t('There is no host “{0}” among the environments of your settings.', id));
  }

  /** What runs there goes on, and is listed here no more. The secret stays. */
  async disconnect(id: string): Promise<void> {
    await this.#close(id);
    this.#remember();
  }

  /** A session there. Undefined: the person thought better of it. */
  async start(
    place: Place,
    options: { readonly agent?: string; readonly cwd?: string },
    signal: AbortSignal,
  ): Promise<NewSession | undefined> {
    if (!isAddress(place)) return await this.hosts.start(place.id, options, signal);
    const connection = await this.connect(place, signal);
    if (connection.start !== undefined) return await connection.start(options, signal);
    throw new Failure('unsupported', vscode.l10n.t('No sessions can be started in {0}.', nameOf(place)));
  }

  /** With the secret that is kept, or with another one; an empty one is none. */
  parts<Kind extends FarKind>(address: FarAddressOf<Kind>, secret?: string): FarParts<Kind> {
    return {
      address,
      secret: async () => (secret === undefined ? await this.secrets.of(address) : secret || undefined),
      log: this.#core.logs.ofAgent(nameOf(address)),
      clock: systemClock,
      ways: { proxy: readProxySettings },
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#owned.dispose();
    this.#unwatch();
    await Promise.all([this.hosts[Symbol.asyncDispose](), ...this.ids.map((id) => this.#close(id))]);
  }

  async #askSecret(address: FarAddress, signal: AbortSignal): Promise<void> {
    const module = await loadKind(address.kind);
    const title = vscode.l10n.t('Connect {0}', nameOf(address));
    const given = await askSecret(module, this.parts(address), { title }, signal);
    if (given === undefined || given === BACK || given === 'kept')
      throw new Failure('cancelled', vscode.l10n.t('Nothing was connected.'));
    await this.secrets.keep(address, given.secret);
  }

  #open(address: FarAddress): Promise<FarConnection> {
    const known = this.#opened.get(address.id);
    if (known !== undefined) return known.connection;
    const listening = new Disposables();
    const connection = this.#make(address);
    const opened: Opened = { address, connection, listening };
    this.#opened.set(address.id, opened);
    this.#remember();
    connection.then(
      (at) => {
        if (listening.ended) return;
        opened.at = at;
        listening.add(at.onChanged(() => this.#change()));
        this.#showFiles(address.id, at, listening);
        this.#change();
      },
      (failure: unknown) => {
        this.#core.logs.main.error(`${nameOf(address)} could not be loaded: ${sentence(failure)}`);
        this.#opened.delete(address.id);
      },
    );
    return connection;
  }

  #showFiles(id: string, { files }: FarConnection, listening: Disposables): void {
    if (files === undefined) return;
    this.#loadFiles().then(
      (shown) => listening.add(files.onChanged((changed) => shown.changed(id, changed))),
      (failure: unknown) => this.#core.logs.main.error(`Files elsewhere are not shown: ${sentence(failure)}`),
    );
  }

  #loadFiles(): Promise<FarFiles> {
    this.#files ??= import('./farFiles.ts').then(({ FarFiles: Files }) =>
      this.#owned.add(new Files((each) => this.of(each)?.files)),
    );
    return this.#files;
  }

  async #make<Kind extends FarKind>(address: FarAddressOf<Kind>): Promise<FarConnection> {
    const kind: Kind = address.kind;
    return (await loadKind(kind)).open(this.parts(address), this.#core);
  }

  async #close(id: string): Promise<void> {
    const opened = this.#opened.get(id);
    this.#opened.delete(id);
    opened?.listening.dispose();
    this.#change();
    await (await opened?.connection.catch(() => undefined))?.[Symbol.asyncDispose]();
  }

  /** The settings are others now. */
  #follow(): void {
    const { addresses } = readEnvironments();
    for (const [id, { address }] of [...this.#opened]) {
      const now = addresses.get(id);
      if (now !== undefined && JSON.stringify(now) === JSON.stringify(address)) continue;
      const again = now !== undefined && placeOf(now) === placeOf(address);
      void this.disconnect(id).then(() => (again ? this.#open(now) : undefined));
    }
    const hosts = farHosts();
    for (const id of this.hosts.ids) if (!hosts.some((host) => host.id === id)) void this.hosts.disconnect(id);
    this.#changed.fire();
  }

  #change(): void {
    this.#watch();
    this.#changed.fire();
  }

  #openAgain(): void {
    const before = this.#memory.get(ENVIRONMENTS);
    if (typeof before !== 'object' || before === null) return;
    const places = new Map(Object.entries(before));
    for (const address of readEnvironments().addresses.values())
      if (places.get(address.id) === placeOf(address)) void this.#open(address);
  }

  /** While one waits, the network is looked at: it may be another one before the wait is over. */
  #watch(): void {
    const waits = [...this.#opened.values()].some(({ at }) => at?.state === 'reconnecting');
    if (waits) this.#network ??= watchNetwork(systemClock, () => this.#retry());
    else this.#unwatch();
  }

  #unwatch(): void {
    this.#network?.dispose();
    this.#network = undefined;
  }

  #retry(): void {
    for (const { at } of this.#opened.values()) if (at?.state !== 'connected') at?.retry();
  }

  #remember(): void {
    const places = [...this.#opened.values()].map(({ address }) => [address.id, placeOf(address)] as const);
    void this.#memory.update(ENVIRONMENTS, places.length === 0 ? undefined : Object.fromEntries(places));
  }
}

/** Where it leads, and as what: whoever agreed to that has agreed to no other. */
const placeOf = ({ kind, url }: FarAddress): string => `${kind} ${originOf(url)}`;
