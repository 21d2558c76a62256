import { createRequire } from 'node:module';
import { join } from 'node:path';
import { silent } from '../../src/base/log.ts';
import { systemClock } from '../../src/machine/clock.ts';
import { StreamServer } from '../../src/machine/remote/streamServer.ts';
import { StreamSession } from '../../src/machine/remote/streamSession.ts';
import type { ExitStatus } from '../../src/router/ports.ts';
import type { FakeStreamOptions } from '../fakes/stream/options.ts';
import type { FakeStreamSession } from '../fakes/stream/session.ts';
import { FakeStreams } from '../fakes/stream/server.ts';
import { root } from '../tools/suite.ts';
import { until } from '../tools/until.ts';
import { FrameProxy } from './frameProxy.ts';

export const MISSING = 'some may be missing';
export const LEFT = 'it goes on there';

interface Headless {
  Terminal: new (options: object) => {
    readonly buffer: {
      readonly active: {
        readonly baseY: number;
        readonly length: number;
        getLine(at: number): { translateToString(trim: boolean): string } | undefined;
      };
    };
    write(text: string, done: () => void): void;
    onData(listener: (text: string) => void): void;
    dispose(): void;
  };
}

/** That of the VS Code that the tests run in. */
const { Terminal } = createRequire(join(root, '.tools/vscode/node_modules/code-server/lib/vscode/package.json'))(
  '@xterm/headless',
) as Headless;

/** A terminal of a server as a person sees it: what was drawn, on a screen like that of VS Code. */
export class Seen implements AsyncDisposable {
  readonly session: StreamSession;
  readonly #screen = new Terminal({ cols: 80, rows: 24, scrollback: 10_000, allowProposedApi: true });
  /** All that was drawn, as it was. */
  text = '';
  /** What the screen itself answered. */
  answers = '';
  exit: ExitStatus | undefined;

  constructor(session: StreamSession) {
    this.session = session;
    this.#screen.onData((text) => (this.answers += text));
    session.onData((text) => {
      this.text += text;
      this.#screen.write(text, () => undefined);
    });
    void session.exited.then((status) => (this.exit = status));
  }

  /** What stands on the screen, without what is empty at its end. */
  async screen(): Promise<string> {
    return (await this.#lines((active) => active.baseY)).slice(-24).join('\n').trimEnd();
  }

  /** The same with all that has scrolled out of it. */
  async everything(): Promise<string> {
    return (await this.#lines(() => 0)).join('\n').trimEnd();
  }

  async #lines(from: (active: { readonly baseY: number }) => number): Promise<readonly string[]> {
    await new Promise<void>((drawn) => this.#screen.write('', drawn));
    const { active } = this.#screen.buffer;
    const lines: string[] = [];
    for (let at = from(active); at < active.length; at += 1)
      lines.push(active.getLine(at)?.translateToString(true) ?? '');
    return lines;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.session[Symbol.asyncDispose]();
    this.#screen.dispose();
  }
}

export const seen = (server: StreamServer, session: { readonly id: string; readonly name: string }): Seen =>
  new Seen(
    new StreamSession({
      server,
      session,
      size: { columns: 80, rows: 24 },
      clock: systemClock,
      log: silent,
      words: { missing: MISSING, left: LEFT, lost: (why) => `not arrived: ${why}` },
    }),
  );

/** A fake server behind a proxy that knows frames, and whoever looks at its terminals. */
export class StreamWorld implements AsyncDisposable {
  readonly fake: FakeStreams;
  readonly proxy: FrameProxy;
  readonly server: StreamServer;
  readonly #seen: Seen[] = [];

  readonly #token: string | undefined;

  private constructor(fake: FakeStreams, proxy: FrameProxy, token: string | undefined) {
    this.fake = fake;
    this.proxy = proxy;
    this.#token = token;
    this.server = this.serverAt('/');
  }

  serverAt(path: string): StreamServer {
    return new StreamServer({
      url: `http://127.0.0.1:${this.proxy.port}${path}`,
      secret: () => Promise.resolve(this.#token),
      ways: { proxy: () => ({}) },
      clock: systemClock,
      log: silent,
    });
  }

  static async open(
    options: Partial<FakeStreamOptions> = {},
    token: string | undefined = 'secret',
  ): Promise<StreamWorld> {
    const fake = await FakeStreams.listen(options);
    return new StreamWorld(fake, await FrameProxy.listen(1, fake.port), token);
  }

  get first(): FakeStreamSession {
    return this.fake.first;
  }

  look(id = 'main'): Seen {
    const looks = seen(this.server, { id, name: id });
    this.#seen.push(looks);
    return looks;
  }

  /** What its program has on its screen stands on ours. */
  async agrees(seen: Seen, session = this.first): Promise<void> {
    let [there, here] = ['', ''];
    await until('the same screen', async () => {
      there = session.pane.picture.trimEnd();
      here = await seen.screen();
      return there === here;
    }).catch((failure: unknown) => {
      throw new Error(`There stands\n${there}\nand here\n${here}`, { cause: failure });
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const seen of this.#seen) await seen[Symbol.asyncDispose]();
    await this.proxy[Symbol.asyncDispose]();
    await this.fake[Symbol.asyncDispose]();
  }
}
