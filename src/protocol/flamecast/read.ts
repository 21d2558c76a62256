/**
 * What a Flamecast host says on a socket, in both of its dialects, as a client reads it: loosely. Source: the Flamecast
 * protocol, §5 and §6.
 */
import { parseJson } from '../../base/json.ts';
import { type Fields, isFields, isText, textOf } from '../../model/fold/read.ts';

/** Something that happened; of a session, or of the runtime where none is named. */
export interface FlamecastEvent {
  readonly session?: string;
  readonly channel?: string;
  /** Of the host, above 0; absent: it has no place in the order, and is no place to go on from. */
  readonly seq?: number;
  readonly type: string;
  readonly data: Fields;
  /** As it was written there. */
  readonly timestamp?: string;
}

export type FromFlamecast =
  /** `connection` of the newer dialect; without it, it is the socket of one session. */
  | { readonly kind: 'connected'; readonly connection?: string; readonly session?: string }
  | { readonly kind: 'subscribed' | 'unsubscribed'; readonly channel: string }
  | { readonly kind: 'event'; readonly event: FlamecastEvent }
  | { readonly kind: 'created' | 'terminated'; readonly session: string }
  /** Of nothing that could be named, but for the channel at times. */
  | { readonly kind: 'error'; readonly message: string; readonly channel?: string }
  | { readonly kind: 'pong' }
  /** A prompt of this very socket that has to wait, as older hosts say it. */
  | { readonly kind: 'queued'; readonly id: string }
  | { readonly kind: 'other'; readonly type: string }
  | { readonly kind: 'garbage'; readonly text: string };

/** One frame; total. */
export const readFlamecast = (text: string): FromFlamecast => {
  const value = parseJson(text);
  if (!isFields(value)) return { kind: 'garbage', text };
  return readMessage(value) ?? { kind: 'garbage', text };
};

const readMessage = (value: Fields): FromFlamecast | undefined => {
  const { type, channel, sessionId: session, message } = value;
  switch (type) {
    case 'connected': {
      const { connectionId: connection } = value;
      return {
        kind: 'connected',
        ...(isText(connection) ? { connection } : {}),
        ...(isText(session) ? { session } : {}),
      };
    }
    case 'subscribed':
    case 'unsubscribed':
      return isText(channel) ? { kind: type, channel } : undefined;
    case 'event': {
      const event = readEvent(value);
      return event === undefined ? undefined : { kind: 'event', event };
    }
    case 'session.created':
    case 'session.terminated':
      if (!isText(session)) return undefined;
      return { kind: type === 'session.created' ? 'created' : 'terminated', session };
    case 'error':
      return { kind: 'error', message: textOf(message) ?? '', ...(isText(channel) ? { channel } : {}) };
    case 'pong':
      return { kind: 'pong' };
    case undefined:
      return value['queued'] === true && isText(value['queueId'])
        ? { kind: 'queued', id: value['queueId'] }
        : undefined;
    default:
      return isText(type) ? { kind: 'other', type } : undefined;
  }
};

/** The envelope of an event, on a socket or in a stream of the server; undefined where there is no event in it. */
export const readEvent = (value: unknown): FlamecastEvent | undefined => {
  if (!isFields(value) || !isFields(value['event'])) return undefined;
  const { channel, sessionId: session, seq, event } = value;
  const { type, data, timestamp } = event;
  if (!isText(type)) return undefined;
  return {
    ...(isText(session) ? { session } : sessionOf(channel)),
    ...(isText(channel) ? { channel } : {}),
    ...(Number.isSafeInteger(seq) && Number(seq) > 0 ? { seq: Number(seq) } : {}),
    type,
    data: isFields(data) ? data : {},
    ...(isText(timestamp) ? { timestamp } : isText(value['timestamp']) ? { timestamp: value['timestamp'] } : {}),
  };
};

const sessionOf = (channel: unknown): { readonly session?: string } => {
  const [kind, session] = isText(channel) ? channel.split(':') : [];
  return kind === 'session' && session !== undefined && session !== '' ? { session } : {};
};
