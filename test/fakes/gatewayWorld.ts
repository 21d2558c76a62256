import { GatewayBackend } from '../../src/backends/gateway.ts';
import type { Clock } from '../../src/base/clock.ts';
import { silent } from '../../src/base/log.ts';
import { systemClock } from '../../src/machine/clock.ts';
import { connectGateway } from '../../src/machine/gatewaySocket.ts';
import type { SessionKey } from '../../src/model/session.ts';
import { FarWorld, never } from './farWorld.ts';
import type { GatewayOptions } from './gateway/options.ts';
import { FakeGateway } from './gateway/server.ts';

interface WorldParts {
  readonly token: string;
  readonly url: string;
  /** How many times as fast its clock lets things come. */
  readonly hurry?: number;
  /** The gateway ends with it. */
  readonly isOwner: boolean;
}

/** A window's part of a gateway: the real client over a real socket to the fake. */
export class GatewayWorld extends FarWorld {
  readonly gateway: FakeGateway;
  readonly backend: GatewayBackend;

  readonly #isOwner: boolean;

  private constructor(gateway: FakeGateway, { token, url, hurry = 1, isOwner }: WorldParts) {
    super();
    this.gateway = gateway;
    this.#isOwner = isOwner;
    const clock: Clock = { ...systemClock, after: (wait, run) => systemClock.after(wait / hurry, run) };
    this.backend = new GatewayBackend({
      id: 'gate',
      label: 'The Gate',
      clock,
      log: silent,
      device: 'editor',
      emit: (key, events, cursor) => this.store.append(key, events, cursor),
      connect: (signal) => connectGateway({ url }, systemClock, signal),
      token: () => Promise.resolve(token),
    });
    this.router.add(this.backend);
  }

  static async open(
    options: Partial<GatewayOptions> = {},
    more: Partial<WorldParts> & { readonly at?: (gateway: FakeGateway) => string } = {},
  ): Promise<GatewayWorld> {
    const gateway = await FakeGateway.listen(options);
    const url = more.at?.(gateway) ?? gateway.url;
    return new GatewayWorld(gateway, { token: 'secret', url, isOwner: true, ...more });
  }

  /** Another window, of the same gateway. */
  static async join(gateway: FakeGateway): Promise<GatewayWorld> {
    const world = new GatewayWorld(gateway, { token: 'secret', url: gateway.url, isOwner: false });
    await world.backend.reach(never);
    return world;
  }

  /** A session of ours there. */
  async session(): Promise<SessionKey> {
    await this.backend.reach(never);
    return await this.router.newSession({ backend: 'gate', cwd: '/' }, never);
  }

  /** One that was there already. */
  async adopt(id: string): Promise<SessionKey> {
    await this.backend.reach(never);
    const about = {
      backend: 'gate',
      cwd: '/',
      key: id as SessionKey,
      agentSession: id,
      agent: this.backend.factsOf(id),
    };
    return await this.router.adopt(about, never);
  }

  /** As the gateway has it. */
  fake(key: SessionKey): ReturnType<FakeGateway['session']> {
    return this.gateway.session(this.of(key).agentSession ?? '');
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    await super[Symbol.asyncDispose]();
    if (this.#isOwner) await this.gateway[Symbol.asyncDispose]();
  }
}
