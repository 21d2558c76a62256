import { createServer, connect, type Server, type Socket } from 'node:net';
import { Random } from '../simulation/random.ts';
import { portOf } from '../tools/listen.ts';

/** The path of a local socket, or a port of loopback. */
export type Place = string | number;

/** Of the window to the host, and back. */
export type Direction = 'up' | 'down';

/** What may become of the bytes on their way; no stream loses some in the middle, or lets one pass another. */
export interface Faults {
  /** A piece is late by up to so many milliseconds. */
  readonly delay?: number;
  /** It is cut into pieces of up to so many bytes. */
  readonly slice?: number;
  /** Of a hundred lines so many come twice; never the greetings. */
  readonly double?: number;
}

interface Trap {
  readonly direction: Direction;
  /** After so many lines of a connection. */
  readonly lines: number;
  /** Half of the next line passes, too. */
  readonly torn: boolean;
}

interface Connection {
  readonly window: Socket;
  readonly host: Socket;
  readonly silent: Set<Direction>;
  readonly passed: Record<Direction, number>;
}

const NEWLINE = 0x0a;

/** Stands between windows and a host, and does to the bytes between them what is set here. A seed decides each chance. */
export class Proxy implements AsyncDisposable {
  readonly #server: Server;
  readonly #chance: Random;
  readonly #open = new Set<Connection>();
  faults: Faults = {};
  /** Nobody gets through. */
  down = false;
  /** Cuts once. */
  trap: Trap | undefined;
  /** Whole lines that were let through are told here, once the system has them. */
  onLine: ((direction: Direction, line: string) => void) | undefined;
  /** Connections that were made, and lines that were let through, each once. */
  made = 0;
  readonly lines: Record<Direction, number> = { up: 0, down: 0 };

  private constructor(seed: number, to: Place) {
    this.#chance = new Random(seed);
    this.#server = createServer((window) => this.#connect(window, to));
  }

  static async listen(seed: number, from: Place, to: Place): Promise<Proxy> {
    const proxy = new Proxy(seed, to);
    await new Promise<void>((resolve, reject) => {
      proxy.#server.once('error', reject);
      if (typeof from === 'string') proxy.#server.listen(from, resolve);
      else proxy.#server.listen(from, '127.0.0.1', resolve);
    });
    return proxy;
  }

  get port(): number {
    return portOf(this.#server);
  }

  get connections(): number {
    return this.#open.size;
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

  #connect(window: Socket, to: Place): void {
    window.on('error', () => undefined);
    if (this.down) return void window.destroy();
    this.made += 1;
    const host = typeof to === 'string' ? connect(to) : connect(to, '127.0.0.1');
    host.on('error', () => undefined);
    const connection: Connection = { window, host, silent: new Set(), passed: { up: 0, down: 0 } };
    this.#open.add(connection);
    const over = (): void => this.#end(connection);
    this.#carry(connection, window, host, 'up').then(over, over);
    this.#carry(connection, host, window, 'down').then(over, over);
  }

  #end(connection: Connection): void {
    this.#open.delete(connection);
    connection.window.destroy();
    connection.host.destroy();
  }

  async #carry(connection: Connection, from: Socket, to: Socket, direction: Direction): Promise<void> {
    let rest: Buffer = Buffer.alloc(0);
    for await (const chunk of from as AsyncIterable<Buffer>) {
      if (connection.silent.has(direction)) continue;
      const byLines =
        this.trap !== undefined || this.faults.double !== undefined || this.onLine !== undefined || rest.length > 0;
      if (!byLines) {
        const lines = count(chunk);
        connection.passed[direction] += lines;
        this.lines[direction] += lines;
        await this.#pass(to, chunk);
        continue;
      }
      rest = Buffer.concat([rest, chunk]);
      for (let end = rest.indexOf(NEWLINE); end >= 0; end = rest.indexOf(NEWLINE)) {
        const line = rest.subarray(0, end + 1);
        rest = rest.subarray(end + 1);
        const isCut = await this.#line(connection, to, direction, line);
        if (isCut) return;
      }
    }
    if (rest.length > 0 && !connection.silent.has(direction)) await this.#pass(to, rest);
  }

  /** True: the trap has shut. */
  async #line(connection: Connection, to: Socket, direction: Direction, line: Buffer): Promise<boolean> {
    const { trap } = this;
    if (trap?.direction === direction && connection.passed[direction] >= trap.lines) {
      this.trap = undefined;
      if (trap.torn) await this.#pass(to, line.subarray(0, Math.ceil(line.length / 2)));
      return true;
    }
    const isGreeting = connection.passed[direction] === 0;
    connection.passed[direction] += 1;
    this.lines[direction] += 1;
    const isTwice = !isGreeting && this.#chance.below(100) < (this.faults.double ?? 0);
    await this.#pass(to, isTwice ? Buffer.concat([line, line]) : line);
    this.onLine?.(direction, line.toString());
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

const count = (bytes: Buffer): number => {
  let lines = 0;
  for (const byte of bytes) if (byte === NEWLINE) lines += 1;
  return lines;
};
