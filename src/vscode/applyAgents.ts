import * as vscode from 'vscode';
import { agentsWithCommandsAt } from '../backends/commandsAt.ts';
import type { Core } from './core.ts';
import { demoAgent, problemLine, readAgents, readEnvironments } from './settings.ts';

/** Takes the agents of the settings as they are now; what is wrong in them is told. */
export const applyAgents = (core: Pick<Core, 'agents' | 'logs'>, extension: vscode.Uri): void => {
  const { agents, problems } = readAgents();
  const all = [demoAgent(extension), ...agents];
  core.agents.apply([...all, ...agentsWithCommandsAt(all, readEnvironments())]);
  if (problems.length === 0) return;
  const lines = problems.map(problemLine);
  for (const line of lines) core.logs.main.warn(line);
  const [first = ''] = lines;
  void warn(lines.length === 1 ? first : vscode.l10n.t('{0} (and {1} more in the log)', first, lines.length - 1));
};

const warn = async (problem: string): Promise<void> => {
  const open = vscode.l10n.t('Open Settings');
  const answer = await vscode.window.showWarningMessage(vscode.l10n.t('An agent is left out: {0}.', problem), open);
  if (answer === open) await vscode.commands.executeCommand('workbench.action.openSettings', 'wheelhouse.agents');
};
