import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ClientOptions, WebSocket } from 'ws';
import type { Duplex } from '../../src/base/duplex.ts';
import { Devices } from '../../src/machine/devices.ts';
import { systemClock } from '../../src/machine/clock.ts';
import { type DoorListener, type DoorParts, listenDoor } from '../../src/machine/door/listen.ts';
import type { ToSurface } from '../../src/protocol/view/messages.ts';
import type { Device } from '../../src/relay/device.ts';
import { Pairing, type PairingParts } from '../../src/relay/pairing.ts';
import type { RelayFrame, RelaySocket, RelayVisitor } from '../../src/relay/ports.ts';

/** What nobody may see who was not let in. */
export const SESSION_DATA = 'what-is-said-in-a-session';
export const OWNER_TOKEN = randomBytes(32).toString('base64url');

/** A client that the relay was told of. */
export interface Guest {
  readonly visitor: RelayVisitor;
  readonly socket: RelaySocket;
  readonly heard: string[];
  gone: boolean;
}

export interface WorldOptions extends Partial<
  Pick<DoorParts, 'bind' | 'port' | 'tls' | 'hosts' | 'origins' | 'messageBytes' | 'endpoints' | 'clock'>
> {
  /** What the relay does with a message; it repeats it where nothing is said. */
  hear?(text: string, guest: Guest): void;
  /** A relay in place of that. */
  readonly relay?: DoorParts['relay'];
  readonly confirm?: PairingParts['confirm'];
}

/** A door as it is, with a relay and a view behind it that say one thing and repeat what they hear. */
export interface DoorWorld extends AsyncDisposable {
  readonly listener: DoorListener;
  readonly port: number;
  readonly devices: Devices;
  readonly pairing: Pairing;
  readonly guests: readonly Guest[];
  readonly viewers: readonly Device[];
  /** Every word of the log. */
  readonly logged: readonly string[];
  readonly folder: string;
}

export const openDoorWorld = async (options: WorldOptions = {}): Promise<DoorWorld> => {
  const folder = await mkdtemp(join(tmpdir(), 'wheelhouse-door-'));
  const { clock = systemClock } = options;
  const logged: string[] = [];
  const write = (message: string): void => void logged.push(message);
  const log = { debug: write, info: write, warn: write, error: write };
  const file = join(folder, 'state', 'devices.json');
  const devices = await Devices.open({ file, owner: { token: OWNER_TOKEN, name: 'this machine' }, clock, log });
  const confirm = options.confirm ?? (({ want }) => Promise.resolve(want));
  const pairing = new Pairing({ clock, random: (bytes) => randomBytes(bytes), confirm });
  const guests: Guest[] = [];
  const viewers: Device[] = [];
  const listener = await listenDoor({
    bind: '127.0.0.1',
    port: 0,
    hosts: [],
    origins: [],
    messageBytes: 16 * 1024 * 1024,
    ...options,
    devices,
    pairing,
    page: await pageIn(folder),
    clock,
    log,
    relay(visitor, socket) {
      if (options.relay !== undefined) return options.relay(visitor, socket);
      const guest: Guest = { visitor, socket, heard: [], gone: false };
      guests.push(guest);
      socket.send([frameOf(SESSION_DATA)]);
      const repeat = (text: string): void => {
        guest.heard.push(text);
        socket.send([frameOf(text)]);
      };
      return {
        receive: (text) => (options.hear === undefined ? repeat(text) : options.hear(text, guest)),
        dispose: () => (guest.gone = true),
      };
    },
    view(device, surface) {
      viewers.push(device);
      return repeating(surface);
    },
  });
  return {
    listener,
    port: Number(new URL(listener.relay).port),
    devices,
    pairing,
    guests,
    viewers,
    logged,
    folder,
    async [Symbol.asyncDispose]() {
      pairing.dispose();
      listener.dispose();
      await listener.closed;
      await devices.written();
      await rm(folder, { recursive: true, force: true });
    },
  };
};

export const frameOf = (text: string): RelayFrame => ({ text });

const pageIn = async (folder: string): Promise<string> => {
  const page = join(folder, 'page');
  await mkdir(join(page, 'chunks'), { recursive: true });
  await writeFile(
    join(page, 'index.html'),
    '<!DOCTYPE html><title>The page</title><script type="module" src="page.js"></script>',
  );
  await writeFile(join(page, 'page.js'), 'document.title = "The page ran";');
  await writeFile(join(page, 'chunks', 'late.js'), 'export const late = 1;');
  await writeFile(join(page, 'notes.txt'), 'of no kind that a page has');
  await writeFile(join(folder, 'secret.js'), 'beside the page');
  return page;
};

