import { createServer, connect, type Server, type Socket } from 'node:net';
import { Random } from '../simulation/random.ts';
import { listenHere, portOf } from '../tools/listen.ts';
import type { Direction, Faults } from './proxy.ts';

export type { Direction } from './proxy.ts';

interface Trap {
  readonly direction: Direction;
  readonly frames: number;
  readonly torn: boolean;
}

interface Connection {
  readonly client: Socket;
  readonly server: Socket;
  readonly silent: Set<Direction>;
  /** What the client asked for is a WebSocket: what follows its head is frames. */
  upgrade: boolean;
}

/** One piece of what passes: a whole frame, or bytes that are none. */
interface Piece {
  readonly bytes: Buffer;
  /** It is of a message, and neither a ping, a pong nor a close. */
  readonly isData: boolean;
}

/**
 * Stands between a client and a server of WebSockets and knows their frames, in both directions, masked or not; plain HTTP
 * passes as it is. It does to the bytes what is set here, and cuts where it is told to. A seed decides each chance.
 */
export class FrameProxy implements AsyncDisposable {
  readonly #server: Server;
  readonly #chance: Random;
  readonly #open = new Set<Connection>();
  #trap: Trap | undefined;
  faults: Omit<Faults, 'double'> = {};
  /** Nobody gets through. */
  down = false;
  /** Where new connections lead. */
  to: number;
  /** Connections that were made, and frames of messages that were let through. */
  made = 0;
  readonly frames: Record<Direction, number> = { up: 0, down: 0 };

  private constructor(seed: number, to: number) {
    this.#chance = new Random(seed);
    this.to = to;
    this.#server = createServer({ allowHalfOpen: false }, (client) => this.#connect(client));
  }

  /** On a port of loopback, to another one. */
  static async listen(seed: number, to: number): Promise<FrameProxy> {
    const proxy = new FrameProxy(seed, to);
    await listenHere(proxy.#server);
    return proxy;
  }

  get port(): number {
    return portOf(this.#server);
  }

  get connections(): number {
    return this.#open.size;
  }

  /** True: what {@link cutAt} said has not come yet. */
  get armed(): boolean {
    return this.#trap !== undefined;
  }

  /**
   * Cuts the connection, once, when so many frames of messages more have passed in this direction, whatever the connection:
   * 0, before the next one. Torn: half of the one that follows passes as well.
   */
  cutAt(direction: Direction, frames: number, torn = false): void {
    this.#trap = { direction, frames: this.frames[direction] + frames, torn };
  }

  cut(): void {
    for (const connection of this.#open) this.#end(connection);
  }

  /** Half-open: in the connections that there are, nothing comes through in a direction any more, and nobody is told. */
  silence(...directions: readonly Direction[]): void {
    for (const { silent } of this.#open) for (const direction of directions) silent.add(direction);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.cut();
    await closed;
  }

  #connect(client: Socket): void {
    client.on('error', () => undefined);
    if (this.down) return void client.destroy();
    this.made += 1;
    const server = connect(this.to, '127.0.0.1');
    server.on('error', () => undefined);
    // Small frames are what is counted here.
    client.setNoDelay(true);
    server.setNoDelay(true);
    const connection: Connection = { client, server, silent: new Set(), upgrade: false };
    this.#open.add(connection);
    const over = (): void => this.#end(connection);
    this.#carry(connection, client, server, 'up').then(over, over);
    this.#carry(connection, server, client, 'down').then(over, over);
  }

  #end(connection: Connection): void {
    this.#open.delete(connection);
    connection.client.destroy();
    connection.server.destroy();
  }

  async #carry(connection: Connection, from: Socket, to: Socket, direction: Direction): Promise<void> {
    const pieces = new Pieces(direction, connection);
    for await (const chunk of from as AsyncIterable<Buffer>) {
      for (const piece of pieces.take(chunk)) {
        if (connection.silent.has(direction)) continue;
        if (await this.#isCut(to, direction, piece)) return;
      }
    }
    // What broke off in the middle of a frame breaks off there on the other side as well.
    if (!connection.silent.has(direction)) await this.#pass(to, pieces.rest);
  }

  async #isCut(to: Socket, direction: Direction, { bytes, isData }: Piece): Promise<boolean> {
    const trap = this.#trap;
    if (isData && trap?.direction === direction && this.frames[direction] >= trap.frames) {
      this.#trap = undefined;
      if (trap.torn) await this.#pass(to, bytes.subarray(0, Math.ceil(bytes.length / 2)));
      return true;
    }
    if (isData) this.frames[direction] += 1;
    await this.#pass(to, bytes);
    return false;
  }

  async #pass(to: Socket, bytes: Buffer): Promise<void> {
    const { slice = bytes.length, delay = 0 } = this.faults;
    for (let from = 0; from < bytes.length;) {
      const size = slice >= bytes.length ? bytes.length : 1 + this.#chance.below(slice);
      const late = delay === 0 ? 0 : this.#chance.below(delay + 1);
      if (late > 0) await new Promise((resolve) => setTimeout(resolve, late));
      // Sent on by itself: the next piece waits until the system has this one.
      await new Promise<void>((resolve, reject) => {
        to.write(bytes.subarray(from, from + size), (failure) => (failure ? reject(failure) : resolve()));
      });
      from += size;
    }
  }
}

