import { type Disposable, Disposables } from '../base/disposable.ts';
import type { Control, Session } from '../model/session.ts';
import type { SessionStore } from '../router/store.ts';
import type { Lease, LeaseState } from './lease.ts';

/**
 * Tells every session that lives here who has the wheel, whenever that changes, and those that are opened or woken later.
 * What a session was told before this process began is put right.
 */
export const tellWheel = (lease: Lease, store: SessionStore): Disposable => {
  const owned = new Disposables();
  const tell = (session: Session): void => {
    if (store.isMirrored(session.key) || session.owns.control === 'them') return;
    const control = controlOf(lease.state);
    const { lease: told, driver } = session.control;
    const isNews = control.lease === true || told === true || driver !== undefined;
    if (isNews && !isSame(control, session.control))
      store.append(session.key, [{ event: { kind: 'control', control } }]);
  };
  owned.add(lease.onChanged(() => store.all().forEach(tell)));
  owned.add(
    store.onListed(({ sessions }) => {
      for (const { key } of sessions) {
        const session = store.get(key);
        if (session !== undefined) tell(session);
      }
    }),
  );
  store.all().forEach(tell);
  return owned;
};

const controlOf = ({ enabled, holder, epoch }: LeaseState): Control => ({
  ...(holder === undefined ? {} : { driver: holder.client, name: holder.name }),
  epoch,
  ...(enabled ? { lease: true } : {}),
});

const isSame = (one: Control, other: Control): boolean =>
  one.driver === other.driver && one.name === other.name && one.epoch === other.epoch && one.lease === other.lease;
