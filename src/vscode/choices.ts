import * as vscode from 'vscode';
import type { AgentDefinition } from '../backends/agent.ts';
import type { FarAddress } from '../backends/environmentSettings.ts';
import { Failure } from '../base/failure.ts';
import type { Summary } from '../model/summary.ts';
import type { FarMachine } from '../router/farMachine.ts';
import type { Core } from './core.ts';
import { plainLine } from './plainText.ts';
import { titleOf, stateWord } from './sessionWords.ts';
import { DEMO, readDefaultAgent } from './settings.ts';

/** The agent for a new session: the only one, the one that the settings name, or the person's choice. */
export const chooseAgent = async (
  core: Core,
  options: { always?: boolean; among?: readonly AgentDefinition[] } = {},
): Promise<string | undefined> =>
  await chooseAgentOf(options.among ?? core.agents.all, options.always === true ? undefined : readDefaultAgent());

/** The only one, the one that is wanted, or the person's choice. */
export const chooseAgentOf = async (
  agents: readonly (Pick<AgentDefinition, 'id' | 'label'> & { readonly command?: string })[],
  wanted: string | undefined,
): Promise<string | undefined> => {
  const [only, ...others] = agents;
  if (only !== undefined && others.length === 0) return only.id;
  if (wanted !== undefined && agents.some(({ id }) => id === wanted)) return wanted;
  const items = agents.map(({ id, label, command }) => ({
    id,
    label: plainLine(label, 60),
    description: id === DEMO ? vscode.l10n.t('built in, needs no key') : plainLine(command ?? '', 80),
  }));
  const chosen = await vscode.window.showQuickPick(items, { placeHolder: vscode.l10n.t('Which agent?') });
  return chosen?.id;
};

/** Where a new session lives: elsewhere, or on this machine or one that an agent of it runs on, which has no id. */
export const chooseMachine = async (
  far: readonly (FarMachine | FarAddress)[],
): Promise<{ readonly id?: string } | undefined> =>
  await vscode.window.showQuickPick<vscode.QuickPickItem & { readonly id?: string }>(
    [
      { label: vscode.l10n.t('This machine') },
      ...far.map((machine) => ({
        id: machine.id,
        label: plainLine(machine.label, 60),
        description: plainLine('url' in machine ? machine.url : machine.folder, 80),
      })),
    ],
    { placeHolder: vscode.l10n.t('Where does the session live?') },
  );

/** The folder that an agent works in. */
export const chooseFolder = async (core: Core): Promise<string | undefined> => {
  const roots = core.workspace.roots();
  const [only, ...others] = roots;
  if (only === undefined)
    throw new Failure(
      'no folder',
      vscode.l10n.t('An agent works in a folder on a disk, and none is open.'),
      vscode.l10n.t('Open a folder first.'),
    );
  if (others.length === 0) return only;
  const folder = await vscode.window.showWorkspaceFolderPick({
    placeHolder: vscode.l10n.t('In which folder does the agent work?'),
  });
  if (folder === undefined || roots.includes(folder.uri.fsPath)) return folder?.uri.fsPath;
  throw new Failure('no folder', vscode.l10n.t('{0} is not on a disk, so no agent can work in it.', folder.name));
};

/** Of all that are listed, or of those that are open in this window. */
export const chooseSession = async (core: Core, which: 'all' | 'open' = 'all'): Promise<Summary | undefined> => {
  const sessions = core.catalogue
    .all()
    .filter(({ asleep, archived }) => (which === 'all' ? archived !== true : asleep !== true))
    .toSorted((a, b) => b.changedAt - a.changedAt);
  const [only, ...others] = sessions;
  if (others.length === 0) return only;
  const items = sessions.map((session) => ({
    session,
    label: titleOf(session, vscode.l10n.t),
    description: `${plainLine(session.agentLabel, 40)} · ${stateWord(session.state, vscode.l10n.t)}`,
  }));
  const chosen = await vscode.window.showQuickPick(items, {
    placeHolder: vscode.l10n.t('Which session?'),
    matchOnDescription: true,
  });
  return chosen?.session;
};
