/**
 * The door for a person's other devices: the relay at `/acp`, our own surfaces at `/view`, the page at `/app/`, pairing at
 * `/pair`. Source: the relay protocol, §9.
 *
 * O1 Whoever has not shown a token hears nothing but that: first match of 404 path, 403 Host or Origin, 401 or 429 token,
 *    400 query, 409 client, 429 or 503 limits, all before the upgrade. Loopback is no exception.
 * O2 Nothing changes by plain HTTP but a pairing, which the person confirms.
 * O3 No other machine is talked to without TLS.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer as createHttpServer } from 'node:http';
import { createServer, type Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { Clock } from '../../base/clock.ts';
import { type Disposable, Disposables } from '../../base/disposable.ts';
import type { Duplex } from '../../base/duplex.ts';
import type { Event } from '../../base/event.ts';
import { Failure, sentence } from '../../base/failure.ts';
import type { Log } from '../../base/log.ts';
import type { ToSurface } from '../../protocol/view/messages.ts';
import type { Device } from '../../relay/device.ts';
import type { Pairing } from '../../relay/pairing.ts';
import type { RelayClient, RelaySocket, RelayVisitor } from '../../relay/ports.ts';
import type { Devices } from '../devices.ts';
import { errnoOf } from '../disk.ts';
import { addressOf, secureOf, shownAddress, type TlsFiles } from './address.ts';
import type { DoorEndpoint } from './endpoint.ts';
import { Guard } from './guard.ts';
import { DOOR } from './limits.ts';
import { Page } from './page.ts';
import { Routes } from './routes.ts';
import { Sockets } from './sockets.ts';
import { Strangers } from './strangers.ts';

export interface DoorParts {
  /** An IP address of this machine, or `localhost`. */
  readonly bind: string;
  /** 0: any that is free. */
  readonly port: number;
  readonly tls?: TlsFiles;
  /** Further names by which it is reached, as `name` or `name:port`. */
  readonly hosts: readonly string[];
  /** Origins of pages that may connect besides our own. */
  readonly origins: readonly string[];
  /** Bytes of one message. */
  readonly messageBytes: number;
  readonly devices: Devices;
  readonly pairing: Pairing;
  /** Absolute folder of the page. */
  readonly page: string;
  /** Further wires. */
  readonly endpoints?: readonly DoorEndpoint[];
  readonly clock: Clock;
  readonly log: Log;
  relay(visitor: RelayVisitor, socket: RelaySocket): RelayClient;
  view(device: Device, surface: Duplex<unknown, ToSurface>): Disposable & { readonly closed: Promise<void> };
}

export interface DoorListener extends Disposable {
  /** Addresses, such as `ws://127.0.0.1:4141/acp` and `http://127.0.0.1:4141/app/`. */
  readonly relay: string;
  readonly app: string;
  /** SHA-256 of the certificate. */
  readonly fingerprint?: string;
  /** How many are open. */
  readonly sockets: number;
  /** Ids of the devices that are connected. */
  readonly connected: readonly string[];
  readonly onChanged: Event<void>;
  /** Settles when it was disposed, every socket has been told, and the port is free. */
  readonly closed: Promise<void>;
}

/** @throws Failure `invalid`, `insecure`; `taken`, somebody else listens there; `failed` */
export const listenDoor = async (parts: DoorParts): Promise<DoorListener> => {
  const { tls, log, clock, devices } = parts;
  const address = addressOf(parts.bind, tls !== undefined);
  const secure = tls === undefined ? undefined : secureOf(tls);
  const guard = new Guard({ secure: secure !== undefined, hosts: parts.hosts, origins: parts.origins });
  const owned = new Disposables();
  const sockets = owned.add(new Sockets((failure) => log.error(`A listener of the door failed: ${sentence(failure)}`)));
  owned.add(devices.onRevoked((device) => sockets.revoked(device)));
  /** What carries a connection, by what the parser of HTTP has of it. */
  const carriers = new WeakMap<object, Socket>();
  const strangers = owned.add(
    new Strangers(clock, (socket) => {
      const inner =
        secure === undefined ? socket : new TLSSocket(socket, { isServer: true, secureContext: secure.context });
      // What breaks it ends it, and that is all there is to say.
      if (inner !== socket) inner.on('error', () => socket.destroy());
      carriers.set(inner, socket);
      http.emit('connection', inner);
      socket.resume();
    }),
  );
  const place = ({ socket }: IncomingMessage): Socket => carriers.get(socket) ?? socket;
  const page = await Page.open(parts.page);
  const routes = new Routes({ ...parts, guard, page, sockets, strangers, place });
  const http = createHttpServer({
    maxHeaderSize: DOOR.headerBytes,
    // The guard says so, in its turn.
    requireHostHeader: false,
    keepAliveTimeout: DOOR.strangerTime,
    headersTimeout: DOOR.strangerTime,
    requestTimeout: DOOR.strangerTime,
  });
  const answer = (request: IncomingMessage, response: ServerResponse): void => routes.answer(request, response);
  http.on('request', answer).on('checkContinue', answer).on('checkExpectation', answer);
  http.on('upgrade', (request, socket, head) => routes.upgrade(request, socket, head));
  const connections = new Set<Socket>();
  const front = createServer({ pauseOnConnect: true, noDelay: true }, (socket) => {
    connections.add(socket.on('error', () => undefined).once('close', () => connections.delete(socket)));
    strangers.receive(socket);
  });
  const free = new Promise<void>((resolve) => front.once('close', resolve));
  try {
    await listening(front, address, parts.port);
  } catch (failure) {
    owned.dispose();
    throw failure;
  }
  const at = front.address();
  const authority = `${shownAddress(address)}:${typeof at === 'object' && at !== null ? at.port : parts.port}`;
  const s = secure === undefined ? '' : 's';
  owned.onEnd(() => {
    front.close();
    void sockets.stop().then(() => connections.forEach((socket) => socket.destroy()));
  });
  return {
    relay: `ws${s}://${authority}/acp`,
    app: `http${s}://${authority}/app/`,
    ...(secure === undefined ? {} : { fingerprint: secure.fingerprint }),
    get sockets() {
      return sockets.size;
    },
    get connected() {
      return sockets.devices;
    },
    onChanged: sockets.onChanged,
    closed: free,
    dispose: () => owned.dispose(),
  };
};

const listening = (front: ReturnType<typeof createServer>, host: string, port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    // For good: to be out of files while everybody comes at once is no reason to end.
    front.on('error', (failure) => {
      const isTaken = errnoOf(failure) === 'EADDRINUSE';
      reject(
        new Failure(
          isTaken ? 'taken' : 'failed',
          isTaken ? `Port ${port} of ${host} is taken.` : `${host} cannot be listened on: ${sentence(failure)}`,
          isTaken ? 'Name another port, or 0 for any that is free.' : 'Name an address of this machine.',
          { cause: failure },
        ),
      );
    });
    front.listen({ host, port, exclusive: true }, resolve);
  });
