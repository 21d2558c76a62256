import * as vscode from 'vscode';
import type { Logs } from '../log.ts';
import { plainLine } from '../plainText.ts';
import { AgentSecrets, type SecretsUi } from './agentSecrets.ts';

/** The secrets of this machine, as the editor keeps them. */
export const windowSecrets = (
  storage: Pick<vscode.SecretStorage, 'get' | 'store' | 'delete'>,
  logs: Logs,
): AgentSecrets => new AgentSecrets({ storage, ui, log: logs.main, conceal: (value) => logs.conceal(value) });

/** Asks in the window. What is typed never enters the chat: its page belongs to whoever runs in it. */
const ui: SecretsUi = {
  async enter(agent, value, step, steps, signal) {
    const cancel = new vscode.CancellationTokenSource();
    const abort = (): void => cancel.cancel();
    signal.addEventListener('abort', abort, { once: true });
    const name = plainLine(value.label ?? value.name, 60);
    const title = vscode.l10n.t('Sign In: {0}', plainLine(agent.label, 60));
    try {
      return await vscode.window.showInputBox(
        {
          title: steps > 1 ? `${title} (${step}/${steps})` : title,
          prompt: value.optional
            ? vscode.l10n.t('{0}, or nothing. It is stored with the secrets of this machine.', name)
            : vscode.l10n.t('{0}. It is stored with the secrets of this machine.', name),
          password: value.secret,
          ignoreFocusOut: true,
          validateInput: (text) =>
            value.optional || text.trim() !== '' ? undefined : vscode.l10n.t('Enter it, or press Escape.'),
        },
        cancel.token,
      );
    } finally {
      signal.removeEventListener('abort', abort);
      cancel.dispose();
    }
  },
  async useOnce(agent, why) {
    const once = vscode.l10n.t('Use It for Now');
    const question = vscode.l10n.t('What you entered for {0} could not be stored.', plainLine(agent.label, 60));
    const detail = [
      plainLine(why, 300),
      vscode.l10n.t(
        'It is written nowhere else. It can be used until this window is closed; then {0} asks for it again.',
        plainLine(agent.label, 60),
      ),
    ].join('\n\n');
    return (await vscode.window.showWarningMessage(question, { modal: true, detail }, once)) === once;
  },
};
