/**
 * Everything that a client says. Source: the relay protocol, §4 and §9.
 *
 * R1 Nothing is looked at before it is known that its sender may say it.
 * R2 A request is answered exactly once, a notification never, and what cannot be read costs nobody the connection.
 */
import { PeerError } from '../base/failure.ts';
import { type Frame, readFrame, type RpcId } from '../base/rpcFrame.ts';
import { type Fields, isFields } from '../model/fold/read.ts';
import { AGENT } from '../protocol/acp/methods.ts';
import { CODE, META, PREFIX, RELAY } from '../protocol/relay/names.ts';
import { answer, openRequest } from './answers.ts';
import { authorize, type Kind, relayKind } from './authorize.ts';
import { type Call, type Handler, LATER, metaOf } from './call.ts';
import type { Client } from './client.ts';
import type { Hub } from './hub.ts';
import { errorOf, notCapable, notController, unknownMethod } from './refusal.ts';

/** Requests of one client that may be under way at a time. */
const MOST_UNDERWAY = 256;

/** What means something also to those who want no answer. */
const TOLD: ReadonlySet<string> = new Set([
  AGENT.cancel,
  '$/cancel_request',
  RELAY.takeControl,
  RELAY.releaseControl,
  RELAY.terminalInput,
  RELAY.terminalResize,
  RELAY.terminalClose,
]);

type Asked = Extract<Frame, { kind: 'request' | 'notification' }>;

export class Requests {
  readonly #hub: Hub;
  readonly #handlers: ReadonlyMap<string, Handler>;

  constructor(hub: Hub, handlers: ReadonlyMap<string, Handler>) {
    this.#hub = hub;
    this.#handlers = handlers;
  }

  hear(client: Client, line: string): void {
    const frame = readFrame(line);
    switch (frame.kind) {
      case 'blank':
        return;
      case 'garbage':
        return client.refuse(
          null,
          frame.what === 'not JSON'
            ? new PeerError(CODE.notJson, 'This is no JSON.')
            : new PeerError(CODE.invalidRequest, 'This is no request of JSON-RPC 2.0.'),
        );
      case 'response':
        return this.#hearAnswer(client, frame);
      default:
        return this.#hearAsked(client, frame);
    }
  }

  #hearAnswer(client: Client, frame: Extract<Frame, { kind: 'response' }>): void {
    const { id } = frame;
    const open = openRequest(this.#hub, id);
    // An error is no answer: somebody else may have one.
    if (open === undefined || 'error' in frame) return;
    const { result } = frame;
    const refused = this.#refusal(client, 'answer', isFields(result) ? result : {});
    if (refused !== undefined) return client.refuse(id, refused);
    void answer(this.#hub, client, open, result);
  }

  #hearAsked(client: Client, frame: Asked): void {
    const { method } = frame;
    const id = frame.kind === 'request' ? frame.id : undefined;
    if (id === undefined && !TOLD.has(method)) return;
    const params = isFields(frame.params) ? frame.params : {};
    // A plain client has ACP and nothing more.
    const handler = client.plain && method.startsWith(PREFIX) ? undefined : this.#handlers.get(method);
    const refused = this.#refusal(client, relayKind(method), params);
    if (refused === undefined && handler !== undefined) this.#serve({ client, id, method, params }, handler);
    else if (id !== undefined) client.refuse(id, refused ?? unknownMethod(method));
  }

  /** Why the line is not let through, or undefined; then its sender has the wheel, where that was free and is needed. */
  #refusal(client: Client, kind: Kind, fields: Fields): PeerError | undefined {
    const { lease } = this.#hub.world;
    const { device, plain, driver } = client;
    const verdict = authorize(kind, device, lease.wheel(plain ? undefined : driver.client, device.id));
    if (verdict === 'capability') return notCapable(device.capability);
    const fence = kind === 'read' ? undefined : metaOf(fields, META.controlEpoch);
    const isPast = fence !== undefined && fence !== lease.state.epoch;
    if (verdict === 'wheel' || isPast) return notController(lease.state);
    if (verdict === 'claim' && !plain) lease.claim(driver);
    return undefined;
  }

  #serve(asked: Omit<Call, 'signal'>, handler: Handler): void {
    const { client, id } = asked;
    const { underway } = client;
    if (underway.size >= MOST_UNDERWAY) {
      if (id !== undefined) client.refuse(id, new PeerError(CODE.internal, 'Too much is asked at once.'));
      return;
    }
    const control = new AbortController();
    if (id !== undefined) underway.set(id, control);
    const over = (settle: (id: RpcId) => void): void => {
      if (id === undefined) return;
      if (underway.get(id) === control) underway.delete(id);
      settle(id);
    };
    const done = (result: unknown): void => over((own) => (result === LATER ? undefined : client.respond(own, result)));
    const failed = (failure: unknown): void => over((own) => client.refuse(own, errorOf(failure)));
    try {
      const result = handler({ ...asked, signal: control.signal });
      if (result instanceof Promise) result.then(done, failed);
      else done(result);
    } catch (failure) {
      failed(failure);
    }
  }
}
