import * as vscode from 'vscode';
import { Failure } from '../../base/failure.ts';
import { isBusy } from '../../model/summary.ts';
import type { Core } from '../core.ts';

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
