import { type Clock, pause } from '../../base/clock.ts';
import { Disposables } from '../../base/disposable.ts';
import { Failure, sentence } from '../../base/failure.ts';
import type { ProcessPayload, ProcessStatus } from '../../protocol/environment/messages.ts';
import type { ResultOf } from '../../protocol/environment/result.ts';
import type { ExitStatus } from '../../router/ports.ts';
import type { ExecutionHost } from './executionHost.ts';
import { ExecutionLog } from './executionLog.ts';
import { isGone } from './executionWords.ts';

/** Milliseconds between two looks: nobody there says by itself that something was written. */
const SOON = 40;
const LATER = 1000;
const ENDING = 2000;

export interface Heard {
  /** What it wrote. */
  text(text: string): void;
  /** What we have to say about it, as a line of its own. */
  note(words: string): void;
}

/** The part of a host that a process needs. */
export type ProcessHost = Pick<ExecutionHost, 'process' | 'connected' | 'onLost' | 'clock' | 'log' | 'name'>;

/**
 * A process in the background of a host, followed until it ends: a second after it wrote at the latest, and at once while
 * it is being worked with. A cut of the connection leaves it as it is; what was written in between comes after it.
 */
export class ExecutionProcess implements AsyncDisposable {
  readonly id: string;
  readonly exited: Promise<ExitStatus>;
  readonly #host: ProcessHost;
  readonly #heard: Heard;
  readonly #owned = new Disposables();
  readonly #ending = new AbortController();
  readonly #log = new ExecutionLog();
  #rest: AbortController | undefined;
  #wait = SOON;
  /** The last that it was seen to have written, where asking for all of it is expensive. */
  #tail: string | undefined;
  #writing: Promise<void> = Promise.resolve();
  readonly #isOurs: boolean;
  #over = false;
  /** The host does not know it any more. */
  #lost = false;

  /** `isOurs`: it ends when it is let go of. */
  constructor(host: ProcessHost, id: string, heard: Heard, isOurs: boolean) {
    this.#isOurs = isOurs;
    this.#host = host;
    this.id = id;
    this.#heard = heard;
    this.#owned.add(host.onLost((why) => this.#lose(why)));
    this.exited = this.#follow();
  }

  /** In order; what could not be delivered is told. */
  write(data: string): void {
    this.#send({ action: 'write', processId: this.id, data });
  }

  /** What was to be written is, or never will be. */
  get written(): Promise<void> {
    return this.#writing;
  }

