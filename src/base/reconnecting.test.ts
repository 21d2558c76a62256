import { describe, expect, test } from 'vitest';
import { abortable } from './abortable.ts';
import { type Link, linkedPair } from './duplex.ts';
import { Failure } from './failure.ts';
import { silent } from './log.ts';
import { Reconnecting } from './reconnecting.ts';
import { manualClock } from './testing.ts';

const never = new AbortController().signal;
const lost = new Failure('lost', 'It broke off.');
const refused = new Failure('refused', 'The token is wrong.', 'Pair anew.');

interface FarEnd {
  readonly link: Link<string>;
  breaks(why: Failure): void;
  ended: boolean;
}

const farEnd = (): FarEnd => {
  const closed = Promise.withResolvers<Failure>();
  const far: FarEnd = {
    ended: false,
    breaks: (why) => closed.resolve(why),
    link: {
      messages: linkedPair<string>()[0],
      closed: closed.promise,
      end() {
        far.ended = true;
        closed.resolve(new Failure('ended', 'The connection was ended here.'));
      },
    },
  };
  return far;
};

const turned = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

class World implements AsyncDisposable {
  readonly clock = manualClock();
  readonly made: FarEnd[] = [];
  readonly states: string[] = [];
  readonly said: string[] = [];
  attempts = 0;
  /** What the next attempts come to; nothing: a connection. */
  readonly failing: (Failure | Promise<never>)[];
  greet: (link: Link<string>, signal: AbortSignal) => Promise<void> = () => Promise.resolve();
  readonly connection: Reconnecting<string>;

  constructor(...failing: Failure[]) {
    this.failing = failing;
    this.connection = new Reconnecting({
      connect: async (signal) => {
        this.attempts += 1;
        const failure = this.failing.shift();
        if (failure instanceof Promise) return abortable(failure, signal);
        if (failure !== undefined) throw failure;
        const far = farEnd();
        this.made.push(far);
        return far.link;
      },
      clock: this.clock,
      log: { ...silent, info: (text: string) => this.said.push(text) },
      name: 'A box',
      greet: (link, signal) => this.greet(link, signal),
      changed: () => this.states.push(this.connection.state),
    });
  }

  get last(): FarEnd {
    const far = this.made.at(-1);
    if (far === undefined) throw new Error('There is no connection.');
    return far;
  }

  /** Lets everything happen that waits for nothing but its turn; what waits for no time at all is among that. */
  async until(what: string, check: () => boolean): Promise<void> {
    for (let turn = 0; turn < 100; turn += 1) {
      if (check()) return;
      this.clock.advance(0);
      await turned();
    }
    throw new Error(`There never was ${what}.`);
  }

  async connected(times = 1): Promise<void> {
    await this.until('the connection', () => this.made.length === times && this.connection.state === 'connected');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.connection[Symbol.asyncDispose]();
    expect(this.clock.waiting).toBe(0);
  }
}

