import { atBeat } from '../../base/beat.ts';
import type { Clock } from '../../base/clock.ts';
import type { Link } from '../../base/duplex.ts';
import { Failure, sentence } from '../../base/failure.ts';
import type { Log } from '../../base/log.ts';
import { type LinkState, Reconnecting } from '../../base/reconnecting.ts';
import { QUERY } from '../../protocol/relay/names.ts';
import type { Heard } from '../../relay/decode.ts';
import { Ids, readIntro, type RelayIntro, RelayLine } from './line.ts';
import type { ConnectRelay } from './socket.ts';

export interface HomeParts {
  readonly connect: ConnectRelay;
  readonly clock: Clock;
  readonly log: Log;
  /** Our `client_id` on it. */
  readonly client: string;
  hear(heard: readonly Heard[]): void;
  /** It answers again; connected once this has resolved, and asked for once more now and then where it says nothing itself. */
  greeted(): Promise<void>;
  /** The state is another one. */
  changed(): void;
}

/** The connection that is of no session: the list, what is new in it, and whether there is a relay at all. */
export class RelayHome implements AsyncDisposable {
  readonly #parts: HomeParts;
  readonly #ids: Ids;
  readonly #connection: Reconnecting<string>;
  #line: RelayLine | undefined;
  #intro: RelayIntro | undefined;

  constructor(parts: HomeParts) {
    const { connect, client, clock, log } = parts;
    this.#parts = parts;
    this.#ids = new Ids(client);
    const query = { [QUERY.client]: client, [QUERY.session]: '', [QUERY.lastSeq]: '0' };
    this.#connection = new Reconnecting({
      connect: (signal) => connect(query, signal),
      clock,
      log,
      name: 'A relay',
      greet: (link, signal) => this.#greet(link, signal),
      changed: () => parts.changed(),
    });
  }

  get state(): LinkState {
    return this.#connection.state;
  }

  /** Why it is not connected: what happened, and what to do. */
  get trouble(): Failure | undefined {
    return this.#connection.trouble;
  }

  get intro(): RelayIntro | undefined {
    return this.#intro;
  }

  /** Aborted when it ends. */
  get signal(): AbortSignal {
    return this.#connection.signal;
  }

  /** @throws Failure `offline`, PeerError */
  async request(method: string, params: object, signal: AbortSignal): Promise<unknown> {
    if (this.#line === undefined) throw this.trouble ?? offline();
    return await this.#line.request(method, params, signal);
  }

  /** In vain without a connection. */
  notify(method: string, params: object): void {
    this.#line?.notify(method, params);
  }

  /** Resolves when it is connected, now or by an attempt that is made at once. @throws Failure why that failed */
  async reach(signal: AbortSignal): Promise<void> {
    await this.#connection.reach(signal);
  }

  /** Tries now where it waits. */
  retry(): void {
    this.#connection.retry();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#connection[Symbol.asyncDispose]();
  }

  /** The signal is of the connection, and aborted when it ends. */
  async #greet(link: Link<string>, signal: AbortSignal): Promise<void> {
    const { hear, greeted } = this.#parts;
    const line = new RelayLine(link, this.#ids);
    this.#line = line;
    signal.addEventListener('abort', () => (this.#line = undefined), { once: true });
    line.listen(hear).catch((failure: unknown) => {
      this.#parts.log.error(`What a relay said could not be taken: ${sentence(failure)}`);
      line.end();
    });
    this.#intro = readIntro(await line.introduce(signal).answer);
    await greeted();
    // One that says nothing of its sessions is asked.
    if (!this.#intro.modern) this.#askAgain(line);
  }

  #askAgain(line: RelayLine): void {
    const { clock, greeted, log } = this.#parts;
    const timer = atBeat(clock, () => {
      greeted().catch((failure: unknown) => log.debug(`A relay was not asked: ${sentence(failure)}`));
      this.#askAgain(line);
    });
    void line.closed.then(() => timer.dispose());
  }
}

export const offline = (): Failure =>
  new Failure('offline', 'The relay is not connected yet.', 'Wait a moment, then try again.');
