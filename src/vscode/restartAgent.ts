import * as vscode from 'vscode';
import type { Core } from './core.ts';
import { plainLine } from './plainText.ts';

/** Ends the agent's process and starts it again for its sessions; asks first where work would be lost. */
export const restartWithLeave = async (core: Core, id: string): Promise<void> => {
  const working = core.store.all().filter(({ backend, turn }) => backend === id && turn.state === 'running').length;
  if (working === 0 || (await mayRestart(labelOf(core, id), working))) await restartAtOnce(core, id);
};

export const restartAtOnce = async (core: Core, id: string): Promise<void> => {
  const title = vscode.l10n.t('Restarting {0}', labelOf(core, id));
  await vscode.window.withProgress({ location: vscode.ProgressLocation.Window, title }, () =>
    core.agents.restart(id, core.signal),
  );
};

const labelOf = (core: Core, id: string): string => plainLine(core.agents.label(id) ?? id, 60);

const mayRestart = async (label: string, working: number): Promise<boolean> => {
  const restart = vscode.l10n.t('Restart');
  const detail = vscode.l10n.t('It works in {0} sessions, and what it does there is lost.', working);
  return (
    (await vscode.window.showWarningMessage(vscode.l10n.t('Restart {0}?', label), { modal: true, detail }, restart)) ===
    restart
  );
};
