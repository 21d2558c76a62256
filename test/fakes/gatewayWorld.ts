import { GatewayBackend } from '../../src/backends/gateway.ts';
import type { Clock } from '../../src/base/clock.ts';
import { silent } from '../../src/base/log.ts';
import { systemClock } from '../../src/machine/clock.ts';
import { connectGateway } from '../../src/machine/gatewaySocket.ts';
import { eachEntry } from '../../src/model/entry.ts';
import type { Command } from '../../src/model/event.ts';
import type { Session, SessionKey } from '../../src/model/session.ts';
import { Router } from '../../src/router/router.ts';
import { SessionStore } from '../../src/router/store.ts';
import { noJournal } from '../../src/router/testing.ts';
import { until } from '../tools/until.ts';
import type { GatewayOptions } from './gateway/options.ts';
import { FakeGateway } from './gateway/server.ts';

const never = new AbortController().signal;

interface WorldParts {
  readonly token: string;
  readonly url: string;
  /** How many times as fast its clock lets things come. */
  readonly hurry?: number;
  /** The gateway ends with it. */
  readonly isOwner: boolean;
}

/** A window's part of a gateway: the real client over a real socket to the fake. */
export class GatewayWorld implements AsyncDisposable {
  readonly gateway: FakeGateway;
  readonly store: SessionStore;
  readonly router: Router;
  readonly backend: GatewayBackend;

  readonly #isOwner: boolean;

  private constructor(gateway: FakeGateway, { token, url, hurry = 1, isOwner }: WorldParts) {
    this.gateway = gateway;
    this.#isOwner = isOwner;
    const clock: Clock = { ...systemClock, after: (wait, run) => systemClock.after(wait / hurry, run) };
    this.store = new SessionStore({ clock: systemClock, journal: noJournal, log: silent });
    this.router = new Router({ store: this.store, clock: systemClock, log: silent });
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

  of(key: SessionKey): Session {
    const session = this.store.get(key);
    if (session === undefined) throw new Error('The session is not in the store.');
    return session;
  }

  /** As the gateway has it. */
  fake(key: SessionKey): ReturnType<FakeGateway['session']> {
    return this.gateway.session(this.of(key).agentSession ?? '');
  }

  prompt(key: SessionKey, text: string): Promise<void> {
    return this.perform(key, { kind: 'prompt', prompt: [{ type: 'text', text }] });
  }

  perform(key: SessionKey, command: Command): Promise<void> {
    return this.router.perform(key, command, 'editor', never);
  }

  async idle(key: SessionKey): Promise<void> {
    await until('the end of the turn', () => this.of(key).turn.state === 'idle' && this.of(key).link.state === 'ready');
  }

  async says(key: SessionKey, words: string): Promise<void> {
    await until(`“${words}”`, () => this.text(key).includes(words));
  }

  /** All entries, a word each for what they are. */
  text(key: SessionKey): string {
    return [...eachEntry(this.of(key).entries)]
      .map((entry) => {
        switch (entry.kind) {
          case 'user':
          case 'agent':
          case 'thought':
            return `${entry.kind}: ${entry.parts.map((part) => (part.type === 'text' ? part.text : '')).join('')}`;
          case 'tool':
            return `tool: ${entry.title} ${entry.status}`;
          case 'notice':
            return `notice: ${entry.title}`;
          default:
            return entry.kind;
        }
      })
      .join('\n');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.router.dispose();
    this.store.dispose();
    if (this.#isOwner) await this.gateway[Symbol.asyncDispose]();
  }
}
