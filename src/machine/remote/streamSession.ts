import type { Clock } from '../../base/clock.ts';
import { Disposables, type Disposable, toDisposable } from '../../base/disposable.ts';
import type { Link } from '../../base/duplex.ts';
import { Emitter, type Event } from '../../base/event.ts';
import { Failure, sentence } from '../../base/failure.ts';
import { excerpt, type Log } from '../../base/log.ts';
import { type LinkState, Reconnecting } from '../../base/reconnecting.ts';
import { StreamFollower } from '../../protocol/terminal/follow.ts';
import { decodeFrame } from '../../protocol/terminal/frame.ts';
import type { ListedStream, ToStream } from '../../protocol/terminal/messages.ts';
import { readNews, type StreamNews } from '../../protocol/terminal/read.ts';
import type { ExitStatus, Terminal } from '../../router/ports.ts';
import type { SocketMessage } from '../websocket.ts';
import { StreamDrawing } from './streamDrawing.ts';
import { StreamKeyboard } from './streamKeyboard.ts';
import type { StreamServer } from './streamServer.ts';

export interface StreamSessionParts {
  readonly server: Pick<StreamServer, 'stream' | 'list' | 'type' | 'remove'>;
  readonly session: Pick<ListedStream, 'id' | 'name'>;
  readonly size: { readonly columns: number; readonly rows: number };
  readonly clock: Clock;
  readonly log: Log;
  readonly words: SessionWords;
}

/** What stands among the output, of ours and not of theirs. */
export interface SessionWords {
  /** Output may be missing here. */
  readonly missing: string;
  /** It goes on there, and is not shown here any more. */
  readonly left: string;
  /** What was typed did not arrive. */
  lost(why: string): string;
}

/** What its program does, as it says itself. */
export interface StreamActivity {
  readonly value: string;
  readonly tool?: string;
}

/** Of what is wrong in what they say so much is told for each connection. */
const MOST_TOLD = 20;
const LARGEST = 1000;

/** A terminal that lives elsewhere, and is looked at here: disposed of, it goes on there. */
export class StreamSession implements Terminal {
  readonly id: string;
  readonly pid = undefined;
  readonly kind = 'pty';
  readonly #parts: StreamSessionParts;
  readonly #owned = new Disposables();
  readonly #changed = this.#owned.add(new Emitter<void>());
  readonly #exited = Promise.withResolvers<ExitStatus>();
  readonly #drawing: StreamDrawing;
  readonly #follower: StreamFollower;
  readonly #keyboard: StreamKeyboard;
  readonly #line: Reconnecting<SocketMessage>;
  #size: StreamSessionParts['size'];
  #activity: StreamActivity | undefined;
  #writer: WritableStreamDefaultWriter<readonly SocketMessage[]> | undefined;
  #told = 0;
  #isOver = false;

