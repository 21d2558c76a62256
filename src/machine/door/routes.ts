import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex as Carrier } from 'node:stream';
import { WebSocketServer } from 'ws';
import { sentence } from '../../base/failure.ts';
import { SUB_PROTOCOL } from '../../protocol/relay/names.ts';
import type { Device } from '../../relay/device.ts';
import type { RelayVisitor } from '../../relay/ports.ts';
import type { DoorEndpoint } from './endpoint.ts';
import { type Guard, type Target, targetOf } from './guard.ts';
import type { DoorParts } from './listen.ts';
import { APP, isRead, type Page } from './page.ts';
import { pair } from './pair.ts';
import { REFUSAL, type Refusal, refuse, refuseUpgrade } from './refusal.ts';
import { DoorSocket, type DoorSocketParts } from './socket.ts';
import type { Sockets } from './sockets.ts';
import type { Strangers } from './strangers.ts';
import { surfaceOf } from './surface.ts';
import { TokenDoor } from './tokens.ts';
import { visitorOf } from './visitor.ts';

type Route = 'acp' | 'view' | 'pair' | 'page' | 'to page' | DoorEndpoint;

export interface RoutesParts extends Pick<
  DoorParts,
  'messageBytes' | 'devices' | 'pairing' | 'clock' | 'log' | 'relay' | 'view' | 'endpoints'
> {
  readonly guard: Guard;
  readonly page: Page;
  readonly sockets: Sockets;
  readonly strangers: Strangers;
  /** What carries the connection that a request came by. */
  place(request: IncomingMessage): Socket;
}

/** A request for a socket. */
interface Knock {
  readonly request: IncomingMessage;
  readonly carrier: Carrier;
  readonly head: Buffer;
}

const isRefusal = (route: Route | Refusal): route is Refusal => typeof route === 'object' && 'status' in route;

/** What is where, and who gets in, in the order of the wire. */
export class Routes {
  readonly #parts: RoutesParts;
  readonly #tokens: TokenDoor;
  readonly #upgrades: WebSocketServer;

