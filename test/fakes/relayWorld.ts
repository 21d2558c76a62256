import { RelayBackend } from '../../src/backends/relay.ts';
import { silent } from '../../src/base/log.ts';
import { systemClock } from '../../src/machine/clock.ts';
import { relaySocket } from '../../src/machine/relaySocket.ts';
import { eachEntry } from '../../src/model/entry.ts';
import type { SessionKey } from '../../src/model/session.ts';
import { Proxy } from '../faults/proxy.ts';
import { until } from '../tools/until.ts';
import { FarWorld, never } from './farWorld.ts';
import type { FakeOptions } from './relay/options.ts';
import { FakeRelay } from './relay/server.ts';
import type { FakeSession } from './relay/session.ts';

/** A window's part of a relay: the real client over a real socket, through a proxy, to the fake. */
export class RelayWorld extends FarWorld {
  readonly relay: FakeRelay;
  readonly proxy: Proxy;
  readonly backend: RelayBackend;

  private constructor(relay: FakeRelay, proxy: Proxy, token: string) {
    super();
    this.relay = relay;
    this.proxy = proxy;
    const url = `ws://127.0.0.1:${proxy.port}/acp`;
    this.backend = new RelayBackend({
      id: 'box',
      label: 'The Box',
      store: this.store,
      clock: systemClock,
      log: silent,
      device: 'editor',
      connect: relaySocket({ url, token: () => Promise.resolve(token) }, systemClock),
    });
    this.router.addRemote(this.backend);
  }

  static async open(options: Partial<FakeOptions> = {}, token = 'secret'): Promise<RelayWorld> {
    const relay = await FakeRelay.listen(options);
    return new RelayWorld(relay, await Proxy.listen(1, 0, relay.port), token);
  }

  key(session: FakeSession): SessionKey {
    return `relay:box:${session.id}` as SessionKey;
  }

  async attach(session: FakeSession): Promise<SessionKey> {
    await this.backend.reach(never);
    const key = this.key(session);
    // One without a list says nothing of a session in which nothing was said.
    if (this.relay.options.old && session.headSeq < 3) await this.backend.open({}, never);
    await until('the session in the list', () => this.backend.has(key));
    await this.backend.attach(key, never);
    return key;
  }

  /** Cuts all connections, and waits until the session is back. */
  async cut(key: SessionKey): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    let wasCut = false;
    const listening = this.store.onAppended(({ key: of, session: { link } }) => {
      if (of !== key) return;
      wasCut ||= link.state === 'reconnecting';
      if (wasCut && link.state === 'ready') resolve();
    });
    this.proxy.cut();
    await promise;
    listening.dispose();
  }

  /** All that the agent and people have said, and the notices. */
  override text(key: SessionKey): string {
    return [...eachEntry(this.of(key).entries)]
      .map((entry) => {
        if (entry.kind === 'notice') return `(${entry.title})`;
        if (entry.kind !== 'agent' && entry.kind !== 'user') return '';
        return entry.parts.map((part) => (part.type === 'text' ? part.text : '')).join('');
      })
      .join('|');
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    await this.backend[Symbol.asyncDispose]();
    await super[Symbol.asyncDispose]();
    await this.proxy[Symbol.asyncDispose]();
    await this.relay[Symbol.asyncDispose]();
  }
}
