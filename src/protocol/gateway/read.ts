/**
 * What a gateway says, as its client reads it: loosely, since there are older ones that say less. Source: the gateway
 * protocol, §2 and §3.
 */
import { parseJson } from '../../base/json.ts';
import { type Fields, isFields, isText, textOf } from '../../model/fold/read.ts';

/** Our own; another major number is told and no reason not to speak. */
export const GATEWAY_VERSION = '1.0';

export const GATEWAY_CLOSE = {
  /** Who we say that we are is not believed: the same token is not tried again. */
  refused: 4001,
  /** We were too slow, and what was not read is lost. */
  overflow: 4008,
  stops: 1001,
} as const;

export type FromGateway =
  | {
      readonly kind: 'connected';
      readonly gateway: string;
      readonly version?: string;
      readonly apps: readonly string[];
      /** Those that this connection is subscribed to already. */
      readonly sessions: readonly string[];
    }
  | { readonly kind: 'answered'; readonly id: string; readonly ok: true; readonly payload?: unknown }
  | { readonly kind: 'answered'; readonly id: string; readonly ok: false; readonly error: GatewayError }
  /** `session`: as the sender of the message wrote it, see {@link wholeKey}. */
  | { readonly kind: 'event'; readonly event: string; readonly session: string; readonly data: unknown }
  | { readonly kind: 'pong'; readonly timestamp: number | undefined }
  /** Of nothing that could be named. */
  | { readonly kind: 'error'; readonly error: GatewayError }
  | { readonly kind: 'other'; readonly type: string }
  | { readonly kind: 'garbage'; readonly text: string };

export interface GatewayError {
  readonly code: string;
  readonly message: string;
  readonly details?: unknown;
}

/** One frame; total. */
export const readGateway = (text: string): FromGateway => {
  const value = parseJson(text);
  if (!isFields(value) || !isText(value['type'])) return { kind: 'garbage', text };
  return readMessage(value['type'], value) ?? { kind: 'garbage', text };
};

const readMessage = (type: string, value: Fields): FromGateway | undefined => {
  switch (type) {
    case 'connected': {
      const version = textOf(value['protocolVersion']);
      return {
        kind: 'connected',
        gateway: textOf(value['gatewayId']) ?? '',
        ...(version === undefined ? {} : { version }),
        apps: textsOf(value['apps']),
        sessions: textsOf(value['sessions']),
      };
    }
    case 'res': {
      const { id, ok, payload, error } = value;
      if (!isText(id) || typeof ok !== 'boolean') return undefined;
      if (!ok) return { kind: 'answered', id, ok, error: readError(error) };
      // An answer without anything in it is a whole answer: JSON drops what is undefined.
      return { kind: 'answered', id, ok, ...(payload === undefined ? {} : { payload }) };
    }
    case 'event': {
      const { event, sessionId: session, data } = value;
      return isText(event) && isText(session) ? { kind: 'event', event, session, data } : undefined;
    }
    case 'pong': {
      const { timestamp } = value;
      return { kind: 'pong', timestamp: typeof timestamp === 'number' ? timestamp : undefined };
    }
    case 'error':
      return { kind: 'error', error: readError(value) };
    default:
      return { kind: 'other', type };
  }
};

const readError = (value: unknown): GatewayError => {
  if (!isFields(value)) return { code: '', message: isText(value) ? value : '' };
  const { code, message, details } = value;
  return {
    code: textOf(code) ?? '',
    message: textOf(message) ?? '',
    ...(details === undefined ? {} : { details }),
  };
};

const textsOf = (value: unknown): readonly string[] => (Array.isArray(value) ? value.filter(isText) : []);

/** Whether a peer's version is one that we may not understand. */
export const isOtherVersion = (version: string | undefined): boolean =>
  version !== undefined && version.split('.')[0] !== GATEWAY_VERSION.split('.')[0];
