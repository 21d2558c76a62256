/** How requests and results travel: as frames of an endpoint of our own, or in the envelopes of an agents' tunnel. */
import { parseJson } from '../../base/json.ts';
import { isFields, isText } from '../../model/fold/read.ts';
import { EVENT, type ExecutionRequest } from './messages.ts';

export type Carried =
  | { readonly kind: 'response' | 'hello' | 'error' | 'request'; readonly payload: unknown }
  /** Of nobody's concern: of another kind, or of an event that nobody knows. */
  | { readonly kind: 'other' }
  /** Not of this wire at all: why, with at most 200 characters of what came. */
  | { readonly kind: 'garbage'; readonly why: string };

export interface ExecutionWire {
  /** A request as one message. */
  write(request: ExecutionRequest): string;
  /** Never throws, whatever came. */
  read(text: string): Carried;
}

type Kind = Extract<Carried, { payload: unknown }>['kind'];

const KINDS: ReadonlyMap<unknown, Kind> = new Map(
  (Object.keys(EVENT) as Kind[]).map((kind): [string, Kind] => [EVENT[kind], kind]),
);

/** §11: `{event, payload}`, one a frame. */
export const endpointWire: ExecutionWire = {
  write: (payload) => JSON.stringify({ event: EVENT.request, payload }),
  read: (text) => carried(text, (fields) => fields),
};

/** §7. `id` makes the id of an envelope, which nothing refers to; `target` is the agent that the host signed in as. */
export const tunnelWire = (target: string, id: () => string): ExecutionWire => ({
  write: (payload) =>
    JSON.stringify({
      type: 'ws_send',
      request_id: id(),
      meta: { target_agent_id: target, event: EVENT.request, content_type: 'application/json' },
      payload,
      caller: null,
    }),
  read: (text) =>
    carried(text, ({ type, meta, payload, caller }) => {
      if (type !== 'ws_send' || !isFields(meta)) return {};
      // What is said by nobody, or by somebody else than the one that was asked, answers nothing.
      return isFields(caller) && caller['agent_id'] === target ? { event: meta['event'], payload } : {};
    }),
});

/** Keeps a tunnel open: every 60 s. `now`: milliseconds since 1970. */
export const tunnelPing = (now: number): string =>
  JSON.stringify({ type: 'ping', request_id: null, meta: { timestamp: now }, payload: null, caller: null });

const carried = (
  text: string,
  open: (fields: Readonly<Record<string, unknown>>) => Readonly<Record<string, unknown>>,
): Carried => {
  const value = parseJson(text);
  if (value === undefined) return { kind: 'garbage', why: `no JSON: ${text.slice(0, 200)}` };
  if (!isFields(value)) return { kind: 'garbage', why: `no object: ${text.slice(0, 200)}` };
  const { event, payload } = open(value);
  const kind = isText(event) ? KINDS.get(event) : undefined;
  return kind === undefined ? { kind: 'other' } : { kind, payload };
};
