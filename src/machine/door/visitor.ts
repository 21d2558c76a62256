import { isClientId, QUERY } from '../../protocol/relay/names.ts';
import type { Device } from '../../relay/device.ts';
import type { RelayVisitor } from '../../relay/ports.ts';

/** Of a name in a query, in UTF-16 units. */
const MOST = 256;
const SEQ = /^\d{1,15}$/u;

/** What a client says of itself in the address; undefined for what cannot be meant. Keys that are not known are passed over. */
export const visitorOf = (query: string, device: Device): RelayVisitor | undefined => {
  const params = new URLSearchParams(query);
  const told: Record<keyof typeof QUERY, string | undefined> = {
    client: undefined,
    session: undefined,
    lastSeq: undefined,
    host: undefined,
  };
  for (const key of Object.keys(QUERY) as (keyof typeof QUERY)[]) {
    const values = params.getAll(QUERY[key]);
    if (values.length > 1 || (values[0]?.length ?? 0) > MOST) return undefined;
    told[key] = values[0];
  }
  const { client, session, lastSeq = '0', host } = told;
  if ((client !== undefined && !isClientId(client)) || !SEQ.test(lastSeq)) return undefined;
  return { device, client, session, lastSeq: Number(lastSeq), host };
};
