import * as vscode from 'vscode';
import { Disposables } from './base/disposable.ts';
import { sentence } from './base/failure.ts';
import { ChatView } from './vscode/chatView.ts';
import { COMMANDS } from './vscode/commandIds.ts';
import type { Core } from './vscode/core.ts';
import { registerElsewhere } from './vscode/elsewhere.ts';
import { Logs } from './vscode/log.ts';
import { SessionsTree } from './vscode/sessionsTree.ts';

/** VS Code allows five seconds for all extensions together, and then ends the process with whatever is left in it. */
const TIME_TO_END = 2000;

let running: { readonly owned: Disposables; readonly core: () => Promise<Core> | undefined } | undefined;

/** Registers what VS Code may ask for; everything else is loaded when it first does. */
export const activate = (context: vscode.ExtensionContext): void => {
  const owned = new Disposables();
  const logs = owned.add(new Logs());
  let opening: Promise<Core> | undefined;
  const core = (): Promise<Core> => (opening ??= open());
  const tree = owned.add(
    new SessionsTree(() => {
      core().catch((failure: unknown) => logs.main.error(`The sessions could not be listed: ${sentence(failure)}`));
    }),
  );
  const chat = owned.add(
    new ChatView({
      extension: context.extensionUri,
      openDoor: async (surface) => (await core()).openDoor(surface),
      memory: context.workspaceState,
      failed: (failure) => {
        logs.main.error(`The chat could not be opened: ${sentence(failure)}`);
        void vscode.window.showErrorMessage(vscode.l10n.t('The chat could not be opened: {0}', sentence(failure)));
      },
    }),
  );
  const open = async (): Promise<Core> => {
    const { openCore } = await import('./vscode/commands.ts');
    const { extensionUri: extension, globalStorageUri, workspaceState: memory, secrets } = context;
    const { version }: { readonly version: string } = context.extension.packageJSON;
    return openCore({ extension, version, storage: globalStorageUri.fsPath, logs, chat, tree, memory, secrets });
  };

  owned.add(vscode.window.registerWebviewViewProvider(ChatView.id, chat));
  for (const name of COMMANDS)
    owned.add(
      vscode.commands.registerCommand(`wheelhouse.${name}`, async (argument: unknown) => {
        const { runCommand } = await import('./vscode/commands.ts');
        return await runCommand(await core(), name, argument);
      }),
    );
  registerElsewhere(core, owned);
  running = { owned, core: () => opening };
};

/** Settles what waits as cancelled, ends the agents and closes what is kept of the sessions. */
export const deactivate = async (): Promise<void> => {
  const ending = running;
  running = undefined;
  const core = await ending?.core()?.catch(() => undefined);
  const timeout = new Promise<void>((resolve) => setTimeout(resolve, TIME_TO_END).unref());
  await Promise.race([core?.[Symbol.asyncDispose](), timeout]);
  ending?.owned.dispose();
};
