import * as vscode from 'vscode';
import type { Duplex } from '../../base/duplex.ts';
import { Failure } from '../../base/failure.ts';
import { systemClock } from '../../machine/clock.ts';
import { OwnFolders } from '../../machine/ownFolders.ts';
import type { PageVisitor } from '../../machine/relayService.ts';
import type { SessionKey } from '../../model/session.ts';
import type { Action, Setup, ToSurface } from '../../protocol/view/messages.ts';
import { ViewDoor } from '../../router/door.ts';
import type { Core } from '../core.ts';
import { DEMO, readDefaultAgent } from '../settings.ts';
import { texts } from '../texts.ts';
import { trustedPrompts } from '../trust.ts';
import type { RelayParts } from './relayParts.ts';

/** A page on another device: what the chat of the window shows, and nothing that opens in the window itself. */
export const openPageDoor = (
  core: Core,
  { history, mentionsOf, queries }: RelayParts,
  surface: Duplex<unknown, ToSurface>,
  { device, client, guard }: PageVisitor,
): ViewDoor => {
  const setup = (): Setup => ({ ...core.setup, me: client });
  const door: ViewDoor = new ViewDoor({
    store: core.store,
    catalogue: history.own,
    router: trustedPrompts(core.router),
    clock: systemClock,
    log: core.logs.main,
    device: device.name,
    surface,
    strings: texts(),
    setup: setup(),
    guard,
    act: (action, signal) => act(core, door, action, signal),
    mentions: mentionsOf(
      new OwnFolders([core.storage]).queries(queries, (path, signal) => core.workspace.place(path, signal)),
    ),
    readLarge: (key, name) => history.readLarge(key, name),
  });
  const following = core.onSetup(() => door.setup(setup()));
  void door.closed.then(() => following.dispose());
  return door;
};

const act = async (core: Core, door: ViewDoor, action: Action, signal: AbortSignal): Promise<void> => {
  switch (action.kind) {
    case 'session/new':
      return door.focus(await startHere(core, action.agent));
    case 'session/take':
      await core.wake(action.key);
      return;
    case 'agent/restart':
      return await core.restartFor(await core.wake(action.key), signal);
    default:
      throw new Failure(
        'unsupported',
        vscode.l10n.t('This opens in the editor.'),
        vscode.l10n.t('Do it on the machine itself.'),
      );
  }
};

/** In the first folder of the window, which stays as it is. @throws Failure `no folder`, or as `Core.begin` does */
const startHere = async (core: Core, agent: string | undefined): Promise<SessionKey> => {
  const [cwd] = core.workspace.roots();
  if (cwd === undefined)
    throw new Failure('no folder', vscode.l10n.t('An agent works in a folder on a disk, and none is open.'));
  const { key, opened } = core.begin({ agent: agent ?? readDefaultAgent() ?? DEMO, cwd });
  // What becomes of it is told by the session itself, once it is there.
  opened.catch(() => undefined);
  return key ?? (await opened);
};
