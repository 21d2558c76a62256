import { HostBackend, type HostBackendParts } from '../../src/backends/host.ts';
import { silent } from '../../src/base/log.ts';
import { systemClock } from '../../src/machine/clock.ts';
import { hostLine } from '../../src/machine/hostLine.ts';
import { Router } from '../../src/router/router.ts';
import { SessionStore } from '../../src/router/store.ts';
import { noJournal } from '../../src/router/testing.ts';

/** A window in this process, with a store of its own, that follows all sessions of a host. */
export const windowOn = (
  host: { readonly view: string; readonly tokenFile: string },
  more: Partial<HostBackendParts> = {},
): { readonly store: SessionStore; readonly host: HostBackend; readonly router: Router } => {
  const store = new SessionStore({ clock: systemClock, journal: noJournal, log: silent });
  const backend = new HostBackend({
    store,
    clock: systemClock,
    log: silent,
    app: 'test',
    device: 'editor',
    follows: () => true,
    connect: (signal) => hostLine(host, systemClock, signal),
    ...more,
  });
  const router = new Router({ store, clock: systemClock, log: silent });
  router.addRemote(backend);
  return { store, host: backend, router };
};
