import * as vscode from 'vscode';
import type { Disposables } from '../base/disposable.ts';
import { sentence } from '../base/failure.ts';
import { systemClock } from '../machine/clock.ts';
import type { SessionKey } from '../model/session.ts';
import type { Summary } from '../model/summary.ts';
import { ContextKeys } from './contextKeys.ts';
import type { Core } from './core.ts';
import { Listing } from './listing.ts';
import { Notifications } from './notifications.ts';
import type { Row } from './sessionsTree.ts';
import { notificationsWanted } from './settings.ts';
import { StatusBar } from './statusBar.ts';
import type { Unread } from './unread.ts';

/** Keeps everything outside of the chat in step with the sessions: the tree, the status bar, what keys hang on, toasts. */
export const showLists = (
  core: Core,
  parts: {
    readonly unread: Unread;
    readonly inSight: (key: SessionKey) => boolean;
  },
  owned: Disposables,
): void => {
  const { unread, inSight } = parts;
  const { store, catalogue, chat, tree, logs } = core;
  const failed = (failure: unknown): void => logs.main.error(`The list could not be shown: ${sentence(failure)}`);
  const { onChanged } = owned.add(new Listing(catalogue, systemClock, failed));
  const row = (session: Summary): Row => ({ ...session, unread: unread.has(session.key) });
  owned.add(onChanged(({ sessions, removed }) => tree.update(sessions.map(row), removed)));
  owned.add(
    unread.onChanged((key) => {
      const session = catalogue.get(key);
      if (session !== undefined) tree.update([row(session)], []);
    }),
  );
  const look = (): void => {
    const { shown } = chat;
    if (shown === undefined || !chat.visible) return;
    unread.read(shown);
    // One that a host of this machine has is asked for: else it would leave the page with that host.
    if (store.isMirrored(shown)) catalogue.wake(shown, core.signal).catch(() => undefined);
    for (const { key } of store.all()) if (key !== shown) catalogue.rest(key);
  };
  owned.add(catalogue.onListed(({ removed }) => removed.forEach((key) => chat.forget(key))));
  owned.add(chat.onDidShow(look));
  owned.add(chat.onDidChangeVisibility(look));
  owned.add(new StatusBar(store, onChanged));
  owned.add(new ContextKeys(store, catalogue, onChanged));
  const notifications = owned.add(
    new Notifications({
      store,
      clock: systemClock,
      inSight,
      wanted: notificationsWanted,
      ask: (message, ...buttons) => vscode.window.showInformationMessage(message, ...buttons),
      review: ({ key, question }) => chat.reveal(key, question),
      answer: (key, { id, hash }, option) => {
        const outcome = { kind: 'selected', option } as const;
        return core.perform(key, { kind: 'question/answer', question: id, hash, outcome });
      },
    }),
  );
  owned.add(chat.onDidShow(() => notifications.turned()));
  owned.add(chat.onDidChangeVisibility(() => notifications.turned()));
};
