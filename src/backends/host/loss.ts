import type { Failure } from '../../base/failure.ts';
import type { Link } from '../../model/session.ts';
import type { HostState } from '../host.ts';

/** What a connection that is lost, or was not made, leaves the host in. */
export const stateAfter = ({ code }: Failure): HostState =>
  code === 'version' ? 'refused' : code === 'gone' ? 'gone' : 'reconnecting';

/** The same, as each of its sessions shows it. */
export const linkAfter = (state: HostState, { message, next }: Failure): Link => {
  const detail = next === undefined ? message : `${message} ${next}`;
  return { state: state === 'reconnecting' ? 'reconnecting' : 'disconnected', detail };
};
