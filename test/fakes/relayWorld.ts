import { RelayBackend } from '../../src/backends/relay.ts';
import { silent } from '../../src/base/log.ts';
import { systemClock } from '../../src/machine/clock.ts';
import { relaySocket } from '../../src/machine/relaySocket.ts';
import type { Command } from '../../src/model/event.ts';
import { eachEntry } from '../../src/model/entry.ts';
import type { Session, SessionKey } from '../../src/model/session.ts';
import { Router } from '../../src/router/router.ts';
import { SessionStore } from '../../src/router/store.ts';
import { noJournal } from '../../src/router/testing.ts';
import { Proxy } from '../faults/proxy.ts';
import { until } from '../tools/until.ts';
import type { FakeOptions } from './relay/options.ts';
import { FakeRelay } from './relay/server.ts';
import type { FakeSession } from './relay/session.ts';

export const never = new AbortController().signal;

/** A window's part of a relay: the real client over a real socket, through a proxy, to the fake. */
export class RelayWorld implements AsyncDisposable {
  readonly relay: FakeRelay;
  readonly proxy: Proxy;
  readonly store: SessionStore;
  readonly router: Router;
  readonly backend: RelayBackend;

  private constructor(relay: FakeRelay, proxy: Proxy, token: string) {
    this.relay = relay;
    this.proxy = proxy;
    this.store = new SessionStore({ clock: systemClock, journal: noJournal, log: silent });
    this.router = new Router({ store: this.store, clock: systemClock, log: silent });
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

  session(key: SessionKey): Session {
    const session = this.store.get(key);
    if (session === undefined) throw new Error('The session is not in the store.');
    return session;
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

  perform(key: SessionKey, command: Command): Promise<void> {
    return this.router.perform(key, command, 'editor', never);
  }

  prompt(key: SessionKey, text: string): Promise<void> {
    return this.perform(key, { kind: 'prompt', prompt: [{ type: 'text', text }] });
  }

  /** All that the agent and people have said, and the notices. */
  text(key: SessionKey): string {
    return [...eachEntry(this.session(key).entries)]
      .map((entry) => {
        if (entry.kind === 'notice') return `(${entry.title})`;
        if (entry.kind !== 'agent' && entry.kind !== 'user') return '';
        return entry.parts.map((part) => (part.type === 'text' ? part.text : '')).join('');
      })
      .join('|');
  }

  async says(key: SessionKey, words: string): Promise<void> {
    await until(`“${words}”`, () => this.text(key).includes(words));
  }

  async idle(key: SessionKey): Promise<void> {
    await until('the end of the turn', () => this.session(key).turn.state === 'idle');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.backend[Symbol.asyncDispose]();
    await this.router.dispose();
    this.store.dispose();
    await this.proxy[Symbol.asyncDispose]();
    await this.relay[Symbol.asyncDispose]();
  }
}
