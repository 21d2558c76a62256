/**
 * One connection to a gateway: who we are, what is asked and answered, and whether it is still there. Source: the gateway
 * protocol, §2 to §4.
 *
 * L1 Nothing is asked before the gateway has let us in; one that never says so is asked whether it has.
 * L2 Each connection has a client id of its own: two with one would end each other.
 * L3 A gateway that does not answer a ping is gone, whatever the socket believes.
 */
import type { Clock } from '../../base/clock.ts';
import type { Disposable } from '../../base/disposable.ts';
import type { Link } from '../../base/duplex.ts';
import { type Failure, PeerError } from '../../base/failure.ts';
import { excerpt, type Log } from '../../base/log.ts';
import { Pending } from '../../base/pending.ts';
import { Heartbeat } from '../heartbeat.ts';
import {
  type FromGateway,
  GATEWAY_VERSION,
  type GatewayError,
  isOtherVersion,
  readGateway,
} from '../../protocol/gateway/read.ts';
import { tokenRefused } from '../../protocol/gateway/refusal.ts';

/** Milliseconds. */
const ANSWER = 30_000;
/** Until one that says nothing to our greeting is asked whether it took it. */
const PROBE = 3000;
const MOST = 256;

export type GatewayEvent = Extract<FromGateway, { kind: 'event' }>;

export interface GatewayLineParts {
  readonly link: Link<string>;
  readonly clock: Clock;
  readonly log: Log;
  /** In order; of one batch together. */
  hear(events: readonly GatewayEvent[]): void;
  /** It has answered a ping. */
  answered?(): void;
}

export class GatewayLine implements Disposable {
  readonly #parts: GatewayLineParts;
  readonly #pending: Pending<string, unknown>;
  readonly #writer: WritableStreamDefaultWriter<readonly string[]>;
  readonly #admitted = Promise.withResolvers<void>();
  #number = 0;
  #heartbeat: Heartbeat | undefined;
  #hasGreeted = false;
  #version: string | undefined;
  #latency: number | undefined;

  constructor(parts: GatewayLineParts) {
    this.#parts = parts;
    const { link, clock } = parts;
    this.#pending = new Pending({ clock, most: MOST, timeout: ANSWER });
    this.#writer = link.messages.writable.getWriter();
    this.#admitted.promise.catch(() => undefined);
    void this.#read();
    void link.closed.then((failure) => this.#over(failure));
  }

  /** Of the last ping, milliseconds. */
  get latency(): number | undefined {
    return this.#latency;
  }

  /** It has said that we are let in: older ones say nothing. */
  get hasGreeted(): boolean {
    return this.#hasGreeted;
  }

  /** Of the protocol, as it says; undefined where it does not. */
  get version(): string | undefined {
    return this.#version;
  }

  /** @throws Failure `refused`, it does not take the token; what ended the connection */
  async greet(token: string | undefined, signal: AbortSignal): Promise<void> {
    const { clock } = this.#parts;
    const connect = {
      type: 'connect',
      clientId: `wheelhouse-${clock.id()}`,
      ...(token === undefined ? {} : { token }),
      protocolVersion: GATEWAY_VERSION,
      metadata: { client: 'wheelhouse' },
    };
    this.#say(connect);
    const probe = clock.after(PROBE, () => this.#probe(signal));
    await this.#admitted.promise.finally(() => probe.dispose());
    this.#heartbeat = new Heartbeat({
      clock,
      ping: () => this.#say({ type: 'ping', timestamp: clock.now() }),
      gone: () => this.#parts.link.end(),
    });
  }

  /** @throws PeerError, what the gateway says; Failure `unanswered`, `busy`, what ended the connection */
  async request(method: string, params: object, signal: AbortSignal): Promise<unknown> {
    signal.throwIfAborted();
    const id = `${(this.#number += 1)}`;
    // Where too much is under way nothing is sent.
    if (this.#pending.size >= MOST) return await this.#pending.add(id, {}, signal);
    const answer = this.#pending.add(id, {}, signal);
    this.#say({ type: 'req', id, method, params });
    return await answer;
  }

  dispose(): void {
    this.#heartbeat?.dispose();
    this.#parts.link.end();
  }

  #say(message: object): void {
    // What cannot be written any more is told by the end of the connection.
    this.#writer.write([JSON.stringify(message)]).catch(() => undefined);
  }

  async #read(): Promise<void> {
    try {
      for await (const batch of this.#parts.link.messages.readable) this.#take(batch.map(readGateway));
    } catch {
      // The end of the connection tells it.
    }
  }

  #take(batch: readonly FromGateway[]): void {
    const events: GatewayEvent[] = [];
    const flush = (): void => {
      if (events.length > 0) this.#parts.hear(events.splice(0));
    };
    for (const message of batch) {
      if (message.kind === 'event') {
        events.push(message);
        continue;
      }
      // An answer stands where it came between events.
      flush();
      this.#answer(message);
    }
    flush();
  }

  #answer(message: Exclude<FromGateway, GatewayEvent>): void {
    const { log } = this.#parts;
    switch (message.kind) {
      case 'connected':
        this.#hasGreeted = true;
        this.#version = message.version;
        if (isOtherVersion(message.version))
          log.warn(`The gateway speaks version ${excerpt(message.version ?? '')}, and we ${GATEWAY_VERSION}.`);
        return this.#admitted.resolve();
      case 'answered':
        if (message.ok) this.#pending.settle(message.id, message.payload);
        else this.#pending.fail(message.id, asPeerError(message.error));
        return;
      case 'pong':
        return this.#ponged(message.timestamp);
      case 'error':
        return this.#refused(message.error);
      case 'other':
        return log.debug(`The gateway said something unknown: ${excerpt(message.type)}`);
      case 'garbage':
        return log.warn(`The gateway said what is no message: ${excerpt(message.text)}`);
    }
  }

  #refused(error: GatewayError): void {
    this.#parts.log.warn(`The gateway: ${excerpt(error.code)} ${excerpt(error.message)}`);
    if (error.code !== 'AUTH_FAILED') return;
    this.#admitted.reject(tokenRefused(error.message));
  }

  /** One that takes a connection without a word answers this all the same. */
  #probe(signal: AbortSignal): void {
    this.request('status', {}, signal).then(
      () => this.#admitted.resolve(),
      (failure: unknown) => {
        // Any answer of its own will do; none is the end of the connection.
        if (failure instanceof PeerError) this.#admitted.resolve();
      },
    );
  }

  #ponged(timestamp: number | undefined): void {
    this.#heartbeat?.answered();
    if (timestamp !== undefined) this.#latency = Math.max(0, this.#parts.clock.now() - timestamp);
    this.#parts.answered?.();
  }

  #over(failure: Failure): void {
    this.#heartbeat?.dispose();
    this.#admitted.reject(failure);
    this.#pending.end(failure);
  }
}

/** The wire's codes are words; ours of JSON-RPC are numbers, and stay out of it. */
const asPeerError = ({ code, message, details }: GatewayError): PeerError =>
  new PeerError(0, message === '' ? code : message, { code, ...(details === undefined ? {} : { details }) });