  constructor(parts: StreamSessionParts) {
    const { server, session, clock, log, words } = parts;
    this.#parts = parts;
    this.id = session.id;
    this.#size = parts.size;
    this.#drawing = new StreamDrawing({ rows: () => this.#size.rows, missing: words.missing });
    this.#follower = this.#owned.add(
      new StreamFollower({
        clock,
        send: (message) => this.#send(message),
        draw: (bytes, past) => this.#drawing.draw(bytes, past),
        redraw: (picture) => this.#drawing.redraw(picture),
        unseen: () => void this.#look(),
      }),
    );
    this.#keyboard = new StreamKeyboard({
      isOurs: () => this.#follower.isOurs,
      send: (message) => this.#send(message),
      type: (input, signal) => server.type(session.id, input, signal),
      lost: (why) => this.#drawing.say(words.lost(why)),
    });
    this.#owned.add(this.#keyboard);
    this.#line = new Reconnecting<SocketMessage>({
      connect: (signal) => this.#connect(signal),
      clock,
      log,
      name: `The terminal ${session.id}`,
      greet: (link, signal) => this.#greet(link, signal),
      changed: () => this.#changed.fire(),
    });
  }

  /** What it does, whether it is connected, and why not: any of these is another one. */
  get onChanged(): Event<void> {
    return this.#changed.event;
  }

  get state(): LinkState {
    return this.#line.state;
  }

  get trouble(): Failure | undefined {
    return this.#line.trouble;
  }

  /** It ended there, or is not looked at any more. */
  get isOver(): boolean {
    return this.#isOver;
  }

  get activity(): StreamActivity | undefined {
    return this.#activity;
  }

  get exited(): Promise<ExitStatus> {
    return this.#exited.promise;
  }

  onData(listener: (text: string) => void): Disposable {
    this.#drawing.show(listener);
    return toDisposable(() => this.#drawing.show(undefined));
  }

  reach(signal: AbortSignal): Promise<void> {
    return this.#line.reach(signal);
  }

  retry(): void {
    this.#line.retry();
  }

  write(text: string): void {
    if (this.#line.state === 'connected') this.#keyboard.type(text);
    else this.#keyboard.lose(this.#line.trouble?.message ?? '');
  }

  resize(columns: number, rows: number): void {
    this.#size = { columns, rows };
    if (this.#line.state === 'connected') this.#tellSize();
  }

  kill(): void {
    const { server, log } = this.#parts;
    server.remove(this.id, this.#line.signal).then(
      () => this.#end({ code: null, signal: null }),
      (failure: unknown) => log.warn(`A terminal could not be ended: ${sentence(failure)}`),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#isOver) this.#drawing.say(this.#parts.words.left);
    this.#end({ code: null, signal: null });
    await this.#line[Symbol.asyncDispose]();
  }

  async #connect(signal: AbortSignal): Promise<Link<SocketMessage>> {
    try {
      return await this.#parts.server.stream(this.id, signal);
    } catch (failure) {
      if (failure instanceof Failure && failure.code === 'gone') this.#end({ code: null, signal: null });
      throw failure;
    }
  }

  async #greet(link: Link<SocketMessage>, signal: AbortSignal): Promise<void> {
    this.#told = 0;
    this.#writer = link.messages.writable.getWriter();
    this.#follower.begin();
    this.#tellSize();
    const met = Promise.withResolvers<void>();
    void this.#read(link, met.resolve).finally(() => {
      link.end();
      met.reject(new Failure('lost', 'The connection ended before anything was said.'));
    });
    met.promise.catch(() => undefined);
    signal.addEventListener('abort', () => met.reject(signal.reason), { once: true });
    await met.promise;
    this.#keyboard.begin();
  }

  async #read(link: Link<SocketMessage>, met: () => void): Promise<void> {
    try {
      for await (const batch of link.messages.readable) {
        for (const message of batch) this.#hear(message);
        met();
      }
    } catch (failure) {
      this.#parts.log.debug(`A terminal is not read any more: ${sentence(failure)}`);
    }
  }

  #hear(message: SocketMessage): void {
    if (this.#isOver) return;
    if (typeof message !== 'string') {
      const frame = decodeFrame(message);
      if (frame === undefined) return this.#wonder(`a frame of ${message.length} bytes`);
      this.#follower.take(frame);
      return;
    }
    const news = readNews(message);
    if (news === undefined) return this.#wonder(excerpt(message));
    this.#learn(news);
    this.#follower.hear(news);
  }

  #learn(news: StreamNews): void {
    if (news.type === 'exit') return this.#end({ code: news.exitCode, signal: news.signal });
    if (news.type === 'error') return this.#parts.log.info(`A terminal server: ${news.code}, ${excerpt(news.message)}`);
    if (news.type !== 'state') return;
    this.#activity = { value: news.value, ...(news.tool === undefined ? {} : { tool: news.tool }) };
    this.#changed.fire();
  }

  /** What cannot be read is no reason to leave. */
  #wonder(at: string): void {
    if ((this.#told += 1) <= MOST_TOLD) this.#parts.log.info(`A terminal server said what cannot be read: ${at}`);
  }

  /** It has no picture of its screen. One that does not know the session says nothing else, and never will. */
  async #look(): Promise<void> {
    const { server, log } = this.#parts;
    try {
      const listed = await server.list(this.#line.signal);
      if (!listed.some(({ id }) => id === this.id)) this.#end({ code: null, signal: null });
    } catch (failure) {
      log.debug(`A terminal server could not be asked for its sessions: ${sentence(failure)}`);
    }
  }

  #tellSize(): void {
    const within = (count: number): number => Math.min(LARGEST, Math.max(1, Math.floor(count)));
    this.#send({ type: 'resize', cols: within(this.#size.columns), rows: within(this.#size.rows) });
  }

  /** In vain without a connection. */
  #send(message: ToStream): void {
    // Who waits for it learns of its end by that of the connection.
    this.#writer?.write([JSON.stringify(message)]).catch(() => undefined);
  }

  #end(status: ExitStatus): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#follower.finish();
    this.#drawing.end();
    this.#exited.resolve(status);
    this.#changed.fire();
    this.#owned.dispose();
    void this.#line[Symbol.asyncDispose]();
  }
}
