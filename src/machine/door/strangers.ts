import type { Socket } from 'node:net';
import type { Clock } from '../../base/clock.ts';
import type { Disposable } from '../../base/disposable.ts';
import { DOOR } from './limits.ts';

interface Stranger {
  /** When it got its place. */
  readonly since: number;
  timer: Disposable;
}

/**
 * Connections of which nothing is known yet. Few have a place, each for a short time; who comes while all are taken waits
 * unread, which costs next to nothing, and the time of those inside is shorter then: so whoever keeps places taken keeps
 * nobody out for long.
 */
export class Strangers implements Disposable {
  readonly #clock: Clock;
  readonly #admit: (socket: Socket) => void;
  readonly #inside = new Map<Socket, Stranger>();
  readonly #waiting = new Set<Socket>();
  #hurry: Disposable | undefined;

  /** `admit` gets each that has a place: it may be read. */
  constructor(clock: Clock, admit: (socket: Socket) => void) {
    this.#clock = clock;
    this.#admit = admit;
  }

  get size(): number {
    return this.#inside.size;
  }

  /** One that has just come, and is not read yet. */
  receive(socket: Socket): void {
    if (this.#waiting.size >= DOOR.waiting) return void socket.destroy();
    this.#waiting.add(socket);
    socket.once('close', () => this.leave(socket));
    this.#next();
  }

  /** It has asked for something whole, which is answered now. */
  answering(socket: Socket): void {
    this.#time(socket, DOOR.answerTime);
  }

  /** It has its answer, and may ask for something else. */
  answered(socket: Socket): void {
    this.#time(socket, DOOR.strangerTime);
  }

  /** It is gone, or no stranger any more. */
  leave(socket: Socket): void {
    this.#waiting.delete(socket);
    const stranger = this.#inside.get(socket);
    if (stranger === undefined) return;
    stranger.timer.dispose();
    this.#inside.delete(socket);
    this.#next();
  }

  dispose(): void {
    this.#hurry?.dispose();
    const all = [...this.#waiting, ...this.#inside.keys()];
    this.#waiting.clear();
    for (const socket of all) socket.destroy();
  }

  #time(socket: Socket, milliseconds: number): void {
    const stranger = this.#inside.get(socket);
    if (stranger === undefined) return;
    stranger.timer.dispose();
    stranger.timer = this.#clock.after(milliseconds, () => socket.destroy());
  }

  #next(): void {
    for (const socket of this.#waiting) {
      if (this.#inside.size >= DOOR.strangers) break;
      this.#waiting.delete(socket);
      const timer = this.#clock.after(DOOR.strangerTime, () => socket.destroy());
      this.#inside.set(socket, { since: this.#clock.monotonic(), timer });
      this.#admit(socket);
    }
    if (this.#waiting.size > 0) this.#hurryOn();
  }

  /** The one that has been inside for longest makes room, as soon as it has had its time. */
  #hurryOn(): void {
    const [oldest] = this.#inside;
    if (this.#hurry !== undefined || oldest === undefined) return;
    const [socket, { since }] = oldest;
    const left = since + DOOR.hurriedTime - this.#clock.monotonic();
    this.#hurry = this.#clock.after(Math.max(0, left), () => {
      this.#hurry = undefined;
      if (this.#waiting.size === 0) return;
      socket.destroy();
      this.leave(socket);
      this.#next();
    });
  }
}