const repeating = (surface: Duplex<unknown, ToSurface>): { dispose(): void; readonly closed: Promise<void> } => {
  const reader = surface.readable.getReader();
  const writer = surface.writable.getWriter();
  writer.closed.catch(() => undefined);
  const run = async (): Promise<void> => {
    await writer.write([{ type: 'compose', text: SESSION_DATA }]);
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      await writer.write(value.map((each) => ({ type: 'compose', text: JSON.stringify(each) })));
    }
  };
  return { closed: run().catch(() => undefined), dispose: () => void reader.cancel().catch(() => undefined) };
};

/** What came by a socket of bytes: of a refusal all of it, of an upgrade up to what the session says first. */
export interface Answered {
  /** 0: nothing came at all. */
  readonly status: number;
  readonly all: string;
  header(name: string): string | undefined;
}

/** Says the bytes on a connection of its own, and waits for the answer and its end. */
export const say = async (port: number, bytes: string | Buffer, host = '127.0.0.1'): Promise<Answered> => {
  const socket = connect(port, host);
  socket.on('error', () => undefined);
  socket.setNoDelay(true);
  socket.write(bytes);
  return await answerOn(socket);
};

export const answerOn = (socket: Socket): Promise<Answered> =>
  new Promise((resolve) => {
    let all = '';
    socket.setEncoding('latin1');
    socket.on('data', (text: string) => {
      all += text;
      if (isUpgraded(all) && all.includes(SESSION_DATA)) socket.destroy();
    });
    socket.once('close', () => resolve(answered(all)));
  });

const isUpgraded = (all: string): boolean => all.startsWith('HTTP/1.1 101 ');

const answered = (all: string): Answered => ({
  status: Number(/^HTTP\/1\.1 (\d{3}) /u.exec(all)?.[1] ?? 0),
  all,
  header: (name) => new RegExp(`^${name}: *(.*)\r$`, 'imu').exec(all.split('\r\n\r\n', 1)[0] + '\r')?.[1],
});

export interface Asked {
  readonly method?: string;
  /** What stands in the request line. */
  readonly target: string;
  /** Each line of them, beside those that every WebSocket client says. */
  readonly headers: readonly string[];
  readonly upgrade?: boolean;
  readonly body?: string;
}

/** A request, byte for byte. */
export const requestOf = ({ method = 'GET', target, headers, upgrade = true, body = '' }: Asked): string =>
  [
    `${method} ${target} HTTP/1.1`,
    ...headers,
    ...(upgrade
      ? [
          'Connection: Upgrade',
          'Upgrade: websocket',
          'Sec-WebSocket-Version: 13',
          'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
        ]
      : ['Connection: close']),
    ...(body === '' ? [] : [`Content-Length: ${Buffer.byteLength(body)}`]),
    '',
    body,
  ].join('\r\n');

/** A client of the relay as programs are, and what it heard. */
export class Caller {
  readonly socket: WebSocket;
  readonly heard: string[] = [];
  closed: { readonly code: number; readonly reason: string } | undefined;
  pings = 0;

  constructor(url: string, token: string, options: ClientOptions = {}) {
    this.socket = new WebSocket(url, {
      perMessageDeflate: false,
      headers: { Authorization: `Bearer ${token}` },
      ...options,
    });
    this.socket.on('message', (data: Buffer) => this.heard.push(data.toString('utf8')));
    this.socket.on('ping', () => (this.pings += 1));
    this.socket.on('error', () => undefined);
    this.socket.on('close', (code, reason) => (this.closed = { code, reason: reason.toString('utf8') }));
  }

  /** Open, with the first thing that is said. */
  static async open(url: string, token: string, options: ClientOptions = {}): Promise<Caller> {
    const caller = new Caller(url, token, options);
    await once(caller.socket, 'open');
    return caller;
  }
}

/** The status by which an upgrade was refused. */
export const refusedWith = (url: string, token: string, options: ClientOptions = {}): Promise<number> =>
  new Promise((resolve) => {
    const { socket } = new Caller(url, token, options);
    socket.once('open', () => {
      socket.terminate();
      resolve(101);
    });
    socket.once('unexpected-response', (_request, response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
      socket.terminate();
    });
  });
