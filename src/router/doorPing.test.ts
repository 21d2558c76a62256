import { expect, test } from 'vitest';
import { RecordingBackend } from '../../test/tools/backend.ts';
import { settled, TestSurface } from '../../test/tools/surface.ts';
import { silent } from '../base/log.ts';
import { manualClock } from '../base/testing.ts';
import { VIEW_VERSION } from '../protocol/view/messages.ts';
import { ViewDoor } from './door.ts';
import { Router } from './router.ts';
import { SessionStore } from './store.ts';
import { catalogueOf, noJournal } from './testing.ts';

test('[page link] a door answers whoever asks whether somebody is there, once they have said hello', async () => {
  const clock = manualClock();
  const store = new SessionStore({ clock, journal: noJournal, log: silent });
  const router = new Router({ store, clock, log: silent });
  router.add(new RecordingBackend());
  const surface = new TestSurface();
  const door = new ViewDoor({
    ...{ store, router, clock, catalogue: catalogueOf(store), log: silent, device: 'Pixel', strings: {} },
    surface: surface.core,
    setup: { folder: true, trusted: true, agents: [] },
    act: () => Promise.resolve(),
  });
  surface.say({ type: 'ping' });
  await settled();
  expect(surface.take()).toEqual([]);
  surface.say({ type: 'hello', version: VIEW_VERSION }, { type: 'ping' });
  await settled();
  expect(surface.take().map(({ type }) => type)).toEqual(['welcome', 'catalogue', 'pong']);
  door.dispose();
});
