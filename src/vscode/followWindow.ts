import * as vscode from 'vscode';
import type { Disposables } from '../base/disposable.ts';
import { applyAgents } from './applyAgents.ts';
import type { Core } from './core.ts';
import { offerReload } from './hosts/offerReload.ts';

/** Keeps the core in step with the window around it: its folders, its trust, its settings, and whether anybody looks. */
export const followWindow = (
  core: Core,
  parts: {
    /** Of the extension. */
    readonly extension: vscode.Uri;
    /** What stands between the person and a session may be another thing now. */
    readonly setUp: () => void;
    readonly look: () => void;
  },
  owned: Disposables,
): void => {
  const { agents, host, rules, chat } = core;
  const { setUp, look, extension } = parts;
  owned.add(core.onSetup(() => chat.setup(core.setup)));
  owned.add(agents.onChanged(setUp));
  if (host !== undefined) owned.add(host.backend.onChanged(setUp));
  owned.add(rules.onChanged(setUp));
  owned.add(chat.onDidShow(look));
  owned.add(chat.onDidChangeVisibility(look));
  owned.add(vscode.window.onDidChangeWindowState(look));
  owned.add(vscode.workspace.onDidGrantWorkspaceTrust(setUp));
  owned.add(vscode.workspace.onDidChangeWorkspaceFolders(setUp));
  owned.add(
    vscode.workspace.onDidChangeConfiguration((change) => {
      if (change.affectsConfiguration('wheelhouse.sessions.owner')) void offerReload();
      const agents = ['wheelhouse.agents', 'wheelhouse.environments'].some((key) => change.affectsConfiguration(key));
      if (agents) applyAgents(core, extension);
      else if (change.affectsConfiguration('wheelhouse.defaultAgent')) setUp();
    }),
  );
};
