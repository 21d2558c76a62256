import { hostname } from 'node:os';
import * as vscode from 'vscode';
import type { FarAddressOf } from '../../backends/environmentSettings.ts';
import { RelayBackend } from '../../backends/relay.ts';
import { Disposables } from '../../base/disposable.ts';
import { Failure } from '../../base/failure.ts';
import { systemClock } from '../../machine/clock.ts';
import { codeIn, pairDevice } from '../../machine/pairDevice.ts';
import { relaySocket } from '../../machine/relaySocket.ts';
import { type Core, DEVICE } from '../core.ts';
import type { NewSession } from '../coreParts.ts';
import { plainLine } from '../plainText.ts';
import { opened } from '../hosts/opened.ts';

/** Until the panel has said how large it is. */
const SIZE = { columns: 80, rows: 24 };

type Secrets = Pick<vscode.SecretStorage, 'get' | 'store' | 'delete'>;

/** One relay of another machine, its sessions listed here. */
export class FarRelay implements AsyncDisposable {
  readonly backend: RelayBackend;
  readonly #core: Core;
  readonly #address: FarAddressOf<'relay'>;
  readonly #secrets: Secrets;
  readonly #owned = new Disposables();

  constructor(core: Core, address: FarAddressOf<'relay'>, secrets: Secrets) {
    this.#core = core;
    this.#address = address;
    this.#secrets = secrets;
    const { store, logs, router, catalogue } = core;
    this.backend = new RelayBackend({
      id: address.id,
      label: address.label,
      store,
      clock: systemClock,
      log: logs.main,
      device: DEVICE,
      connect: relaySocket({ url: address.url, token: () => this.#token() }, systemClock),
    });
    this.#owned.add(router.addRemote(this.backend));
    this.#owned.add(catalogue.add(this.backend, () => true));
  }

  /** Asks who we are where the relay wants to know. @throws Failure, why it cannot be reached */
  async connect(signal: AbortSignal): Promise<void> {
    const kept = await this.#secrets.get(this.#name);
    if (kept === undefined && !(await this.#ask(signal))) throw cancelled();
    try {
      await this.backend.reach(signal);
    } catch (failure) {
      const isKnown = kept !== undefined && failure instanceof Failure && failure.code === 'refused';
      if (!isKnown || !(await this.#ask(signal))) throw failure;
      await this.backend.reach(signal);
    }
  }

  async start(
    options: { readonly agent?: string; readonly cwd?: string },
    signal: AbortSignal,
  ): Promise<NewSession | undefined> {
    const cwd = options.cwd ?? (await chooseRoot(this.backend.roots));
    if (cwd === undefined && this.backend.roots.length > 0) return undefined;
    const { agent } = options;
    const wanted = { ...(cwd === undefined ? {} : { cwd }), ...(agent === undefined ? {} : { agent }) };
    const key = await this.backend.open(wanted, signal);
    return { key, opened: opened(this.#core.store, key, this.#core.signal) };
  }

  /** A shell there, in the panel. @throws Failure why there is none */
  async terminal(signal: AbortSignal): Promise<void> {
    const terminal = await this.backend.terminal(SIZE, signal);
    const screen = this.#core.terminals.show({ name: this.#address.label, front: true }, terminal);
    terminal.onData((text) => screen.take(text));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#owned.dispose();
    await this.backend[Symbol.asyncDispose]();
  }

  get #name(): string {
    return `wheelhouse.relay.${this.#address.id}`;
  }

  async #token(): Promise<string> {
    const kept = await this.#secrets.get(this.#name);
    if (kept !== undefined) return kept;
    throw new Failure(
      'refused',
      vscode.l10n.t('Nothing is known yet that this relay would let us in with.'),
      vscode.l10n.t('Connect it, and enter a pairing code.'),
    );
  }

  /** @returns whether the person gave something that it may take */
  async #ask(signal: AbortSignal): Promise<boolean> {
    const code = vscode.l10n.t('Pair This Window');
    const items = [
      { label: code, description: vscode.l10n.t('with the code that the other machine shows') },
      { label: vscode.l10n.t('Enter a Token'), description: vscode.l10n.t('of a device that was paired already') },
    ];
    const title = vscode.l10n.t('Connect {0}', plainLine(this.#address.label, 60));
    const placeHolder = vscode.l10n.t('How does {0} know you?', plainLine(this.#address.label, 60));
    const chosen = await vscode.window.showQuickPick(items, { title, placeHolder, ignoreFocusOut: true });
    if (chosen === undefined) return false;
    const token = chosen.label === code ? await this.#pair(title, signal) : await askToken(title);
    if (token === undefined) return false;
    await this.#secrets.store(this.#name, token);
    return true;
  }

  async #pair(title: string, signal: AbortSignal): Promise<string | undefined> {
    const prompt = vscode.l10n.t('The code, or the address that it is shown with. It works once, for two minutes.');
    const entered = await vscode.window.showInputBox({ title, prompt, ignoreFocusOut: true });
    if (entered === undefined || entered.trim() === '') return undefined;
    const waiting = vscode.l10n.t('Allow this window on the other machine');
    const name = `VS Code · ${hostname()}`.slice(0, 64);
    const { token } = await vscode.window.withProgress(
      { location: vscode.ProgressLocation.Notification, title: waiting },
      () => pairDevice(this.#address.url, { code: codeIn(entered), name }, signal),
    );
    return token;
  }
}

const askToken = async (title: string): Promise<string | undefined> => {
  const prompt = vscode.l10n.t('The token is kept in the secret storage of VS Code.');
  const entered = await vscode.window.showInputBox({ title, prompt, password: true, ignoreFocusOut: true });
  const token = entered?.trim() ?? '';
  return token === '' ? undefined : token;
};

const chooseRoot = async (roots: readonly string[]): Promise<string | undefined> => {
  if (roots.length < 2) return roots[0];
  const placeHolder = vscode.l10n.t('In which folder does the agent work?');
  return await vscode.window.showQuickPick([...roots], { placeHolder });
};

const cancelled = (): Failure => new Failure('cancelled', vscode.l10n.t('Nothing was connected.'));