  kill(): void {
    this.#ask({ action: 'kill', processId: this.id }).then(
      () => this.#lookNow(),
      (failure: unknown) => this.#heard.note(`It was not ended: ${sentence(failure)}`),
    );
  }

  /** Ends it where it runs, if it is ours, and has the host forget it; waits two seconds for that at the most. */
  async [Symbol.asyncDispose](): Promise<void> {
    const known = this.#isOurs && !this.#lost;
    this.#stop(new Failure('ended', 'It is not followed any more.'));
    await this.exited;
    if (!known) return;
    const patience = new AbortController();
    const timer = this.#host.clock.after(ENDING, () => patience.abort());
    await this.#host
      .process({ action: 'remove', processId: this.id }, patience.signal)
      .catch((failure: unknown) => this.#host.log.debug(`A process was not removed: ${sentence(failure)}`));
    timer.dispose();
  }

  #lose(why: Failure): void {
    this.#lost = true;
    if (!this.#over) this.#heard.note(`${why.message} ${why.next ?? ''}`.trimEnd());
    this.#stop(why);
  }

  #stop(why: Failure): void {
    this.#ending.abort(why);
    this.#owned.dispose();
  }

  async #follow(): Promise<ExitStatus> {
    const { signal } = this.#ending;
    try {
      for (;;) {
        const ended = await this.#look(signal);
        if (ended !== undefined) return ended;
        await this.#pause(signal);
      }
    } catch (failure) {
      if (!signal.aborted) this.#heard.note(sentence(failure));
      return { code: null, signal: null };
    } finally {
      this.#over = true;
      this.#owned.dispose();
    }
  }

  /** Reads what is new. @returns how it ended, once it has */
  async #look(signal: AbortSignal): Promise<ExitStatus | undefined> {
    try {
      const polled = this.#log.asks.limit === undefined ? await this.#poll() : undefined;
      if (polled !== undefined && polled.output === this.#tail && isRunning(polled.metadata.status)) return undefined;
      this.#tail = polled?.output;
      const status = await this.#read(signal);
      if (isRunning(status)) return undefined;
      return await this.#end(signal);
    } catch (failure) {
      signal.throwIfAborted();
      if (!isPassing(failure)) throw failure;
      await this.#host.connected(signal);
      return undefined;
    }
  }

  async #read(signal: AbortSignal): Promise<ProcessStatus | undefined> {
    for (;;) {
      const { metadata, output } = await this.#ask({ action: 'log', processId: this.id, ...this.#log.asks });
      signal.throwIfAborted();
      const { status, droppedChars } = metadata;
      if (status === 'not_found' || status === 'error') return status;
      const read = this.#log.take({ output, ...(droppedChars === undefined ? {} : { dropped: droppedChars }) });
      if (read.missing !== undefined)
        this.#heard.note(
          read.missing === 'some'
            ? `Something that it wrote is left out here: ${this.#host.name} does not have it any more.`
            : `${read.missing} characters are left out here: ${this.#host.name} does not have them any more.`,
        );
      if (read.text !== '') {
        this.#wait = SOON;
        this.#heard.text(read.text);
      }
      if (!read.more) return status ?? (await this.#poll()).metadata.status;
    }
  }

  /** What it wrote last may come after the word that it ended. */
  async #end(signal: AbortSignal): Promise<ExitStatus> {
    const { metadata } = await this.#poll();
    const { status, exitCode } = metadata;
    if (status === 'not_found') {
      this.#heard.note(`${this.#host.name} does not know it any more: how it ended is not known.`);
      return { code: null, signal: null };
    }
    await this.#read(signal);
    if (exitCode !== undefined) return { code: exitCode, signal: null };
    // Without a number: hosts of others leave it out where a signal ended it.
    return { code: status === 'completed' ? 0 : null, signal: null };
  }

  #poll(): Promise<ResultOf['process']> {
    return this.#ask({ action: 'poll', processId: this.id });
  }

  #ask(payload: ProcessPayload): Promise<ResultOf['process']> {
    return this.#host.process(payload, this.#ending.signal);
  }

  #send(payload: ProcessPayload): void {
    this.#writing = this.#writing.then(async () => {
      if (this.#over) return;
      try {
        const { metadata, output } = await this.#ask(payload);
        if (metadata.status === 'error') this.#heard.note(`This was not taken: ${output}`);
        this.#lookNow();
      } catch (failure) {
        if (!this.#ending.signal.aborted && !isGone(failure))
          this.#heard.note(`What was typed may not have arrived: ${sentence(failure)}`);
      }
    });
  }

  #lookNow(): void {
    this.#wait = SOON;
    this.#rest?.abort();
  }

  async #pause(signal: AbortSignal): Promise<void> {
    const rest = new AbortController();
    this.#rest = rest;
    await rested(this.#host.clock, this.#wait, AbortSignal.any([signal, rest.signal]));
    // What waits for either is kept alive until one of them comes.
    rest.abort();
    this.#wait = Math.min(LATER, this.#wait * 1.5);
    signal.throwIfAborted();
  }
}

const rested = (clock: Clock, milliseconds: number, signal: AbortSignal): Promise<void> =>
  pause(clock, milliseconds, signal).catch(() => undefined);

const isRunning = (status: ProcessStatus | undefined): boolean => status === undefined || status === 'running';

/** It goes on there, and can be asked about again. */
const isPassing = (failure: unknown): boolean =>
  failure instanceof Failure && (failure.code === 'lost' || failure.code === 'unanswered' || failure.code === 'busy');
