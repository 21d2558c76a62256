import * as vscode from 'vscode';
import type { Setup } from '../protocol/view/messages.ts';
import type { Agents } from './agents.ts';
import { DEMO, readDefaultAgent } from './settings.ts';

/** What stands between the person and a session, for the chat's empty states. */
export const readSetup = (agents: Agents, trouble: string | undefined): Setup => {
  const known = agents.all.map(({ id, label }) => ({ id, label }));
  const wanted = readDefaultAgent() ?? DEMO;
  const found = known.some(({ id }) => id === wanted);
  return {
    folder: (vscode.workspace.workspaceFolders ?? []).some(({ uri }) => uri.scheme === 'file'),
    trusted: vscode.workspace.isTrusted,
    agents: known,
    ...(trouble === undefined ? {} : { trouble }),
    ...(found
      ? { defaultAgent: wanted }
      : {
          agentMissing: vscode.l10n.t(
            '“wheelhouse.defaultAgent” names “{0}”, and there is no agent of that name.',
            wanted,
          ),
        }),
  };
};
