import { CLOSE } from '../../../src/protocol/relay/names.ts';
import type { RelayClient, RelayFrame, RelaySocket } from '../../../src/relay/ports.ts';
import type { Counts, Watch } from '../violation.ts';

export interface SocketParts {
  readonly watch: Watch;
  readonly faults: Counts;
  /** Beyond so many messages on their way only what a client has asked for itself may be added. */
  readonly mostUnsent: number;
  /** A whole message has arrived at the device. */
  heard(text: string): void;
  /** The relay has closed it; all that was sent before has arrived. */
  closed(code: number): void;
  /** Called before and after a message of the device is handled by the relay. */
  handing(text: string, hand: () => void): void;
  /** Calls it in so many milliseconds. */
  after(milliseconds: number, run: () => void): void;
}

/** What is silent for so long is dead: of both ends. */
const DEAD = 15_000;

/** A WebSocket between a device and the relay: in order and whole, until it is cut, which takes along what is on its way. */
export class SimulatedSocket {
  readonly relay: RelaySocket;
  /** The device reads nothing: all that comes for it waits. */
  stalled = false;
  /** It was ever so far behind that the relay may have left something out. */
  fellBehind = false;
  over = false;
  readonly #parts: SocketParts;
  #client: RelayClient | undefined;
  #toDevice: string[] = [];
  #toRelay: string[] = [];
  #drained: (() => void) | undefined;
  #code: number | undefined;
  /** One end does not know yet that there is no other. */
  #silent = false;

  constructor(parts: SocketParts) {
    this.#parts = parts;
    this.relay = {
      send: (frames) => this.#send(frames),
      unsent: this.#unsent(),
      whenDrained: (run) => {
        this.fellBehind = true;
        this.#drained = run;
      },
      close: (code) => {
        this.#code ??= code;
        // Nothing of it is any business of a device that is no more.
        if (code === CLOSE.revoked) this.#toDevice = [];
      },
    };
  }

  /** The relay has closed it, whether the device knows that or not. */
  get isClosed(): boolean {
    return this.over || this.#code !== undefined;
  }

  join(client: RelayClient): void {
    this.#client = client;
  }

  say(line: string): void {
    if (!this.over && !this.#silent) this.#toRelay.push(line);
  }

  /** Both ends hear of it. */
  cut(): void {
    if (this.over) return;
    this.#end();
    this.#client?.dispose();
  }

  /** The relay finds out by the silence alone. */
  cutUnheard(): void {
    if (this.over) return;
    this.#end();
    const client = this.#client;
    this.#silent = true;
    this.#parts.after(DEAD, () => client?.dispose());
  }

  /** The process at the other end is gone. */
  lost(): void {
    if (!this.over) this.#end();
  }

  /** So many messages each way, and not more than there are now; 0: all of them. True: something moved. */
  carry(most: number): boolean {
    if (this.over) return false;
    const out = this.#toRelay.splice(0, most === 0 ? this.#toRelay.length : most);
    // Several lines of one moment may come in one message.
    const messages = most % 2 === 0 ? out : out.length === 0 ? [] : [out.join('\n')];
    for (const text of messages) {
      this.#parts.faults.add('message of a device');
      this.#parts.handing(text, () => this.#client?.receive(text));
    }
    return this.#carryIn(most) || out.length > 0;
  }

  #carryIn(most: number): boolean {
    if (this.stalled && this.#code !== CLOSE.revoked) return false;
    const came = this.#toDevice.splice(0, most === 0 ? this.#toDevice.length : most);
    for (const text of came) if (!this.over) this.#parts.heard(text);
    if (this.over) return true;
    if (this.#toDevice.length === 0) {
      const drained = this.#drained;
      this.#drained = undefined;
      drained?.();
      if (this.#code !== undefined && this.#toDevice.length === 0) {
        this.#end();
        this.#parts.closed(this.#code);
        return true;
      }
      return came.length > 0 || drained !== undefined;
    }
    return came.length > 0;
  }

  #send(frames: readonly RelayFrame[]): void {
    this.#parts.watch.check(
      'S9',
      this.#code !== CLOSE.revoked,
      () => 'a device was told something after it was revoked',
    );
    if (this.over || this.#code !== undefined) return;
    const before = this.#toDevice.length;
    for (const { text } of frames) this.#toDevice.push(text);
    // What is replayed comes at once, also of a session that is turned to; from then on it has to be read first.
    const answers = frames.every(({ text }) => !text.startsWith('{"rseq"'));
    const holds = answers || before <= 2 * this.#parts.mostUnsent;
    this.#parts.watch.check('I10', holds, () => `${before} messages wait, and ${frames.length} more are sent`);
  }

  #unsent(): RelaySocket['unsent'] {
    const waiting = (): readonly string[] => this.#toDevice;
    return {
      get bytes() {
        return waiting().reduce((sum, text) => sum + text.length, 0);
      },
      get frames() {
        return waiting().length;
      },
    };
  }

  #end(): void {
    this.over = true;
    this.#toDevice = [];
    this.#toRelay = [];
    this.#drained = undefined;
  }
}
