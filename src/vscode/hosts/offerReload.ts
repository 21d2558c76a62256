import * as vscode from 'vscode';

/** Where sessions live is decided when a window is loaded: those that it has stay where they are until then. */
export const offerReload = async (): Promise<void> => {
  const reload = vscode.l10n.t('Reload Window');
  const message = vscode.l10n.t(
    'Where sessions live changes when the window is loaded anew. What runs in this window ends then.',
  );
  if ((await vscode.window.showInformationMessage(message, reload)) === reload)
    await vscode.commands.executeCommand('workbench.action.reloadWindow');
};
