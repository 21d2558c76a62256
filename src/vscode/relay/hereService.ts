import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { Failure } from '../../base/failure.ts';
import { systemClock } from '../../machine/clock.ts';
import { Devices } from '../../machine/devices.ts';
import { realDisk } from '../../machine/disk.ts';
import { Locks } from '../../machine/lock.ts';
import { makePrivateFolder } from '../../machine/privateFile.ts';
import { systemProcesses } from '../../machine/processIdentity.ts';
import { type RelayOptions, RelayService } from '../../machine/relayService.ts';
import type { Device } from '../../relay/device.ts';
import { RELAY_LIMITS } from '../../relay/ports.ts';
import { LIMITS } from '../../router/limits.ts';
import { type Core, DEVICE } from '../core.ts';
import type { OpenService } from './hereRelay.ts';
import { openPageDoor } from './pageDoor.ts';
import type { RelayParts } from './relayParts.ts';
import { readRelaySettings } from './relaySettings.ts';
import { windowWorld } from './world.ts';

/** Of this machine one window at a time has it. @throws Failure `locked`, `settings`; why the devices cannot be read */
export const openService = async (core: Core, parts: RelayParts): Promise<OpenService> => {
  const folder = join(core.storage, 'relay');
  await makePrivateFolder(folder);
  const locks = new Locks({ disk: realDisk, clock: systemClock, processes: systemProcesses, pid: process.pid });
  const lost = (): void => core.logs.main.error('Another window took the list of paired devices.');
  const lock = await locks.take(folder, lost).catch((failure: unknown) => {
    throw failure instanceof Failure && failure.code === 'locked' ? elsewhere() : failure;
  });
  try {
    const name = vscode.l10n.t('The editor on {0}', hostname());
    // Nobody is told this token: the owner's own surfaces are in this window.
    const owner = { token: randomBytes(32).toString('base64url'), name };
    const devices = await Devices.open({
      file: join(folder, 'devices.json'),
      owner,
      clock: systemClock,
      log: core.logs.main,
    });
    const service = new RelayService({
      options: options(),
      devices,
      page: join(parts.extension.fsPath, 'dist', 'webview'),
      world: windowWorld(core, parts),
      environment: core.environment,
      own: [core.storage],
      openDoor: (surface, visitor) => openPageDoor(core, parts, surface, visitor),
    });
    const device: Device = { id: 'owner', name, capability: 'drive', owner: true };
    return {
      service,
      guard: service.guard(DEVICE, device),
      async [Symbol.asyncDispose]() {
        await service[Symbol.asyncDispose]();
        await lock.release();
      },
    };
  } catch (failure) {
    await lock.release();
    throw failure;
  }
};

/** @throws Failure `settings` */
export const options = (): RelayOptions => ({
  ...readRelaySettings(),
  messageBytes: LIMITS.windowLine,
  limits: RELAY_LIMITS,
});

const elsewhere = (): Failure =>
  new Failure(
    'locked',
    vscode.l10n.t('Another window of this machine has the relay.'),
    vscode.l10n.t(
      'Stop it there, or have sessions live in the background host, whose relay serves all windows: wheelhouse.sessions.owner.',
    ),
  );
