import * as vscode from 'vscode';
import { abortable } from '../../base/abortable.ts';
import { Failure } from '../../base/failure.ts';
import type { SessionKey } from '../../model/session.ts';
import type { SessionStore } from '../../router/store.ts';

/** Settles with what becomes of it, as the session tells. */
export const opened = async (store: SessionStore, key: SessionKey, signal: AbortSignal): Promise<SessionKey> => {
  const { promise, resolve, reject } = Promise.withResolvers<SessionKey>();
  const look = (): void => {
    const link = store.get(key)?.link;
    if (link === undefined) reject(new Failure('gone', vscode.l10n.t('The session was closed.')));
    else if (link.state === 'ready') resolve(key);
    else if (link.state === 'failed') reject(new Failure('failed', link.detail ?? vscode.l10n.t('Failed')));
  };
  const listening = [store.onAppended(look), store.onListed(look)];
  look();
  try {
    return await abortable(promise, signal);
  } finally {
    for (const each of listening) each.dispose();
  }
};
