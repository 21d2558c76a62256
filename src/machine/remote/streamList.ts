import { atBeat } from '../../base/beat.ts';
import type { Clock } from '../../base/clock.ts';
import type { Disposable } from '../../base/disposable.ts';
import type { Link } from '../../base/duplex.ts';
import { Failure } from '../../base/failure.ts';
import type { Log } from '../../base/log.ts';
import { asFailure, type LinkState, Reconnecting } from '../../base/reconnecting.ts';
import type { ListedStream } from '../../protocol/terminal/messages.ts';
import type { StreamServer } from './streamServer.ts';

export interface StreamListParts {
  readonly server: Pick<StreamServer, 'list'>;
  readonly clock: Clock;
  readonly log: Log;
  /** Other sessions, or another state of the connection. */
  changed(): void;
}

/** The sessions of a server. It tells nobody of new ones: it is asked at each beat, and whether it answers is its state. */
export class StreamList implements AsyncDisposable {
  readonly #parts: StreamListParts;
  readonly #line: Reconnecting<never>;
  #listed: readonly ListedStream[] = [];
  /** Why the list cannot be had any more. */
  #over: PromiseWithResolvers<Failure> | undefined;

  constructor(parts: StreamListParts) {
    const { clock, log } = parts;
    this.#parts = parts;
    this.#line = new Reconnecting<never>({
      connect: (signal) => this.#connect(signal),
      clock,
      log,
      name: 'A terminal server',
      greet: (_link, signal) => this.#askAtBeats(signal),
      changed: () => parts.changed(),
    });
  }

  get state(): LinkState {
    return this.#line.state;
  }

  get trouble(): Failure | undefined {
    return this.#line.trouble;
  }

  get listed(): readonly ListedStream[] {
    return this.#listed;
  }

  reach(signal: AbortSignal): Promise<void> {
    return this.#line.reach(signal);
  }

  retry(): void {
    this.#line.retry();
  }

  /** There may be others by now. */
  look(): void {
    const over = this.#over;
    this.#look(this.#line.signal).catch((failure: unknown) => over?.resolve(asFailure(failure)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#line[Symbol.asyncDispose]();
  }

  async #connect(signal: AbortSignal): Promise<Link<never>> {
    await this.#look(signal);
    const over = Promise.withResolvers<Failure>();
    this.#over = over;
    return {
      messages: { readable: new ReadableStream(), writable: new WritableStream() },
      closed: over.promise,
      end: () => over.resolve(new Failure('ended', 'The list is not wanted any more.')),
    };
  }

  #askAtBeats(signal: AbortSignal): Promise<void> {
    let timer: Disposable | undefined;
    const beat = (): void => {
      timer = atBeat(this.#parts.clock, () => {
        this.look();
        beat();
      });
    };
    beat();
    signal.addEventListener('abort', () => timer?.dispose(), { once: true });
    return Promise.resolve();
  }

  async #look(signal: AbortSignal): Promise<void> {
    const listed = await this.#parts.server.list(signal);
    if (JSON.stringify(listed) === JSON.stringify(this.#listed)) return;
    this.#listed = listed;
    this.#parts.changed();
  }
}
