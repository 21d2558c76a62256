import type { FarKind } from '../../backends/environmentSettings.ts';
import { Failure } from '../../base/failure.ts';
import { UpgradeRefused } from '../../machine/websocket.ts';

/** Whether the far side did not let us in for what we showed it, or did not show. */
export const wantsSecret = (failure: unknown, kind: FarKind): boolean => {
  // A relay says 403 where it does not know the name that it was reached by, a server of terminals where it does not know us.
  if (failure instanceof UpgradeRefused)
    return failure.status === 401 || (failure.status === 403 && kind !== 'relay' && kind !== 'environment');
  if (!(failure instanceof Failure)) return false;
  return failure.code === 'unauthorized' || wantsSecret(failure.cause, kind);
};
