import { describe, expect, test } from 'vitest';
import { Emitter } from '../../base/event.ts';
import { Failure } from '../../base/failure.ts';
import type { BegunPairing, RelayOptions, RelayService } from '../../machine/relayService.ts';
import type { RelayAddresses } from '../../protocol/view/relay.ts';
import { RELAY_LIMITS } from '../../relay/ports.ts';
import { HereRelay, type OpenService } from './hereRelay.ts';

const never = new AbortController().signal;
const OPTIONS: RelayOptions = {
  bind: '127.0.0.1',
  port: 0,
  lease: 'auto',
  terminals: false,
  hosts: [],
  origins: [],
  messageBytes: 1000,
  limits: RELAY_LIMITS,
};

const addressesAt = (port: number): RelayAddresses => ({
  relay: `ws://127.0.0.1:${port}/acp`,
  app: `http://127.0.0.1:${port}/app/`,
});

/** What a window holds for as long as its relay is there: at most one at a time, or the next is refused. */
class World {
  open = 0;
  opened = 0;
  /** Ports that somebody else has. */
  readonly taken = new Set<number>();
  before: number | undefined;
  readonly ports: number[] = [];
  readonly revoked: (string | undefined)[] = [];
  readonly pairing = Promise.withResolvers<undefined>();
  readonly cancelled: string[] = [];
  changes = 0;
  readonly relay = new HereRelay({
    open: async () => this.#open(),
    options: async () => OPTIONS,
    portBefore: () => this.before,
    listens: (port) => (this.before = port),
    failed: (failure) => expect.unreachable(String(failure)),
  });

  constructor() {
    this.relay.onChanged(() => (this.changes += 1));
  }

  #open(): OpenService {
    if (this.open > 0) throw new Failure('locked', 'Another one has it.');
    this.open += 1;
    this.opened += 1;
    const changed = new Emitter<void>();
    let options = OPTIONS;
    let addresses: RelayAddresses | undefined;
    const service = {
      get addresses() {
        return addresses;
      },
      get state() {
        return { ...(addresses && { listening: addresses }), sockets: 0, connected: [], devices: [] };
      },
      onChanged: changed.event,
      configure: (next: RelayOptions) => (options = next),
      start: async () => {
        this.ports.push(options.port);
        if (this.taken.has(options.port)) throw new Failure('taken', 'Somebody listens there.');
        addresses = addressesAt(options.port === 0 ? 4000 : options.port);
        changed.fire();
        return addresses;
      },
      stop: async () => {
        addresses = undefined;
        changed.fire();
      },
      pair: async (): Promise<BegunPairing> => ({ code: 'C', url: 'u', expiresAt: 0, over: this.pairing.promise }),
      cancelPairing: ({ code }: Pick<BegunPairing, 'code'>) => this.cancelled.push(code),
      revoke: async (id: string) => void this.revoked.push(id),
      revokeAll: async () => void this.revoked.push(undefined),
    };
    return {
      service: service as unknown as RelayService,
      guard: { admit: () => undefined, control: () => undefined },
      [Symbol.asyncDispose]: async () => {
        await Promise.resolve();
        this.open -= 1;
      },
    };
  }
}

describe('the relay of a window', () => {
  test('[relay 9] is held while it listens, and otherwise for as long as something is asked of it', async () => {
    const world = new World();
    const { relay } = world;
    await relay.stop();
    expect(world.opened).toBe(0);
    expect((await relay.look()).listening).toBeUndefined();
    expect(world.open).toBe(0);
    expect(relay.guard).toBeUndefined();
    expect(await relay.start()).toEqual(addressesAt(4000));
    expect(relay.state.listening).toEqual(addressesAt(4000));
    expect(relay.guard).toBeDefined();
    await relay.revoke('one');
    await relay.revoke(undefined);
    expect([world.open, world.opened, world.revoked]).toEqual([1, 2, ['one', undefined]]);
    expect(world.changes).toBeGreaterThan(0);
    await relay.stop();
    expect([world.open, relay.state.listening, relay.guard]).toEqual([0, undefined, undefined]);
    await relay[Symbol.asyncDispose]();
  });

  test('[relay 9] one at a time: what is asked while the one before is let go of waits for that', async () => {
    const world = new World();
    const { relay } = world;
    await Promise.all([relay.look(), relay.revoke('one'), relay.look()]);
    await relay.start();
    await Promise.all([relay.stop(), relay.look(), relay.start().then(() => relay.stop()), relay.look()]);
    expect(world.open).toBe(0);
    await relay.start();
    await relay[Symbol.asyncDispose]();
    expect(world.open).toBe(0);
  });

  test('[relay 9] listens where it listened before, unless somebody else does by now', async () => {
    const world = new World();
    world.before = 4711;
    expect(await world.relay.start()).toEqual(addressesAt(4711));
    await world.relay.look();
    expect(world.before).toBe(4711);
    await world.relay.stop();
    expect(world.before).toBeUndefined();
    world.before = 4711;
    world.taken.add(4711);
    expect(await world.relay.start()).toEqual(addressesAt(4000));
    expect(world.ports).toEqual([4711, 4711, 0]);
    await world.relay[Symbol.asyncDispose]();
    // The end of the window is no wish of the person's.
    expect(world.before).toBe(4000);
  });

  test('[relay 9] what keeps it from listening is told, and nothing is held after that', async () => {
    const world = new World();
    world.taken.add(0);
    await expect(world.relay.start()).rejects.toThrow('Somebody listens there.');
    expect(world.open).toBe(0);
    world.open = 1;
    await expect(world.relay.look()).rejects.toThrow('Another one has it.');
    world.open = 0;
    expect((await world.relay.look()).listening).toBeUndefined();
    await world.relay[Symbol.asyncDispose]();
  });

  test('[S4] a code dies with whoever shows it', async () => {
    const world = new World();
    const showing = new AbortController();
    const pairing = await world.relay.pair(async () => undefined, showing.signal);
    expect([pairing.code, world.cancelled]).toEqual(['C', []]);
    showing.abort();
    expect(world.cancelled).toEqual(['C']);
    world.pairing.resolve(undefined);
    expect(await pairing.over).toBeUndefined();
    await world.relay.pair(async () => undefined, never);
    await world.relay[Symbol.asyncDispose]();
    expect(world.open).toBe(0);
  });
});
