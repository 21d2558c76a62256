import type { Duplex } from '../../src/base/duplex.ts';
import { silent } from '../../src/base/log.ts';
import { systemClock } from '../../src/machine/clock.ts';
import type { ToSurface } from '../../src/protocol/view/messages.ts';
import { type DoorParts, ViewDoor } from '../../src/router/door.ts';
import { refuse } from './scriptedAgent.ts';

/** The door of a surface that only looks. */
export const openDoor = (
  parts: Pick<DoorParts, 'store' | 'router' | 'catalogue'>,
  surface: Duplex<unknown, ToSurface>,
): ViewDoor =>
  new ViewDoor({
    ...parts,
    clock: systemClock,
    log: silent,
    device: 'editor',
    surface,
    strings: {},
    setup: { folder: true, trusted: true, agents: [] },
    act: refuse,
  });
