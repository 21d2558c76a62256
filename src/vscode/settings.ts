import * as vscode from 'vscode';
import type { AgentDefinition } from '../backends/agent.ts';
import { type AgentSettings, parseAgents, type SettingProblem } from './agentSettings.ts';

export const DEMO = 'demo';

/** The agent that ships with the extension, started like any other. */
export const demoAgent = (extension: vscode.Uri): AgentDefinition => ({
  id: DEMO,
  label: vscode.l10n.t('Demo'),
  node: true,
  command: vscode.Uri.joinPath(extension, 'dist', 'demoAgent.js').fsPath,
  args: [],
});

/**
 * What the person wrote, and never what a workspace brought along: a cloned folder must not name the program that is
 * started. VS Code drops workspace values of a machine setting by itself; this holds even where it would not.
 */
const ofThePerson = (key: string): unknown =>
  vscode.workspace.getConfiguration('wheelhouse').inspect<unknown>(key)?.globalValue;

export const readAgents = (): AgentSettings => parseAgents(ofThePerson('agents'));

/** The id that the person chose, if any. */
export const readDefaultAgent = (): string | undefined => {
  const value = ofThePerson('defaultAgent');
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined;
};

export const notificationsWanted = (): boolean =>
  vscode.workspace.getConfiguration('wheelhouse').get<unknown>('notifications') !== 'never';

/** Whether sessions are kept on this machine's disk. */
export const journalWanted = (): boolean => ofThePerson('journal.enabled') !== false;

const EXPECTED: Readonly<Record<SettingProblem['expected'], () => string>> = {
  object: () => vscode.l10n.t('must be an object'),
  text: () => vscode.l10n.t('must be a text that is not empty'),
  textList: () => vscode.l10n.t('must be a list of texts'),
  textOrNull: () => vscode.l10n.t('must be a text, or null to remove it'),
  boolean: () => vscode.l10n.t('must be true or false'),
  knownKey: () => vscode.l10n.t('is not known here'),
  id: () => vscode.l10n.t('is no usable id: letters, digits, dots, dashes and underscores, and not “demo”'),
};

export const problemLine = (problem: SettingProblem): string => `${problem.key} ${EXPECTED[problem.expected]()}`;
