import { PeerError } from './failure.ts';

/** A line of text without its end, or the note that one was skipped (too long to hold). */
export type WireLine = string | { readonly skippedBytes: number };

export type RpcId = string | number | null;

export type Frame =
  | { readonly kind: 'notification'; readonly method: string; readonly params: unknown; readonly raw: string }
  | {
      readonly kind: 'request';
      readonly id: RpcId;
      readonly method: string;
      readonly params: unknown;
      readonly raw: string;
    }
  | { readonly kind: 'response'; readonly id: RpcId; readonly result: unknown; readonly raw: string }
  | { readonly kind: 'response'; readonly id: RpcId; readonly error: PeerError; readonly raw: string }
  | { readonly kind: 'blank' }
  | { readonly kind: 'garbage'; readonly what: Garbage; readonly excerpt: string };

export type Garbage = 'not JSON' | 'not a message' | 'nested too deep' | 'line too long';

/** Deeper than this, `JSON.stringify` of the same value would throw further down the road. */
const MAX_DEPTH = 512;
/** A line that is shorter cannot be nested deeper than MAX_DEPTH: each level costs two characters. */
const SHALLOW = 2 * MAX_DEPTH;
const OPEN_BRACE = 0x7b;

/** Reads one line; total: whatever it cannot read is `garbage`. */
export const readFrame = (line: WireLine): Frame => {
  if (typeof line !== 'string') {
    return { kind: 'garbage', what: 'line too long', excerpt: `${line.skippedBytes} bytes were skipped` };
  }
  const raw = line.charCodeAt(0) === OPEN_BRACE ? line : line.replace(/^[\uFEFF\0\s]+/u, '');
  if (raw === '') return { kind: 'blank' };
  let value: unknown;
  try {
    value = JSON.parse(raw);
  } catch {
    return { kind: 'garbage', what: 'not JSON', excerpt: raw };
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return notAMessage(raw);
  if (raw.length > SHALLOW && isDeeperThan(value, MAX_DEPTH))
    return { kind: 'garbage', what: 'nested too deep', excerpt: raw };
  return readMessage(value, raw);
};

const readMessage = (value: object, raw: string): Frame => {
  const { jsonrpc, id, method, params, result, error } = value as Readonly<Record<string, unknown>>;
  if (jsonrpc !== '2.0') return notAMessage(raw);
  if (typeof method === 'string') {
    if (id === undefined) return { kind: 'notification', method, params, raw };
    return isId(id) ? { kind: 'request', id, method, params, raw } : notAMessage(raw);
  }
  if (method !== undefined || !isId(id)) return notAMessage(raw);
  if (error !== undefined && error !== null) return { kind: 'response', id, error: readError(error), raw };
  return result === undefined ? notAMessage(raw) : { kind: 'response', id, result, raw };
};

const readError = (error: unknown): PeerError => {
  if (typeof error !== 'object' || error === null) return new PeerError(0, String(error));
  const { code, message, data } = error as Readonly<Record<string, unknown>>;
  const number = typeof code === 'string' ? Number(code) : code;
  const known = typeof number === 'number' && Number.isFinite(number) ? number : 0;
  // What has no message of its own is handed on whole: the words stand somewhere in it.
  return typeof message === 'string' ? new PeerError(known, message, data) : new PeerError(known, '', data ?? error);
};

const isId = (id: unknown): id is RpcId => typeof id === 'string' || typeof id === 'number' || id === null;

const notAMessage = (raw: string): Frame => ({ kind: 'garbage', what: 'not a message', excerpt: raw });

const isDeeperThan = (value: object, levels: number): boolean => {
  if (levels === 0) return true;
  for (const child of Object.values(value)) {
    if (typeof child === 'object' && child !== null && isDeeperThan(child, levels - 1)) return true;
  }
  return false;
};
