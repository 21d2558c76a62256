/**
 * One open WebSocket of a device.
 *
 * W1 What is sent is handed to the system in few large pieces, and counts as unsent until the system has taken it.
 * W2 What a slow reader leaves is not added to by what it goes on asking: it is not heard until it has read.
 * W3 Nothing follows the word that it is closed; to a revoked device nothing that was waiting is sent either.
 */
import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import type { Clock } from '../../base/clock.ts';
import type { Disposable } from '../../base/disposable.ts';
import { CLOSE } from '../../protocol/relay/names.ts';
import type { Device } from '../../relay/device.ts';
import type { RelaySocket } from '../../relay/ports.ts';
import { bytesOf, type Frame } from './frames.ts';
import { DOOR } from './limits.ts';

export interface DoorSocketParts {
  readonly socket: WebSocket;
  /** What carries it. */
  readonly raw: Duplex;
  readonly device: Device;
  /** The `client_id`; undefined: it said none. */
  readonly client: string | undefined;
  readonly clock: Clock;
  /** A binary message is the text that its bytes are in UTF-8; else it ends the connection. */
  readonly binaryIsText?: true;
}

export class DoorSocket implements RelaySocket {
  readonly device: Device;
  readonly client: string | undefined;
  /** Settles when it is over; never rejects. */
  readonly closed: Promise<void>;
  readonly #socket: WebSocket;
  readonly #raw: Duplex;
  readonly #clock: Clock;
  readonly #overs = new Set<() => void>();
  #queue: Buffer[] = [];
  /** Of the queue and of what the system has and has not taken. */
  #bytes = 0;
  #frames = 0;
  #flushing = false;
  #drained: (() => void)[] = [];
  #over = false;
  #held = false;
  #lagging = false;
  #heard: number;
  #timer: Disposable;
  #linger: Disposable | undefined;
  #receive: ((text: string) => void) | undefined;
  /** What came in one piece with the message after which nothing more is read. */
  #unheard: string[] = [];

  constructor({ socket, raw, device, client, clock, binaryIsText }: DoorSocketParts) {
    this.device = device;
    this.client = client;
    this.#socket = socket;
    this.#raw = raw;
    this.#clock = clock;
    this.#heard = clock.monotonic();
    raw.on('data', () => (this.#heard = clock.monotonic()));
    socket.on('message', (data: Buffer, isBinary: boolean) => {
      if (this.#over) return;
      if (isBinary && binaryIsText !== true) return this.close(CLOSE.binary, 'only text is spoken here');
      this.#unheard.push(data.toString('utf8'));
      this.#hear();
    });
    // What broke it has been answered with the code for it.
    socket.on('error', () => this.#end());
    this.closed = new Promise((resolve) => {
      socket.once('close', () => {
        this.#end();
        this.#linger?.dispose();
        resolve();
      });
    });
    this.#timer = clock.after(DOOR.ping, () => this.#beat());
  }

  /** Who gets the text of each message from now on. */
  onMessage(receive: (text: string) => void): void {
    this.#receive = receive;
    this.#hear();
  }

  send(frames: readonly Frame[]): void {
    if (this.#over) return;
    for (const frame of frames) {
      const bytes = bytesOf(frame);
      this.#queue.push(bytes);
      this.#bytes += bytes.length;
      this.#frames += 1;
    }
    this.#pause(this.#held, this.#lagging || this.#bytes > DOOR.unread);
    this.#flushSoon();
  }

  /** Called once, as soon as nothing is said or heard any more; that may be before it is closed. */
  onOver(run: () => void): void {
    if (this.#over) run();
    else this.#overs.add(run);
  }

  get unsent(): { readonly bytes: number; readonly frames: number } {
    return { bytes: this.#bytes, frames: this.#frames };
  }

  whenDrained(run: () => void): void {
    if (this.#over) return;
    this.#drained.push(run);
    if (this.#frames === 0) queueMicrotask(() => this.#tellDrained());
  }

  /** Settles when all that was sent is with the system, or the socket is over. */
  async drained(): Promise<void> {
    if (this.#over || this.#frames === 0) return;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        this.#overs.delete(done);
        resolve();
      };
      this.#overs.add(done);
      this.whenDrained(done);
    });
  }

  /** Nothing is read while it is held. */
  hold(held: boolean): void {
    this.#pause(held, this.#lagging);
  }

  close(code: number, reason: string): void {
    if (this.#over) return;
    this.#end();
    // What the system has not taken yet would go out before the word.
    if (code === CLOSE.revoked && this.#raw.writableLength > 0) return this.#socket.terminate();
    this.#socket.close(code, reason);
  }

  #flushSoon(): void {
    if (this.#flushing || this.#queue.length === 0) return;
    this.#flushing = true;
    // All that is sent in one go leaves together.
    queueMicrotask(() => this.#flush());
  }

  #flush(): void {
    if (this.#over) return;
    const { bytes, frames } = this.#next();
    this.#raw.write(bytes, () => {
      this.#bytes -= bytes.length;
      this.#frames -= frames;
      if (this.#over) return;
      // Who is not read may still be seen to read.
      if (this.#held || this.#lagging) this.#heard = this.#clock.monotonic();
      if (this.#queue.length > 0) return this.#flush();
      this.#flushing = false;
      this.#pause(this.#held, false);
      this.#tellDrained();
    });
  }

  #next(): { readonly bytes: Buffer; readonly frames: number } {
    let [length, frames] = [0, 0];
    for (const each of this.#queue) {
      if (frames > 0 && length + each.length > DOOR.written) break;
      length += each.length;
      frames += 1;
    }
    const parts = this.#queue.splice(0, frames);
    const [only] = parts;
    return { bytes: only !== undefined && frames === 1 ? only : Buffer.concat(parts, length), frames };
  }

  #tellDrained(): void {
    if (this.#over || this.#frames > 0) return;
    const drained = this.#drained;
    this.#drained = [];
    for (const run of drained) run();
  }

  #pause(held: boolean, lagging: boolean): void {
    const [was, is] = [this.#held || this.#lagging, held || lagging];
    this.#held = held;
    this.#lagging = lagging;
    if (was === is || this.#over) return;
    if (is) return this.#socket.pause();
    this.#heard = this.#clock.monotonic();
    this.#socket.resume();
    this.#hear();
  }

  #hear(): void {
    while (this.#receive !== undefined && !this.#held && !this.#lagging && !this.#over) {
      const text = this.#unheard.shift();
      if (text === undefined) return;
      this.#receive(text);
    }
  }

  #beat(): void {
    const now = this.#clock.monotonic();
    // Nobody expects a sign of one that is not read and has nothing to read.
    if (this.#held && this.#frames === 0) this.#heard = now;
    const left = this.#heard + DOOR.dead - now;
    if (left <= 0) return this.#socket.terminate();
    this.#socket.ping();
    this.#timer = this.#clock.after(Math.min(DOOR.ping, left), () => this.#beat());
  }

  #end(): void {
    if (this.#over) return;
    this.#over = true;
    this.#queue = [];
    this.#drained = [];
    this.#unheard = [];
    this.#timer.dispose();
    this.#linger = this.#clock.after(DOOR.linger, () => this.#socket.terminate());
    // Its own word of the end is wanted now.
    this.#socket.resume();
    for (const run of this.#overs) run();
    this.#overs.clear();
  }
}
