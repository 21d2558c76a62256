import * as vscode from 'vscode';
import type { HostBackend } from '../../backends/host.ts';
import { Disposables } from '../../base/disposable.ts';
import { Emitter } from '../../base/event.ts';
import { Failure } from '../../base/failure.ts';
import type { Capability } from '../../relay/device.ts';
import type { HostAction } from '../../protocol/view/messages.ts';
import {
  readAddresses,
  readPaired,
  readPairingOffer,
  readRelayState,
  type RelayAddresses,
  type RelayState,
} from '../../protocol/view/relay.ts';
import { type AskingDevice, type Confirm, NOTHING, type Pairing, type RelayControl } from './control.ts';

export interface HostRelayParts {
  readonly backend: Pick<HostBackend, 'relay' | 'state' | 'onChanged'>;
  /** The host, started where none runs. @throws Failure why it cannot be had */
  online(signal: AbortSignal): Promise<Pick<HostBackend, 'act'>>;
  readonly failed: (failure: unknown) => void;
  readonly ending: AbortSignal;
}

/** The relay of this machine's background host, which tells what it is like to whoever has asked once. */
export class HostRelay implements RelayControl {
  readonly guard = undefined;
  readonly #parts: HostRelayParts;
  readonly #owned = new Disposables();
  readonly #changed: Emitter<void>;
  #confirm: Confirm | undefined;
  #followed = false;
  /** Of the connection that there is, until the host tells of something else. */
  #looked: RelayState | undefined;

  constructor(parts: HostRelayParts) {
    this.#parts = parts;
    this.#changed = this.#owned.add(new Emitter(parts.failed));
    this.#owned.add(parts.backend.onChanged(() => this.#follow()));
    this.#follow();
  }

  get state(): RelayState {
    return this.#parts.backend.relay ?? this.#looked ?? NOTHING;
  }

  get onChanged(): Emitter<void>['event'] {
    return this.#changed.event;
  }

  async configure(): Promise<void> {
    // The window tells its host of all settings at once.
  }

  async look(signal: AbortSignal): Promise<RelayState> {
    this.#looked = await this.#ask({ kind: 'relay/state' }, readRelayState, signal);
    this.#changed.fire();
    return this.#looked;
  }

  start(signal: AbortSignal): Promise<RelayAddresses> {
    return this.#ask({ kind: 'relay/start' }, readAddresses, signal);
  }

  async stop(signal: AbortSignal): Promise<void> {
    await this.#act({ kind: 'relay/stop' }, signal);
  }

  async pair(confirm: Confirm, signal: AbortSignal): Promise<Pairing> {
    const offer = await this.#ask({ kind: 'pair/begin' }, readPairingOffer, signal);
    this.#confirm = confirm;
    const { ending } = this.#parts;
    const cancel = (): void => {
      // The host has one at a time, and cancels whichever that is.
      if (this.#confirm === confirm) this.#act({ kind: 'pair/cancel' }, ending).catch(() => undefined);
    };
    signal.addEventListener('abort', cancel, { once: true });
    const over = this.#ask({ kind: 'pair/wait' }, readPaired, ending)
      // With the connection the code has died as well.
      .then(({ device }) => device)
      .catch(() => undefined)
      .finally(() => signal.removeEventListener('abort', cancel));
    return { ...offer, over };
  }

  async revoke(id: string | undefined, signal: AbortSignal): Promise<void> {
    await this.#act({ kind: 'device/revoke', ...(id === undefined ? {} : { device: id }) }, signal);
  }

  /** The host asks about a device that has shown the code. */
  async admit(asking: AskingDevice, signal: AbortSignal): Promise<Capability | undefined> {
    return await this.#confirm?.(asking, signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#owned.dispose();
  }

  /** Once for each connection: from then on the host tells by itself. */
  #follow(): void {
    const isThere = this.#parts.backend.state === 'connected';
    const asks = isThere && !this.#followed;
    this.#followed = isThere;
    if (!isThere) this.#looked = undefined;
    // One of an earlier version knows nothing of it.
    if (asks) this.look(this.#parts.ending).catch(() => undefined);
    this.#changed.fire();
  }

  async #act(action: HostAction, signal: AbortSignal): Promise<string> {
    return await (await this.#parts.online(signal)).act(action, signal);
  }

  async #ask<T>(action: HostAction, read: (text: string) => T | undefined, signal: AbortSignal): Promise<T> {
    const said = read(await this.#act(action, signal));
    if (said !== undefined) return said;
    throw new Failure(
      'invalid',
      vscode.l10n.t('The background host is of another version, and its answer says nothing here.'),
      vscode.l10n.t('Run “Restart Background Host”.'),
    );
  }
}
