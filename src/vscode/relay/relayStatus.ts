import * as vscode from 'vscode';
import { Disposables } from '../../base/disposable.ts';
import type { Core } from '../core.ts';
import { connectedDevices, type RelayControl } from './control.ts';

/** That a door is open is always to be seen: an item that is there for as long as it is, and a word at the list. */
export class RelayStatus implements vscode.Disposable {
  readonly #owned = new Disposables();
  readonly #item: vscode.StatusBarItem;
  readonly #tree: Core['tree'];
  readonly #control: Pick<RelayControl, 'state' | 'onChanged'>;

  constructor(tree: Core['tree'], control: Pick<RelayControl, 'state' | 'onChanged'>) {
    this.#tree = tree;
    this.#control = control;
    this.#item = this.#owned.add(vscode.window.createStatusBarItem('wheelhouse.relay', vscode.StatusBarAlignment.Left));
    this.#item.name = vscode.l10n.t('Wheelhouse Relay');
    this.#item.command = 'wheelhouse.revokeDevice';
    this.#owned.add(control.onChanged(() => this.#show()));
    this.#show();
  }

  dispose(): void {
    this.#owned.dispose();
    this.#tree.describe('relay', undefined);
  }

  #show(): void {
    const { state } = this.#control;
    const { listening, devices } = state;
    const { length: count } = connectedDevices(state);
    void vscode.commands.executeCommand('setContext', 'wheelhouse.relay', listening !== undefined);
    if (listening === undefined) {
      this.#tree.describe('relay', undefined);
      return this.#item.hide();
    }
    const connected =
      count === 0
        ? vscode.l10n.t('no device connected')
        : count === 1
          ? vscode.l10n.t('1 device connected')
          : vscode.l10n.t('{0} devices connected', count);
    this.#tree.describe(
      'relay',
      count === 0
        ? vscode.l10n.t('relay on')
        : count === 1
          ? vscode.l10n.t('relay on, 1 device')
          : vscode.l10n.t('relay on, {0} devices', count),
    );
    this.#item.text = `$(device-mobile) ${count}`;
    this.#item.tooltip = [
      vscode.l10n.t('Wheelhouse: the relay listens on {0}', new URL(listening.app).host),
      `${connected}; ${devices.length === 1 ? vscode.l10n.t('1 is paired') : vscode.l10n.t('{0} are paired', devices.length)}`,
    ].join('\n');
    this.#item.accessibilityInformation = {
      label: vscode.l10n.t('Wheelhouse relay: {0}', connected),
      role: 'button',
    };
    this.#item.show();
  }
}
