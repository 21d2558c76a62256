import * as vscode from 'vscode';
import { Failure } from '../../base/failure.ts';
import { isBusy } from '../../model/summary.ts';
import type { FarAddressOf } from '../../backends/environmentSettings.ts';
import type { FarMachine } from '../../router/farMachine.ts';
import type { Core } from '../core.ts';
import { plainLine } from '../plainText.ts';
import { farHosts } from './farHosts.ts';
import { farRelays } from './relays.ts';

/** Ends the background host; `again`: and starts it anew. Asks first where work would be lost. @throws Failure `none` */
export const endHost = async (core: Core, again: boolean): Promise<void> => {
  const { host } = core;
  if (host === undefined)
    throw new Failure(
      'none',
      vscode.l10n.t('Sessions live in this window, and no background host is used.'),
      vscode.l10n.t('The setting wheelhouse.sessions.owner says so.'),
    );
  const busy = host.backend.all().filter(isBusy).length;
  if (busy > 0 && !(await mayEnd(busy, again))) return;
  const title = again ? vscode.l10n.t('Restarting the background host') : vscode.l10n.t('Stopping the background host');
  await vscode.window.withProgress({ location: vscode.ProgressLocation.Window, title }, () => host.end(again));
};

const mayEnd = async (busy: number, again: boolean): Promise<boolean> => {
  const end = again ? vscode.l10n.t('Restart') : vscode.l10n.t('Stop');
  const question = again ? vscode.l10n.t('Restart the background host?') : vscode.l10n.t('Stop the background host?');
  const detail = vscode.l10n.t('What runs in it is ended; sessions at work or waiting for you: {0}.', busy);
  return (await vscode.window.showWarningMessage(question, { modal: true, detail }, end)) === end;
};

/** Shows the sessions of another machine's host or relay, from now on. */
export const connect = async (core: Core, id: unknown): Promise<void> => {
  const machine = await chooseHost(id, [...farHosts(), ...farRelays()]);
  if (machine === undefined) return;
  // It may have to ask first.
  if ('url' in machine) return await (await core.relays.load()).connect(machine, core.signal);
  const title = vscode.l10n.t('Connecting to {0}', plainLine(machine.label, 60));
  await vscode.window.withProgress({ location: vscode.ProgressLocation.Window, title }, () =>
    core.farHosts.connect(machine.id, core.signal),
  );
};

/** A shell on the machine of a relay. */
export const openTerminal = async (core: Core, id: unknown): Promise<void> => {
  const relay = await chooseHost(id, farRelays());
  if (relay !== undefined) await (await core.relays.load()).terminal(relay, core.signal);
};

/** Its sessions go on there. */
export const disconnect = async (core: Core, id: unknown): Promise<void> => {
  const ids = [...core.farHosts.ids, ...core.relays.ids];
  const connected = [...farHosts(), ...farRelays()].filter((machine) => ids.includes(machine.id));
  const machine = await chooseHost(id, connected);
  if (machine === undefined) return;
  await ('url' in machine ? await core.relays.load() : core.farHosts).disconnect(machine.id);
};

/** @throws Failure `unknown` */
const chooseHost = async <T extends FarMachine | FarAddressOf<'relay'>>(
  id: unknown,
  among: readonly T[],
): Promise<T | undefined> => {
  const named = among.find((machine) => machine.id === id);
  if (named !== undefined) return named;
  if (typeof id === 'string' || among.length === 0)
    throw new Failure(
      'unknown',
      typeof id === 'string'
        ? vscode.l10n.t('There is no environment “{0}” with a background host or a relay.', id)
        : vscode.l10n.t('There is no environment with a background host or a relay.'),
      vscode.l10n.t('Look at the setting wheelhouse.environments.'),
    );
  const [only, ...others] = among;
  if (others.length === 0) return only;
  const items = among.map((machine) => ({ machine, label: plainLine(machine.label, 60), description: machine.id }));
  const placeHolder = vscode.l10n.t('Which environment?');
  return (await vscode.window.showQuickPick(items, { placeHolder }))?.machine;
};
