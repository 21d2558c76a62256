import * as vscode from 'vscode';
import type { Disposables } from '../base/disposable.ts';
import type { Core } from './core.ts';
import type { PlaceNode } from './environments/places.ts';

/** Registers what VS Code may ask of environments; what answers is loaded when it first does. */
export const registerElsewhere = (core: () => Promise<Core>, owned: Disposables): void => {
  const changed = owned.add(new vscode.EventEmitter<PlaceNode | undefined>());
  const code = () => import('./environments/window.ts');
  const load = async () => owned.add(await (await code()).openTree(await core(), (node) => changed.fire(node)));
  let loading: ReturnType<typeof load> | undefined;
  const tree = () => (loading ??= load());
  const { window } = vscode;
  owned.add(
    window.registerTreeDataProvider<PlaceNode>('wheelhouse.environments', {
      onDidChangeTreeData: changed.event,
      getChildren: async (node) => [...(await tree()).childrenOf(node)],
      getTreeItem: async (node) => (await tree()).itemOf(node),
    }),
  );
  owned.add(window.registerUriHandler({ handleUri: async (uri) => (await code()).openLink(core, uri) }));
  owned.add(
    window.registerTerminalProfileProvider('wheelhouse.terminal', {
      provideTerminalProfile: async () => (await code()).makeTerminalProfile(await core()),
    }),
  );
};
