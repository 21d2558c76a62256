import type { HostLine } from '../../../src/backends/host/connection.ts';
import type { Duplex } from '../../../src/base/duplex.ts';
import type { WireLine } from '../../../src/base/rpcFrame.ts';
import type { ToSurface } from '../../../src/protocol/view/messages.ts';
import type { Counts } from '../violation.ts';

interface Read<T> {
  readonly done: boolean;
  readonly value?: readonly T[];
}

/** Lines that a writer may have on the way before it has to wait for the reader. */
const ROOM = 16;

/** One direction: what is said is on its way until it is carried over. */
class Way {
  /** Said, and not carried over. */
  lines: string[] = [];
  /** Carried over, and on its way a second time: of those alone that may be said at any time. */
  again: string[] = [];
  /** It carries nothing over any more, and neither end knows. */
  silent = false;
  ended = false;
  readonly #arrived: (readonly string[])[] = [];
  #reader: ((read: Read<string>) => void) | undefined;
  #writers: (() => void)[] = [];

  say(lines: readonly string[]): Promise<void> {
    if (this.ended) return Promise.reject(new Error('The other side is gone.'));
    if (!this.silent) this.lines.push(...lines);
    if (this.lines.length <= ROOM) return Promise.resolve();
    return new Promise((resolve) => this.#writers.push(resolve));
  }

  carry(lines: readonly string[]): void {
    if (lines.length === 0 || this.ended) return;
    this.#arrived.push(lines);
    this.#give();
    if (this.lines.length <= ROOM) for (const go of this.#writers.splice(0)) go();
  }

  read(): Promise<Read<string>> {
    return new Promise((resolve) => {
      this.#reader = resolve;
      this.#give();
    });
  }

  /** What arrived before is read before that. */
  end(): void {
    this.ended = true;
    this.lines = [];
    this.#give();
    for (const go of this.#writers.splice(0)) go();
  }

  #give(): void {
    if (this.#reader === undefined) return;
    const value = this.#arrived.shift();
    if (value === undefined && !this.ended) return;
    const reader = this.#reader;
    this.#reader = undefined;
    reader(value === undefined ? { done: true } : { done: false, value });
  }
}

/** What the two ends of a wire are for the simulation. */
export interface WireEnds {
  readonly token: string;
  readonly faults: Counts;
  /** A window has said a line. */
  said(line: string): void;
  /** Calls it in so many milliseconds. */
  after(milliseconds: number, run: () => void): void;
}

/** A peer that says nothing for so long is gone, as on a local socket. */
const DEAD = 45_000;

/**
 * A connection between a window and the process of its sessions: lines, in order, which arrive when they are carried over
 * and may be cut anywhere.
 */
export class Wire {
  readonly #toHost = new Way();
  readonly #toWindow = new Way();
  readonly #ends: WireEnds;
  /** The process at this end was killed: nothing happens there any more. */
  #deadWindow = false;
  #deadHost = false;

  constructor(ends: WireEnds) {
    this.#ends = ends;
  }

  /** Both ends know that it is over. */
  get over(): boolean {
    return this.#toHost.ended && this.#toWindow.ended;
  }

  get isSilent(): boolean {
    return this.#toHost.silent || this.#toWindow.silent;
  }

  /** The end that a window is given. */
  window(): HostLine {
    const lines = {
      readable: {
        getReader: () => ({ read: () => this.#atWindow(this.#toWindow.read()), cancel: () => Promise.resolve() }),
      },
      writable: {
        getWriter: () => ({
          closed: new Promise<void>(() => undefined),
          write: (batch: readonly string[]) => {
            for (const line of batch) this.#ends.said(line);
            return this.#atWindow(this.#toHost.say(batch));
          },
        }),
      },
    } as unknown as Duplex<WireLine, string>;
    return { lines, token: this.#ends.token, close: () => this.#closedByWindow() };
  }

  /** The first line that the window says, once it is carried over. Undefined: it has ended before. */
  async greeting(): Promise<string | undefined> {
    return (await this.#atHost(this.#toHost.read())).value?.[0];
  }

  /** The other end, for a door, once both have said who they are. */
  host(answer: string): Duplex<unknown, ToSurface> {
    this.#toWindow.say([answer]).catch(() => undefined);
    return {
      readable: {
        getReader: () => ({
          read: async () => {
            const { done, value } = await this.#atHost(this.#toHost.read());
            return done ? { done } : { done, value: value?.map((line): unknown => JSON.parse(line)) };
          },
          cancel: () => Promise.resolve(this.closedByHost()),
        }),
      },
      writable: {
        getWriter: () => ({
          closed: new Promise<void>(() => undefined),
          write: (batch: readonly ToSurface[]) =>
            this.#atHost(this.#toWindow.say(batch.map((message) => JSON.stringify(message)))),
          close: () => Promise.resolve(this.closedByHost()),
        }),
      },
    } as unknown as Duplex<unknown, ToSurface>;
  }

  /**
   * Carries over what is on its way. `fates`: three bits for each line; 0 lets all arrive at once. True: something moved.
   */
  carry(fates: number): boolean {
    let left = fates;
    const fate = (): number => {
      const own = left & 7;
      left >>>= 3;
      return own;
    };
    const before = this.#toHost.lines.length + this.#toWindow.lines.length;
    for (const way of [this.#toHost, this.#toWindow]) if (!way.silent) this.#carry(way, fate);
    return before > 0;
  }

  /** Both ends hear of it; what is on its way is lost. */
  cut(): void {
    this.#toHost.end();
    this.#toWindow.end();
  }

  /** One or both directions carry nothing any more. Who hears nothing for long enough takes the other for gone. */
  goSilent(which: number): void {
    const ways = [this.#toHost, this.#toWindow].filter((_, index) => ((which % 3) + 1) & (1 << index));
    for (const way of ways) {
      way.silent = true;
      way.lines = [];
    }
    if (this.#toWindow.silent) this.#ends.after(DEAD, () => this.#closedByWindow());
    if (this.#toHost.silent) this.#ends.after(DEAD, () => this.closedByHost());
  }

  /** The process at the window's end was killed. `unheard`: the other end finds out by the silence alone. */
  windowKilled(unheard: boolean): void {
    this.#deadWindow = true;
    if (unheard) this.goSilent(2);
    else this.cut();
  }

  hostKilled(unheard: boolean): void {
    this.#deadHost = true;
    if (unheard) this.goSilent(2);
    else this.cut();
  }

  closedByHost(): void {
    this.#toHost.end();
    // What was said before arrives before the end, unless the way is dead.
    if (this.#toWindow.silent && !this.#deadWindow) return;
    this.#toWindow.carry(this.#toWindow.lines.splice(0));
    this.#toWindow.end();
  }

  #closedByWindow(): void {
    this.#toWindow.end();
    if (!this.#toHost.silent || this.#deadHost) this.#toHost.end();
  }

  #carry(way: Way, fate: () => number): void {
    const { faults } = this.#ends;
    way.carry(way.again.splice(0));
    const most = way.lines.length;
    for (let taken = 0; taken < most; taken += 1) {
      const own = fate();
      if (own === 7) {
        faults.add('line stays on its way');
        return;
      }
      const line = way.lines.shift();
      if (line === undefined) return;
      // A piece of its own each: who reads sees them one by one, or several at once.
      const upTo = own === 0 ? way.lines.splice(0, most - taken - 1) : [];
      taken += upTo.length;
      way.carry([line, ...upTo]);
      if (own >= 4 && own < 6 && line.startsWith('{"type":"attach"')) {
        faults.add('line doubled late');
        way.again.push(line);
      }
      // The first line each way is read before there is a door.
      if (own !== 6 || line.startsWith('{"wheelhouse"')) continue;
      faults.add('line doubled');
      way.carry([line]);
    }
  }

  async #atWindow<T>(done: Promise<T>): Promise<T> {
    const result = await done;
    return this.#deadWindow ? await never() : result;
  }

  async #atHost<T>(done: Promise<T>): Promise<T> {
    const result = await done;
    return this.#deadHost ? await never() : result;
  }
}

/** A process that has ended is not answered any more. */
const never = (): Promise<never> => new Promise(() => undefined);
