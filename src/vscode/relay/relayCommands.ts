import * as vscode from 'vscode';
import { systemClock } from '../../machine/clock.ts';
import type { PairedDevice } from '../../protocol/view/relay.ts';
import { ago } from '../ago.ts';
import type { Core } from '../core.ts';
import { plainLine } from '../plainText.ts';
import { requireTrust } from '../trust.ts';
import { wordOf } from './confirmDevice.ts';
import { connectedDevices } from './control.ts';
import { readRelaySettings } from './relaySettings.ts';
import type { WindowRelay } from './windowRelay.ts';

/** Resolves with where it listens. A person is told, and asked for a device where there is none yet. */
export const startRelay = async (core: Core): Promise<{ readonly relay: string; readonly app: string }> => {
  requireTrust();
  // What is wrong in them is said before anything is asked of a host.
  readRelaySettings();
  const window = await core.relay.open();
  const { relay, app } = await window.control.start(core.signal);
  void tellStarted(window, app);
  return { relay, app };
};

const tellStarted = async (window: WindowRelay, app: string): Promise<void> => {
  const { devices } = window.control.state;
  const pair = vscode.l10n.t('Pair Device');
  const message =
    devices.length === 0
      ? vscode.l10n.t('The relay listens on {0}. No device is paired yet.', app)
      : vscode.l10n.t('The relay listens on {0}, for the devices that are paired.', app);
  if ((await vscode.window.showInformationMessage(message, pair)) === pair)
    await vscode.commands.executeCommand('wheelhouse.pairDevice');
};

export const stopRelay = async (core: Core): Promise<void> => await (await core.relay.open()).control.stop(core.signal);

export const pairDevice = async (core: Core): Promise<void> => {
  requireTrust();
  await (await core.relay.open()).pair();
};

type Row = vscode.QuickPickItem & { readonly device?: PairedDevice; run?(): Promise<unknown> };

/** The one that is named by its id; else all are shown, and what is chosen is revoked once it was confirmed. */
export const revokeDevice = async (core: Core, id: unknown): Promise<void> => {
  const { control } = await core.relay.open();
  if (typeof id === 'string') return await control.revoke(id, core.signal);
  const state = await control.look(core.signal);
  const { devices, listening } = state;
  const there = connectedDevices(state);
  const rows: Row[] = devices.map((device) => ({ device, ...rowOf(device, there.includes(device)) }));
  if (devices.length > 1)
    rows.push({
      label: `$(trash) ${vscode.l10n.t('Revoke All Devices…')}`,
      run: async () => (await mayRevoke(undefined)) && (await control.revoke(undefined, core.signal)),
    });
  rows.push(
    { label: '', kind: vscode.QuickPickItemKind.Separator },
    { label: `$(add) ${vscode.l10n.t('Pair Device…')}`, run: () => pairDevice(core) },
  );
  if (listening !== undefined)
    rows.push({ label: `$(circle-slash) ${vscode.l10n.t('Stop Relay')}`, run: () => stopRelay(core) });
  const placeHolder =
    devices.length === 0
      ? vscode.l10n.t('No device is paired')
      : vscode.l10n.t('Paired devices: choose one to revoke it');
  const chosen = await vscode.window.showQuickPick(rows, { placeHolder, title: vscode.l10n.t('Devices') });
  // The only one is all of them: that nothing is left that drives is what is asked for.
  if (chosen?.device !== undefined && (await mayRevoke(chosen.device)))
    await control.revoke(devices.length === 1 ? undefined : chosen.device.id, core.signal);
  await chosen?.run?.();
};

const rowOf = ({ name, capability, lastSeenAt }: PairedDevice, isThere: boolean): vscode.QuickPickItem => ({
  label: `$(device-mobile) ${plainLine(name, 64)}`,
  description: [
    wordOf(capability),
    isThere
      ? vscode.l10n.t('connected')
      : vscode.l10n.t('last seen {0}', ago(lastSeenAt, systemClock.now(), vscode.env.language)),
  ].join(' · '),
});

const mayRevoke = async (device: PairedDevice | undefined): Promise<boolean> => {
  const revoke = vscode.l10n.t('Revoke');
  const question =
    device === undefined
      ? vscode.l10n.t('Revoke all devices?')
      : vscode.l10n.t('Revoke the device “{0}”?', plainLine(device.name, 64));
  const detail = vscode.l10n.t('Its connections are closed at once, and it needs a new code to come back.');
  return (await vscode.window.showWarningMessage(question, { modal: true, detail }, revoke)) === revoke;
};
