import * as vscode from 'vscode';
import { Disposables } from '../../base/disposable.ts';
import { pause } from '../../base/clock.ts';
import { Failure, sentence } from '../../base/failure.ts';
import { systemClock } from '../../machine/clock.ts';
import type { Capability } from '../../relay/device.ts';
import type { DoorGuard } from '../../router/doorGuard.ts';
import { type Core, words } from '../core.ts';
import { LISTENED } from '../laterRelay.ts';
import type { AskingDevice, RelayControl } from './control.ts';
import { HereRelay } from './hereRelay.ts';
import { HostRelay } from './hostRelay.ts';
import { PairingPage } from './pairing.ts';
import type { RelayParts } from './relayParts.ts';
import { readRelaySettings } from './relaySettings.ts';
import { RelayStatus } from './relayStatus.ts';

/** How often, and after how many milliseconds each time, what another window has is asked for again. */
const TRIES = 20;
const BETWEEN = 500;

/** The relay as this window has it, wherever it runs: what is seen of it, and the page for pairing. */
export class WindowRelay implements AsyncDisposable {
  readonly control: RelayControl;
  readonly #core: Core;
  readonly #parts: RelayParts;
  readonly #host: HostRelay | undefined;
  readonly #owned = new Disposables();
  #page: PairingPage | undefined;

  constructor(core: Core, parts: RelayParts) {
    this.#core = core;
    this.#parts = parts;
    const { host, logs, signal } = core;
    const failed = (failure: unknown): void =>
      logs.main.error(`What is shown of the relay is not as it is: ${sentence(failure)}`);
    this.#host =
      host === undefined
        ? undefined
        : new HostRelay({
            backend: host.backend,
            online: (stop) => host.online(stop),
            failed,
            ending: signal,
          });
    this.control =
      this.#host ??
      new HereRelay({
        // All that a door needs is loaded when there is to be one.
        open: async () => await (await import('./hereService.ts')).openService(core, parts),
        options: async () => (await import('./hereService.ts')).options(),
        portBefore: () => {
          const port = parts.memory.get(LISTENED);
          return typeof port === 'number' ? port : undefined;
        },
        listens: (port) => void parts.memory.update(LISTENED, port),
        failed,
      });
    this.#owned.add(new RelayStatus(core.tree, this.control));
    this.#owned.onEnd(() => this.#page?.dispose());
    this.#owned.add(vscode.workspace.onDidChangeConfiguration((change) => this.#configured(change)));
  }

  get guard(): DoorGuard | undefined {
    return this.control.guard;
  }

  /** The host has a device at its door that has shown the code of this window. */
  async admit(asking: AskingDevice, signal: AbortSignal): Promise<Capability | undefined> {
    return await this.#host?.admit(asking, signal);
  }

  /** Listens as the window did before it was loaded anew. Never rejects. */
  async again(): Promise<void> {
    const { signal, logs } = this.#core;
    try {
      // The window of before may be on its way out yet.
      for (let left = TRIES; left > 0 && !(await this.#free()); left -= 1) await pause(systemClock, BETWEEN, signal);
      await this.control.start(signal);
    } catch (failure) {
      if (signal.aborted) return;
      void this.#parts.memory.update(LISTENED, undefined);
      logs.main.warn(`The relay does not listen any more: ${sentence(failure)}`);
      void vscode.window.showWarningMessage(vscode.l10n.t('The relay does not listen any more. {0}', words(failure)));
    }
  }

  /** A code for one device, on a page that explains it. */
  async pair(): Promise<void> {
    const { hosts } = readRelaySettings();
    const page = (this.#page ??= new PairingPage({
      control: this.control,
      extension: this.#parts.extension,
      hosts,
      clock: systemClock,
      closed: () => (this.#page = undefined),
    }));
    try {
      await page.begin();
    } catch (failure) {
      page.dispose();
      throw failure;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#owned.dispose();
    await this.control[Symbol.asyncDispose]();
  }

  /** Says whether no other window has it. @throws why it cannot be known */
  async #free(): Promise<boolean> {
    try {
      await this.control.look(this.#core.signal);
      return true;
    } catch (failure) {
      if (failure instanceof Failure && failure.code === 'locked') return false;
      throw failure;
    }
  }

  #configured(change: vscode.ConfigurationChangeEvent): void {
    if (!change.affectsConfiguration('wheelhouse.relay')) return;
    this.control.configure().catch((failure: unknown) => void vscode.window.showWarningMessage(words(failure)));
    const how = DOOR.some((name) => change.affectsConfiguration(`wheelhouse.relay.${name}`));
    if (how && this.control.state.listening !== undefined) void this.#offerRestart();
  }

  async #offerRestart(): Promise<void> {
    const restart = vscode.l10n.t('Restart the Relay');
    const message = vscode.l10n.t('The relay listens as before until it is restarted, which closes its connections.');
    if ((await vscode.window.showInformationMessage(message, restart)) !== restart) return;
    const { signal } = this.#core;
    await this.control
      .stop(signal)
      .then(() => this.control.start(signal))
      .catch((failure: unknown) => void vscode.window.showErrorMessage(words(failure)));
  }
}

/** Of the settings those that hold from the next start on. */
const DOOR = ['bind', 'port', 'hosts', 'certificate', 'key', 'terminals'];
