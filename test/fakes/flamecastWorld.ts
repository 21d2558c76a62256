import { FlamecastBackend } from '../../src/backends/flamecast.ts';
import { silent } from '../../src/base/log.ts';
import { systemClock } from '../../src/machine/clock.ts';
import { FlamecastWays } from '../../src/machine/remote/flamecastWays.ts';
import { eachEntry } from '../../src/model/entry.ts';
import type { Command } from '../../src/model/event.ts';
import type { Session, SessionKey } from '../../src/model/session.ts';
import type { FlamecastFileChange } from '../../src/protocol/flamecast/domain.ts';
import type { FlamecastEvent } from '../../src/protocol/flamecast/read.ts';
import { Router } from '../../src/router/router.ts';
import { SessionStore } from '../../src/router/store.ts';
import { noJournal } from '../../src/router/testing.ts';
import { until } from '../tools/until.ts';
import type { FlamecastOptions } from './flamecast/options.ts';
import { FakeFlamecast } from './flamecast/server.ts';

const never = new AbortController().signal;

/** A window's part of a Flamecast server: the real client over real sockets to the fake. */
export class FlamecastWorld implements AsyncDisposable {
  readonly fake: FakeFlamecast;
  readonly store: SessionStore;
  readonly router: Router;
  readonly backend: FlamecastBackend;
  /** Undefined: all of them are gone. */
  readonly terminals: (FlamecastEvent | undefined)[] = [];
  readonly changes: FlamecastFileChange[] = [];

  private constructor(fake: FakeFlamecast, url: string, secret: string | undefined) {
    this.fake = fake;
    this.store = new SessionStore({ clock: systemClock, journal: noJournal, log: silent });
    this.router = new Router({ store: this.store, clock: systemClock, log: silent });
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

  of(key: SessionKey): Session {
    const session = this.store.get(key);
    if (session === undefined) throw new Error('The session is not in the store.');
    return session;
  }

  far(key: SessionKey): ReturnType<FakeFlamecast['session']> {
    return this.fake.session(this.of(key).agentSession ?? '');
  }

  prompt(key: SessionKey, text: string): Promise<void> {
    return this.perform(key, { kind: 'prompt', prompt: [{ type: 'text', text }] });
  }

  perform(key: SessionKey, command: Command): Promise<void> {
    return this.router.perform(key, command, 'editor', never);
  }

  async ready(key: SessionKey): Promise<void> {
    await until('the link', () => this.of(key).link.state === 'ready');
  }

  async idle(key: SessionKey): Promise<void> {
    await until('the end of the turn', () => this.of(key).turn.state === 'idle' && this.of(key).link.state === 'ready');
  }

  async says(key: SessionKey, words: string): Promise<void> {
    await until(`“${words}”`, () => this.text(key).includes(words));
  }

  /** All entries, a word each for what they are; what the agent said in a row is one. */
  text(key: SessionKey): string {
    const lines = [...eachEntry(this.of(key).entries)].map((entry) => {
      switch (entry.kind) {
        case 'user':
        case 'agent':
          return `${entry.kind}: ${entry.parts.map((part) => (part.type === 'text' ? part.text : '')).join('')}`;
        case 'tool':
          return `tool: ${entry.title} ${entry.status}`;
        case 'notice':
          return `notice: ${entry.title}`;
        default:
          return entry.kind;
      }
    });
    return lines.join('\n').replaceAll(/(?<=^agent: .*)\nagent: /gmu, '');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.router.dispose();
    this.store.dispose();
    await this.fake[Symbol.asyncDispose]();
  }
}
