/**
 * The view door on a local socket.
 *
 * W1 Who has not shown the token hears nothing, not a byte: a wrong one, a line that is no greeting, too long a line and too
 *    long a silence all end alike.
 * W2 Those who have not shown it yet are few, and cost a small line each.
 * W3 A window that reads slowly holds what the store holds for everybody, and one message of its own.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../base/clock.ts';
import { type Disposable, Disposables } from '../base/disposable.ts';
import type { Duplex } from '../base/duplex.ts';
import { Emitter } from '../base/event.ts';
import { sentence } from '../base/failure.ts';
import type { Log } from '../base/log.ts';
import type { WireLine } from '../base/rpcFrame.ts';
import type { LineConnection } from '../machine/lineConnection.ts';
import {
  GREETING_BYTES,
  greetingLine,
  type HostGreeting,
  readWindowGreeting,
  type WindowGreeting,
} from '../protocol/view/greeting.ts';
import { type ToSurface, VIEW_VERSION } from '../protocol/view/messages.ts';

/** Connections that have not shown the token, and those that have. */
const MOST_STRANGERS = 32;
const MOST_WINDOWS = 64;
/** Milliseconds until it has to be shown. */
const GREETING_TIME = 5000;

export interface ViewServerParts {
  readonly token: string;
  readonly about: Omit<HostGreeting, 'version'>;
  /** Bytes of one message. */
  readonly messageBytes: number;
  readonly clock: Clock;
  readonly log: Log;
  openDoor(surface: Duplex<unknown, ToSurface>, device: string): Disposable & { readonly closed: Promise<void> };
}

export class ViewServer implements Disposable {
  readonly #parts: ViewServerParts;
  readonly #owned = new Disposables();
  readonly #changed: Emitter<void>;
  #strangers = 0;
  #windows = 0;

  constructor(parts: ViewServerParts) {
    this.#parts = parts;
    this.#changed = this.#owned.add(
      new Emitter((failure) => parts.log.error(`A listener of the view door failed: ${sentence(failure)}`)),
    );
  }

  /** How many windows are connected. */
  get windows(): number {
    return this.#windows;
  }

  get onChanged(): Emitter<void>['event'] {
    return this.#changed.event;
  }

  /** Takes a connection that has just been made. */
  receive(connection: LineConnection): void {
    const { log } = this.#parts;
    if (this.#owned.ended || this.#strangers >= MOST_STRANGERS || this.#windows >= MOST_WINDOWS) {
      log.warn('A connection was closed: there are too many.');
      connection.dispose();
      return;
    }
    this.#owned.add(connection);
    this.#serve(connection)
      .catch((failure: unknown) => log.debug(`A connection ended: ${sentence(failure)}`))
      .finally(() => this.#owned.remove(connection));
  }

  dispose(): void {
    this.#owned.dispose();
  }

  async #serve(connection: LineConnection): Promise<void> {
    const reader = connection.lines.readable.getReader();
    const greeting = await this.#greeted(connection, reader);
    if (greeting === undefined) return;
    const writer = connection.lines.writable.getWriter();
    writer.closed.catch(() => undefined);
    await writer.write([greetingLine(this.#parts.about)]);
    // It has read ours, and says what it makes of it.
    if (greeting.version !== VIEW_VERSION) return await writer.close();
    connection.allow(this.#parts.messageBytes);
    connection.keepAlive();
    this.#windows += 1;
    this.#changed.fire();
    try {
      const surface = { readable: this.#messages(reader), writable: messagesTo(writer) };
      const door = this.#owned.add(this.#parts.openDoor(surface, greeting.device));
      await Promise.race([door.closed, connection.closed]);
      this.#owned.remove(door);
    } finally {
      this.#windows -= 1;
      this.#changed.fire();
    }
  }

  /** Undefined: it has not shown the token, and is to hear nothing. */
  async #greeted(
    connection: LineConnection,
    reader: ReadableStreamDefaultReader<readonly WireLine[]>,
  ): Promise<WindowGreeting | undefined> {
    connection.allow(GREETING_BYTES);
    this.#strangers += 1;
    const timer = this.#parts.clock.after(GREETING_TIME, () => connection.dispose());
    try {
      const { done, value } = await reader.read();
      // It says nothing more before it is answered.
      if (done || value.length !== 1) return undefined;
      const [line] = value;
      const greeting = typeof line === 'string' ? readWindowGreeting(line) : undefined;
      return greeting !== undefined && isSame(greeting.token, this.#parts.token) ? greeting : undefined;
    } finally {
      timer.dispose();
      this.#strangers -= 1;
    }
  }

  #messages(reader: ReadableStreamDefaultReader<readonly WireLine[]>): ReadableStream<readonly unknown[]> {
    const { log } = this.#parts;
    return new ReadableStream<readonly unknown[]>({
      async pull(controller) {
        const { done, value } = await reader.read();
        if (done) return controller.close();
        const lines: unknown[] = [];
        for (const line of value) {
          if (typeof line === 'string') lines.push(parsed(line));
          else {
            log.warn(`A window sent a message of ${line.skippedBytes} bytes, and its connection was closed.`);
            return controller.close();
          }
        }
        controller.enqueue(lines);
      },
      cancel: () => reader.cancel(),
    });
  }
}

/** One message after the other, each when the system has taken the one before. */
const messagesTo = (writer: WritableStreamDefaultWriter<readonly string[]>): WritableStream<readonly ToSurface[]> =>
  new WritableStream<readonly ToSurface[]>({
    async write(messages) {
      for (const message of messages) await writer.write([JSON.stringify(message)]);
    },
    close: () => writer.close(),
    abort: (reason) => writer.abort(reason),
  });

/** What is no JSON is refused by the door like anything else that nobody understands. */
const parsed = (line: string): unknown => {
  try {
    return JSON.parse(line);
  } catch {
    return line;
  }
};

/** In a time that tells nothing of how much of it is right. */
const isSame = (told: string, token: string): boolean => timingSafeEqual(digest(told), digest(token));

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
