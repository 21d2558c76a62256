import type { RpcId } from '../base/rpcFrame.ts';

/**
 * Who asked for a turn, within the turn's own id: so the answer to the prompt can be written by a process that never saw
 * the request. Source: the relay protocol, §9, "what is stamped".
 */
export interface Asker {
  /** The whole `client_id`. */
  readonly client: string;
  readonly requestId: RpcId;
}

const RELAY_TURN = /^relay ([^ ]+) (\[.+\])$/u;

/** @param unique a client that was started anew may use an id again */
export const relayTurn = ({ client, requestId }: Asker, unique: string): string =>
  `relay ${unique} ${JSON.stringify([client, requestId])}`;

/** Undefined: it is no turn of the relay's. */
export const readRelayTurn = (turn: string): Asker | undefined => {
  const [, , told] = RELAY_TURN.exec(turn) ?? [];
  if (told === undefined) return undefined;
  try {
    const [client, requestId]: readonly unknown[] = JSON.parse(told);
    const isId = typeof requestId === 'string' || typeof requestId === 'number';
    return typeof client === 'string' && isId ? { client, requestId } : undefined;
  } catch {
    return undefined;
  }
};

/** As the wire names whoever asked: a turn of another door has its own id as the request's. */
export const askerOf = (turn: string, device: string): Asker =>
  readRelayTurn(turn) ?? { client: device, requestId: turn };
