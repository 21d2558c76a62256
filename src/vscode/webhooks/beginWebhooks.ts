import * as vscode from 'vscode';
import type { Disposables } from '../../base/disposable.ts';
import { sentence } from '../../base/failure.ts';
import type { Core } from '../core.ts';
import { readWebhookSetting } from '../settings.ts';

/** Tells the person's webhooks of the sessions of this window. Nothing of that is loaded before the settings name one. */
export const beginWebhooks = (core: Core, owned: Disposables): void => {
  let begun = false;
  const look = (): void => {
    if (begun || !named()) return;
    begun = true;
    import('./windowWebhooks.ts')
      .then(({ windowWebhooks }) => owned.add(windowWebhooks(core)))
      .catch((failure: unknown) => core.logs.main.error(`Webhooks could not be loaded: ${sentence(failure)}`));
  };
  look();
  owned.add(
    vscode.workspace.onDidChangeConfiguration((change) => {
      if (change.affectsConfiguration('wheelhouse.webhooks')) look();
    }),
  );
};

/** What a background host is told of; undefined: nothing. */
export const webhookRecord = async (core: Core): Promise<Readonly<Record<string, object>> | undefined> => {
  if (!named()) return undefined;
  const { bookOf } = await import('./windowWebhooks.ts');
  const hooks = await bookOf(core).all();
  return Object.fromEntries(hooks.map(({ name, ...hook }) => [name, hook]));
};

const named = (): boolean => Object.keys(readWebhookSetting()).length > 0;