  constructor(parts: RoutesParts) {
    this.#parts = parts;
    this.#tokens = new TokenDoor((token) => parts.devices.find(token), parts.clock);
    this.#upgrades = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      // What inflates without a bound, and what the raw socket is written to beside.
      perMessageDeflate: false,
      maxPayload: parts.messageBytes,
      // Never the one that bears the token.
      handleProtocols: (offered) => (offered.has(SUB_PROTOCOL) ? SUB_PROTOCOL : false),
    });
  }

  answer(request: IncomingMessage, response: ServerResponse): void {
    this.#answer(request, response).catch((failure: unknown) => {
      this.#parts.log.warn(`A request was not answered: ${sentence(failure)}`);
      if (response.headersSent) response.destroy();
      else refuse(response, REFUSAL.failed);
    });
  }

  upgrade(request: IncomingMessage, carrier: Carrier, head: Buffer): void {
    const { sockets } = this.#parts;
    const route = this.#guarded(request);
    if (isRefusal(route)) return refuseUpgrade(carrier, route);
    if (typeof route !== 'object' && route !== 'acp' && route !== 'view') return refuseUpgrade(carrier, REFUSAL.query);
    const device = this.#tokens.admit(request);
    if ('status' in device) return refuseUpgrade(carrier, device);
    const target = targetOf(request.url ?? '');
    if (typeof route === 'object') return this.#upgradeTo(route, device, { request, target, carrier, head });
    const visitor = visitorOf(target.query, device);
    if (visitor === undefined) return refuseUpgrade(carrier, REFUSAL.query);
    const client = route === 'acp' ? visitor.client : undefined;
    const refusal = sockets.refusal(device, client);
    if (refusal !== undefined) return refuseUpgrade(carrier, refusal);
    this.#accept({ request, carrier, head }, { device, client }, (opened) =>
      route === 'acp' ? this.#serveRelay(opened, visitor) : this.#serveView(opened),
    );
  }

  #upgradeTo(endpoint: DoorEndpoint, device: Device, knock: Knock & { readonly target: Target }): void {
    const { binaryIsText } = endpoint;
    const served = endpoint.upgrade(knock.target, device);
    if (typeof served === 'object') return refuseUpgrade(knock.carrier, served);
    const refusal = this.#parts.sockets.refusal(device, undefined);
    if (refusal !== undefined) return refuseUpgrade(knock.carrier, refusal);
    const about = { device, client: undefined, ...(binaryIsText === undefined ? {} : { binaryIsText }) };
    this.#accept(knock, about, served);
  }

  #accept(
    { request, carrier, head }: Knock,
    about: Pick<DoorSocketParts, 'device' | 'client' | 'binaryIsText'>,
    serve: (socket: DoorSocket) => void,
  ): void {
    const { clock, sockets, strangers, devices, place, log } = this.#parts;
    const { device } = about;
    this.#upgrades.handleUpgrade(request, carrier, head, (socket) => {
      strangers.leave(place(request));
      devices.seen(device.id);
      const opened = new DoorSocket({ socket, raw: carrier, clock, ...about });
      opened.onOver(() => devices.seen(device.id));
      sockets.add(opened);
      try {
        serve(opened);
      } catch (failure) {
        // Of one that was let in, and no reason for the process to end.
        log.error(`A connection could not be served: ${sentence(failure)}`);
        opened.close(BROKEN, '');
      }
    });
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { page, devices, pairing, strangers, place } = this.#parts;
    const route = this.#guarded(request);
    if (isRefusal(route)) return refuse(response, route);
    const target = targetOf(request.url ?? '');
    const { path } = target;
    if (typeof route === 'object') {
      const device = this.#tokens.admit(request);
      if ('status' in device) return refuse(response, device);
      if (route.answer === undefined) return refuse(response, REFUSAL.noSocket);
      // Whoever sends or reads a long body is no stranger any more.
      strangers.leave(place(request));
      return await route.answer(target, device, request, response);
    }
    switch (route) {
      case 'acp':
        return refuse(response, REFUSAL.noSocket);
      case 'view': {
        // A browser does not tell its page why a socket was refused: asked like this, it learns whether it is still known.
        const device = this.#tokens.admit(request);
        return refuse(response, 'status' in device ? device : REFUSAL.noSocket);
      }
      case 'pair':
        return await pair(request, response, { devices, pairing, known: () => strangers.leave(place(request)) });
      case 'to page':
        return refuse(response, isRead(request) ? REFUSAL.moved : REFUSAL.method);
      case 'page':
        strangers.answering(place(request));
        response.once('finish', () => strangers.answered(place(request)));
        return await page.answer(path, request, response);
    }
  }

  /** Where a request goes, or why it goes nowhere. */
  #guarded(request: IncomingMessage): Route | Refusal {
    const target = targetOf(request.url ?? '');
    const route = this.#route(target.path);
    if (route === undefined) return REFUSAL.path;
    // The wires are for programs: a page of ours has no business there.
    const isOurs = typeof route === 'string' && route !== 'acp';
    return this.#parts.guard.admits(request, target, isOurs) ? route : REFUSAL.guard;
  }

  #route(path: string): Route | undefined {
    if (path === '/acp') return 'acp';
    if (path === '/view') return 'view';
    if (path === '/pair') return 'pair';
    if (`${path}/` === APP) return 'to page';
    const endpoint = this.#parts.endpoints?.find((each) =>
      each.path.endsWith('/') ? path.startsWith(each.path) : path === each.path,
    );
    return endpoint ?? (this.#parts.page.has(path) ? 'page' : undefined);
  }

  #serveRelay(socket: DoorSocket, visitor: RelayVisitor): void {
    const client = this.#parts.relay(visitor, socket);
    socket.onMessage((text) => client.receive(text));
    socket.onOver(() => client.dispose());
  }

  #serveView(socket: DoorSocket): void {
    const door = this.#parts.view(socket.device, surfaceOf(socket));
    socket.onOver(() => door.dispose());
    void door.closed.then(() => socket.close(NORMAL, ''));
  }
}

/** Of a WebSocket that is closed because there is nothing more to say, or because we failed. */
const NORMAL = 1000;
const BROKEN = 1011;
