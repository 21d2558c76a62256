import * as vscode from 'vscode';
import { Failure } from '../../base/failure.ts';
import { systemClock } from '../../machine/clock.ts';
import type { RelayServiceParts } from '../../machine/relayService.ts';
import type { SessionKey } from '../../model/session.ts';
import { telling } from '../../router/telling.ts';
import { type Core, DEVICE } from '../core.ts';
import { isFolder } from '../folders.ts';
import { DEMO, readDefaultAgent } from '../settings.ts';
import { windowEdits } from './edits.ts';
import type { RelayParts } from './relayParts.ts';

/** The sessions and folders of this window, as devices have them: those of other machines are served there. */
export const windowWorld = (core: Core, { history, queries }: RelayParts): RelayServiceParts['world'] => {
  const { store, router, logs, workspace } = core;
  return {
    hostId: systemClock.id(),
    store,
    catalogue: history.own,
    router,
    clock: systemClock,
    log: logs.main,
    roots: () => workspace.roots(),
    place: (path, signal) => workspace.place(path, signal),
    defaultAgent: () => readDefaultAgent() ?? DEMO,
    async newSession({ agent, cwd, mcpServers = [] }, opened, signal) {
      if (!(await isFolder(cwd))) throw new Failure('missing', vscode.l10n.t('There is no folder {0}.', cwd));
      const told = (key: SessionKey): void => {
        core.relay.servers.set(key, mcpServers);
        opened(key);
      };
      const either = AbortSignal.any([signal, core.signal]);
      return await telling(store, told, () => router.newSession({ backend: agent, cwd }, either));
    },
    // What was said in it stays in the list.
    async sleep(key, signal) {
      await router.perform(key, { kind: 'close' }, DEVICE, signal);
      core.relay.servers.delete(key);
    },
    queries,
    edits: windowEdits(core),
  };
};