describe('a connection that is made again', () => {
  test('[R1] the first end costs nothing, later ones wait for longer and longer, up to 30 s', async () => {
    await using world = new World();
    await world.connected();
    const waits: number[] = [];
    for (let time = 2; time <= 14; time += 1) {
      const begun = world.clock.monotonic();
      world.last.breaks(lost);
      await world.until('the wait', () => world.connection.state === 'reconnecting');
      while (world.made.length < time) {
        await turned();
        world.clock.advance(world.made.length < time ? 10 : 0);
      }
      await world.connected(time);
      waits.push(world.clock.monotonic() - begun);
    }
    expect(waits[0]).toBeLessThanOrEqual(20);
    waits.forEach((wait, at) =>
      expect(wait).toBeLessThanOrEqual(Math.min(30_000, 250 * 2 ** Math.max(0, at - 1)) + 20),
    );
    expect(Math.max(...waits)).toBeGreaterThan(1_000);
    expect(world.connection.trouble).toBe(undefined);
  });

  test('[R1] 60 healthy seconds and what was before is forgotten', async () => {
    await using world = new World();
    await world.connected();
    world.failing.push(lost, lost, lost);
    world.last.breaks(lost);
    while (world.made.length < 2) {
      world.clock.advance(100);
      await turned();
    }
    await world.connected(2);
    world.clock.advance(60_000);
    world.last.breaks(lost);
    // Without the clock having moved.
    await world.connected(3);
  });

  test('[R2] what is refused waits for somebody: time, network and focus change nothing', async () => {
    await using world = new World(refused);
    await world.until('the refusal', () => world.connection.state === 'refused');
    expect(world.connection.trouble).toBe(refused);
    world.connection.retry();
    world.clock.advance(600_000);
    await turned();
    expect(world.attempts).toBe(1);
    await world.connection.reach(never);
    expect(world.states).toEqual(['refused', 'connecting', 'connected']);
    world.last.breaks(refused);
    await world.until('the second refusal', () => world.connection.state === 'refused');
    expect(world.clock.waiting).toBe(0);
  });

  test('[R1] the network or the person is back: at once', async () => {
    await using world = new World(lost, lost, lost, lost, lost, lost, lost);
    for (let attempt = 2; attempt <= 8; attempt += 1) {
      await world.until('an attempt', () => world.attempts >= attempt - 1 && world.connection.state !== 'connecting');
      world.connection.retry();
      await world.until('the next attempt', () => world.attempts >= attempt);
    }
    await world.connected();
    expect(world.clock.monotonic()).toBe(0);
  });

  test('[R1] who reaches for it gets the failure of an attempt that is made now', async () => {
    await using world = new World(lost, lost, new Failure('lost', 'Nothing listens there.'));
    await world.until('the second attempt', () => world.attempts === 2 && world.clock.waiting === 1);
    await expect(world.connection.reach(never)).rejects.toThrow('Nothing listens there.');
    expect(world.connection.trouble?.message).toBe('Nothing listens there.');
    await world.connection.reach(never);
    await world.connection.reach(never);
    const stop = new AbortController();
    world.failing.push(new Promise<never>(() => undefined));
    world.last.breaks(lost);
    await world.until('the attempt', () => world.attempts === 5);
    const reaching = world.connection.reach(stop.signal);
    stop.abort(new Error('enough'));
    await expect(reaching).rejects.toThrow('enough');
  });

  test('[R3] it counts as connected when it is greeted; what the greeting throws ends it', async () => {
    await using world = new World();
    const greeting = Promise.withResolvers<void>();
    world.greet = () => greeting.promise;
    await world.until('the connection', () => world.made.length === 1);
    expect([world.connection.state, world.connection.link]).toEqual(['connecting', undefined]);
    world.greet = () => Promise.resolve();
    greeting.reject(refused);
    await world.until('the refusal', () => world.connection.state === 'refused');
    expect([world.last.ended, world.connection.trouble]).toEqual([true, refused]);
    await world.connection.reach(never);
    expect(world.connection.link).toBe(world.last.link);
  });

  test('[R3] what broke off in the greeting says why itself', async () => {
    await using world = new World();
    let over: AbortSignal | undefined;
    world.greet = (_link, signal) => {
      over = signal;
      return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new Error('cut'))));
    };
    await world.until('the connection', () => world.made.length === 1);
    world.greet = () => Promise.resolve();
    world.last.breaks(new Failure('lost', 'The host is stopping.'));
    await world.until('the end', () => world.said.length === 1);
    expect(world.said).toEqual(['A box: The host is stopping.']);
    expect(over?.aborted).toBe(true);
    await world.connected(2);
  });

  test('[R3] one that never answers the greeting is left after 30 s', async () => {
    await using world = new World();
    world.greet = () => new Promise(() => undefined);
    await world.until('the connection', () => world.made.length === 1 && world.clock.waiting === 1);
    const first = world.last;
    world.greet = () => Promise.resolve();
    world.clock.advance(30_000);
    await world.until('the end', () => first.ended);
    await world.connected(2);
    expect(world.said).toEqual(['A box: It did not answer within 30 s.']);
  });

  test('[R3] left in each of its states it leaves nothing', async () => {
    const early = new World();
    await early[Symbol.asyncDispose]();
    const open = new World();
    await open.connected();
    await open[Symbol.asyncDispose]();
    expect([open.last.ended, open.attempts]).toEqual([true, 1]);
    const waiting = new World(lost, lost);
    await waiting.until('the wait', () => waiting.attempts === 2 && waiting.clock.waiting === 1);
    await waiting[Symbol.asyncDispose]();
    await expect(waiting.connection.reach(never)).rejects.toMatchObject({ code: 'ended' });
    expect(waiting.attempts).toBe(2);
  });
});
