import { FlamecastBackend } from '../../src/backends/flamecast.ts';
import { silent } from '../../src/base/log.ts';
import { systemClock } from '../../src/machine/clock.ts';
import { FlamecastWays } from '../../src/machine/remote/flamecastWays.ts';
import type { SessionKey } from '../../src/model/session.ts';
import type { FlamecastFileChange } from '../../src/protocol/flamecast/domain.ts';
import type { FlamecastEvent } from '../../src/protocol/flamecast/read.ts';
import { until } from '../tools/until.ts';
import { FarWorld, never } from './farWorld.ts';
import type { FlamecastOptions } from './flamecast/options.ts';
import { FakeFlamecast } from './flamecast/server.ts';

/** A window's part of a Flamecast server: the real client over real sockets to the fake. */
export class FlamecastWorld extends FarWorld {
  readonly fake: FakeFlamecast;
  readonly backend: FlamecastBackend;
  /** Undefined: all of them are gone. */
  readonly terminals: (FlamecastEvent | undefined)[] = [];
  readonly changes: FlamecastFileChange[] = [];

  private constructor(fake: FakeFlamecast, url: string, secret: string | undefined) {
    super();
    this.fake = fake;
    const ways = new FlamecastWays({
      ...{ url, clock: systemClock, log: silent },
      secret: () => Promise.resolve(secret),
    });
    this.backend = new FlamecastBackend({
      id: 'cast',
      label: 'The Cast',
      clock: systemClock,
      log: silent,
      device: 'editor',
      emit: (key, events, cursor) => this.store.append(key, events, cursor),
      request: (...asked) => ways.request(...asked),
      socket: (url) => ways.socket(url),
      stream: (...asked) => ways.stream(...asked),
      terminal: (_host, event) => void this.terminals.push(event),
      filesChanged: (_session, changes) => void this.changes.push(...changes),
    });
    this.router.add(this.backend);
  }

  static async open(options: Partial<FlamecastOptions> = {}, secret?: string): Promise<FlamecastWorld> {
    const fake = await FakeFlamecast.listen(options);
    return new FlamecastWorld(fake, fake.url, secret);
  }

  /** By another way than straight to the fake, such as a proxy; the fake says of its host that it is there. */
  static through(fake: FakeFlamecast, port: number): FlamecastWorld {
    fake.shownPort = port;
    return new FlamecastWorld(fake, `http://127.0.0.1:${port}`, undefined);
  }

  /** A session of ours there. */
  async session(): Promise<SessionKey> {
    await this.backend.reach(never);
    const key = await this.router.newSession({ backend: 'cast', cwd: '/' }, never);
    await this.ready(key);
    return key;
  }

  /** One that was there already. */
  async adopt(id: string): Promise<SessionKey> {
    await this.backend.reach(never);
    const agent = { name: 'Demo', image: false, embeddedContext: false };
    const owns = await this.backend.ownsOf(id, never);
    const key = await this.router.adopt(
      { backend: 'cast', cwd: '/', key: id as SessionKey, agentSession: id, agent, owns },
      never,
    );
    await this.ready(key);
    return key;
  }

  far(key: SessionKey): ReturnType<FakeFlamecast['session']> {
    return this.fake.session(this.of(key).agentSession ?? '');
  }

  async ready(key: SessionKey): Promise<void> {
    await until('the link', () => this.of(key).link.state === 'ready');
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    await super[Symbol.asyncDispose]();
    await this.fake[Symbol.asyncDispose]();
  }
}
