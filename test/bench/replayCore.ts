// The core's side of a replay: sessions in the real store, and one door.
import type { Duplex } from '../../src/base/duplex.ts';
import { silent } from '../../src/base/log.ts';
import { systemClock } from '../../src/machine/clock.ts';
import { entryCount } from '../../src/model/entry.ts';
import type { Emitted } from '../../src/model/event.ts';
import type { SessionKey } from '../../src/model/session.ts';
import type { ToSurface } from '../../src/protocol/view/messages.ts';
import { Router } from '../../src/router/router.ts';
import { SessionStore } from '../../src/router/store.ts';
import { catalogueOf, noJournal } from '../../src/router/testing.ts';
import { openDoor } from './openDoor.ts';
import { newSession } from './past.ts';

const BATCH = 64;

export const openCore = (surface: Duplex<unknown, ToSurface>) => {
  const store = new SessionStore({ clock: systemClock, journal: noJournal, log: silent });
  const router = new Router({ store, clock: systemClock, log: silent });
  const catalogue = catalogueOf(store);
  const door = openDoor({ store, router, catalogue }, surface);
  return {
    /** @returns how many entries it has */
    add(key: SessionKey, events: readonly Emitted[]): number {
      store.open(newSession(key, '/w'));
      for (let from = 0; from < events.length; from += BATCH) store.append(key, events.slice(from, from + BATCH));
      return entryCount(store.get(key)?.entries ?? []);
    },
    async close(): Promise<void> {
      door.dispose();
      await router.dispose();
      catalogue.dispose();
      store.dispose();
    },
  };
};
