/** How the relay says no. Source: the relay protocol, §5 and §9. */
import { Failure, PeerError, sentence } from '../base/failure.ts';
import { CODE } from '../protocol/relay/names.ts';
import type { Capability } from './device.ts';
import type { LeaseState } from './lease.ts';

export const notController = ({ holder, epoch }: LeaseState): PeerError =>
  new PeerError(CODE.notController, 'not the controller — a lease is active; take control first', {
    holder: holder?.client ?? null,
    controlEpoch: epoch,
  });

export const notCapable = (capability: Capability): PeerError =>
  new PeerError(CODE.notController, `This device may only ${capability}. The person at the host can allow more.`, {
    capability,
  });

export const invalid = (why: string): PeerError => new PeerError(CODE.invalidParams, why);

export const unknownSession = (): PeerError => invalid('unknown session');

export const unknownMethod = (method: string): PeerError =>
  new PeerError(CODE.unknownMethod, `Method not found: ${method.slice(0, 100)}`);

export const busy = (why = 'the session is running a turn'): PeerError => new PeerError(CODE.busy, why);

export const withdrawn = (): PeerError => new PeerError(CODE.cancelled, 'Request cancelled');

const CODES: ReadonlyMap<string, number> = new Map([
  ['invalid', CODE.invalidParams],
  ['outside', CODE.invalidParams],
  ['gone', CODE.invalidParams],
  ['missing', CODE.invalidParams],
  ['unsupported', CODE.invalidParams],
  ['no agent', CODE.invalidParams],
  ['full', CODE.busy],
  ['busy', CODE.busy],
  ['cancelled', CODE.cancelled],
]);

/** Whatever went wrong, as the answer to who asked. */
export const errorOf = (failure: unknown): PeerError => {
  if (failure instanceof PeerError) return failure;
  if (!(failure instanceof Failure)) return new PeerError(CODE.internal, sentence(failure));
  const { code, message, next } = failure;
  return new PeerError(CODES.get(code) ?? CODE.internal, next === undefined ? message : `${message} ${next}`);
};

/** What an agent answered passes as it is, also where it was put into words for a person. */
export const agentsOwn = (failure: unknown): PeerError =>
  failure instanceof Failure && failure.cause instanceof PeerError ? failure.cause : errorOf(failure);
