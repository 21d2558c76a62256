/** One line of a client that wants something, and what its parts are read by. */
import type { RpcId } from '../base/rpcFrame.ts';
import { type Fields, isFields, isText } from '../model/fold/read.ts';
import type { SessionKey } from '../model/session.ts';
import type { Client } from './client.ts';
import type { Hub } from './hub.ts';
import { invalid, unknownSession } from './refusal.ts';

export interface Call {
  readonly client: Client;
  /** Undefined: nobody waits for an answer. */
  readonly id: RpcId | undefined;
  readonly method: string;
  readonly params: Fields;
  /** Aborted when the client takes its request back. What was begun by then goes on where it says so. */
  readonly signal: AbortSignal;
}

/** What a handler says that answers by itself, or not at all. */
export const LATER = Symbol('answered later');

/** What it returns, or throws, is the answer. */
export type Handler = (call: Call) => unknown;

/** The session that the line names, or the one that the client looks at. @throws PeerError */
export const sessionOf = (hub: Hub, { client, params }: Call): SessionKey => {
  const named = params['sessionId'] ?? client.active;
  if (!isText(named) || !hub.isListed(named)) throw unknownSession();
  return named;
};

/** What stands under a key of `_meta`. */
export const metaOf = (fields: Fields, key: string): unknown => {
  const { _meta: meta } = fields;
  return isFields(meta) ? meta[key] : undefined;
};

/** @throws PeerError */
export const textIn = (params: Fields, name: string): string => {
  const value = params[name];
  if (!isText(value) || value === '') throw invalid(`“${name}” is missing.`);
  return value;
};