const END_OF_HEAD = '\r\n\r\n';
const FIRST_CONTROL = 8;

/** Takes a direction of a connection apart. */
class Pieces {
  readonly #direction: Direction;
  readonly #connection: Connection;
  #kind: 'head' | 'frames' | 'bytes' = 'head';
  rest: Buffer = Buffer.alloc(0);

  constructor(direction: Direction, connection: Connection) {
    this.#direction = direction;
    this.#connection = connection;
  }

  *take(chunk: Buffer): Generator<Piece> {
    this.rest = this.rest.length === 0 ? chunk : Buffer.concat([this.rest, chunk]);
    for (let length = this.#next(); length !== undefined; length = this.#next()) {
      const bytes = this.rest.subarray(0, length);
      this.rest = this.rest.subarray(length);
      const isData = this.#kind === 'frames' && ((bytes[0] ?? 0) & 0x0f) < FIRST_CONTROL;
      if (this.#kind === 'head') this.#read(bytes.toString('latin1'));
      yield { bytes, isData };
    }
  }

  /** How long the next piece is; undefined: not all of it is here. */
  #next(): number | undefined {
    if (this.rest.length === 0) return undefined;
    if (this.#kind === 'bytes') return this.rest.length;
    if (this.#kind === 'frames') return frameLength(this.rest);
    const end = this.rest.indexOf(END_OF_HEAD);
    return end < 0 ? undefined : end + END_OF_HEAD.length;
  }

  #read(head: string): void {
    const { upgrade } = this.#connection;
    const isUpgrade =
      this.#direction === 'up' ? /^upgrade:\s*websocket/imu.test(head) : upgrade && /^\S+ 101 /u.test(head);
    if (this.#direction === 'up') this.#connection.upgrade = isUpgrade;
    this.#kind = isUpgrade ? 'frames' : 'bytes';
  }
}

/** RFC 6455, §5.2: all of the frame that begins here, if all of it is here. */
const frameLength = (bytes: Buffer): number | undefined => {
  const [, second] = bytes;
  if (second === undefined) return undefined;
  const short = second & 0x7f;
  const wide = short === 126 ? 2 : short === 127 ? 8 : 0;
  const head = 2 + wide + (second & 0x80 ? 4 : 0);
  if (bytes.length < head) return undefined;
  const length = wide === 2 ? bytes.readUInt16BE(2) : wide === 8 ? Number(bytes.readBigUInt64BE(2)) : short;
  return bytes.length < head + length ? undefined : head + length;
};
