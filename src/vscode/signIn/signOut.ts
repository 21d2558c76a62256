import * as vscode from 'vscode';
import { Failure } from '../../base/failure.ts';
import { chooseAgent } from '../choices.ts';
import type { Core } from '../core.ts';
import { plainLine } from '../plainText.ts';
import { requireTrust } from '../trust.ts';

/**
 * Has the agent forget who the person is, where it can do that, and deletes what was entered for it.
 * @throws Failure `unsupported` where neither is there to be done, or the agent's refusal in words
 */
export const signOut = async (core: Core, wanted: string | undefined): Promise<void> => {
  requireTrust();
  const id = wanted ?? (await chooseAgent(core, { always: true }));
  if (id === undefined) return;
  const label = plainLine(core.agents.label(id) ?? id, 60);
  const entered = await core.secrets.has(id);
  if (!(await mayPart(label, entered))) return;
  const title = vscode.l10n.t('Signing out of {0}', label);
  const told = await vscode.window.withProgress({ location: vscode.ProgressLocation.Window, title }, () =>
    core.agents.signOut(id, core.signal),
  );
  if (entered) {
    await core.secrets.forget(id);
    // It was started with them.
    await core.agents.stop(id);
  }
  if (!told && !entered)
    throw new Failure(
      'unsupported',
      vscode.l10n.t('{0} offers no way to sign out.', label),
      vscode.l10n.t('Sign out with its own command line.'),
    );
  void vscode.window.showInformationMessage(vscode.l10n.t('You are signed out of {0}.', label));
};

const mayPart = async (label: string, entered: boolean): Promise<boolean> => {
  const part = vscode.l10n.t('Sign Out');
  const detail = [
    vscode.l10n.t('Its sessions stay, and it asks who you are when it is needed again.'),
    ...(entered ? [vscode.l10n.t('What you entered for it is deleted from this machine, and it ends.')] : []),
  ].join('\n');
  const question = vscode.l10n.t('Sign out of {0}?', label);
  return (await vscode.window.showWarningMessage(question, { modal: true, detail }, part)) === part;
};
