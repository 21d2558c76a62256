import * as vscode from 'vscode';
import type { Rule } from '../model/rule.ts';
import type { Setup } from '../protocol/view/messages.ts';
import type { AgentSet } from '../backends/agents.ts';
import { DEMO, readDefaultAgent } from './settings.ts';

/** What stands between the person and a session, for the chat's empty states. */
export const readSetup = (
  agents: Pick<AgentSet, 'all'>,
  {
    me,
    trouble,
    rules,
  }: {
    /** What this window holds the wheel as. */
    readonly me: string;
    readonly trouble: string | undefined;
    readonly rules: readonly Rule[];
  },
): Setup => {
  const known = agents.all.map(({ id, label }) => ({ id, label }));
  const wanted = readDefaultAgent() ?? DEMO;
  const all = vscode.workspace.workspaceFolders ?? [];
  const onDisk = all.filter(({ uri }) => uri.scheme === 'file');
  const [virtual] = onDisk.length === 0 ? all : [];
  const found = known.some(({ id }) => id === wanted);
  return {
    me,
    folder: onDisk.length > 0,
    folders: onDisk.map(({ uri, name }) => ({ path: uri.fsPath, name })),
    ...(virtual === undefined ? {} : { virtual: virtual.uri.scheme }),
    trusted: vscode.workspace.isTrusted,
    agents: known,
    rules,
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
