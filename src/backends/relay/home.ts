import { abortable } from '../../base/abortable.ts';
import { Backoff } from '../../base/backoff.ts';
import { atBeat } from '../../base/beat.ts';
import { type Clock, pause } from '../../base/clock.ts';
import { Failure, sentence } from '../../base/failure.ts';
import type { Log } from '../../base/log.ts';
import { QUERY } from '../../protocol/relay/names.ts';
import type { Heard } from '../../relay/decode.ts';
import { Ids, readIntro, type RelayIntro, RelayLine } from './line.ts';
import type { ConnectRelay } from './socket.ts';

/** `refused`: it does not let us in, and somebody has to do something about that. */
export type RelayState = 'connecting' | 'connected' | 'reconnecting' | 'refused';

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
  readonly #backoff: Backoff;
  readonly #ending = new AbortController();
  readonly #waiting = new Set<PromiseWithResolvers<void>>();
  readonly #running: Promise<void>;
  #state: RelayState = 'connecting';
  #trouble: Failure | undefined;
  #line: RelayLine | undefined;
  #intro: RelayIntro | undefined;
  #retry: AbortController | undefined;

  constructor(parts: HomeParts) {
    this.#parts = parts;
    this.#ids = new Ids(parts.client);
    this.#backoff = new Backoff(parts.clock);
    this.#running = this.#run();
  }

  get state(): RelayState {
    return this.#state;
  }

  /** Why it is not connected: what happened, and what to do. */
  get trouble(): Failure | undefined {
    return this.#state === 'connected' ? undefined : this.#trouble;
  }

  get intro(): RelayIntro | undefined {
    return this.#intro;
  }

  /** Aborted when it ends. */
  get signal(): AbortSignal {
    return this.#ending.signal;
  }

  /** @throws Failure `offline`, PeerError */
  async request(method: string, params: object, signal: AbortSignal): Promise<unknown> {
    if (this.#line === undefined) throw this.#trouble ?? offline();
    return await this.#line.request(method, params, signal);
  }

  /** In vain without a connection. */
  notify(method: string, params: object): void {
    this.#line?.notify(method, params);
  }

  /** Resolves when it is connected, now or by an attempt that is made at once. @throws Failure why that failed */
  async reach(signal: AbortSignal): Promise<void> {
    if (this.#state === 'connected') return;
    const reached = Promise.withResolvers<void>();
    this.#waiting.add(reached);
    this.retry();
    await abortable(reached.promise, signal).finally(() => this.#waiting.delete(reached));
  }

  /** Tries now, whatever was. */
  retry(): void {
    this.#backoff.forgive();
    this.#retry?.abort();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ending.abort(new Failure('ended', 'The relay is left.'));
    this.#line?.end();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#ending;
    while (!signal.aborted) {
      const failure = await this.#connect(signal).catch(asFailure);
      this.#line = undefined;
      if (signal.aborted) return;
      this.#backoff.down();
      this.#lost(failure);
      const retry = new AbortController();
      this.#retry = retry;
      const either = AbortSignal.any([signal, retry.signal]);
      const never = new Promise<void>((resolve) => either.addEventListener('abort', () => resolve(), { once: true }));
      const { clock } = this.#parts;
      await (this.#state === 'refused' ? never : pause(clock, this.#backoff.wait, either).catch(() => undefined));
      // What waits for either is kept alive until one of them comes.
      retry.abort();
    }
  }

  /** Resolves with the end of a connection; rejects where there is none. */
  async #connect(signal: AbortSignal): Promise<Failure> {
    const { connect, client, log, hear } = this.#parts;
    const query = { [QUERY.client]: client, [QUERY.session]: '', [QUERY.lastSeq]: '0' };
    const line = new RelayLine(await connect(query, signal), this.#ids);
    // Ended in the very moment in which it was opened: whoever ends it has not seen it.
    if (signal.aborted) line.end();
    this.#line = line;
    const over = line.listen(hear);
    this.#greet(line, signal).catch((failure: unknown) => {
      if (!signal.aborted) log.info(`A relay could not be used: ${sentence(failure)}`);
      line.end();
    });
    return await over;
  }

  async #greet(line: RelayLine, signal: AbortSignal): Promise<void> {
    const { greeted, changed } = this.#parts;
    this.#intro = readIntro(await line.introduce(signal).answer);
    await greeted();
    this.#backoff.up();
    this.#trouble = undefined;
    this.#state = 'connected';
    for (const { resolve } of this.#waiting) resolve();
    changed();
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

  #lost(failure: Failure): void {
    this.#trouble = failure;
    this.#parts.log.info(`A relay: ${failure.message}`);
    for (const { reject } of this.#waiting) reject(failure);
    const state = failure.code === 'refused' ? 'refused' : 'reconnecting';
    if (this.#state === state) return;
    this.#state = state;
    this.#parts.changed();
  }
}

export const offline = (): Failure =>
  new Failure('offline', 'The relay is not connected yet.', 'Wait a moment, then try again.');

export const asFailure = (failure: unknown): Failure =>
  failure instanceof Failure ? failure : new Failure('lost', sentence(failure), undefined, { cause: failure });
