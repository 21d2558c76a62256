import type { Clock } from '../base/clock.ts';
import { type Disposable, toDisposable } from '../base/disposable.ts';
import { sentence } from '../base/failure.ts';
import type { Log } from '../base/log.ts';
import type { Logged } from '../model/event.ts';
import type { Position, Session, SessionKey } from '../model/session.ts';
import type { Journal, Look } from './journal.ts';
import { foldStored } from './restore.ts';

/** Milliseconds between two looks; where one takes long, ten times as long as it took. */
const PAUSE = 1000;

export interface ReadingParts {
  readonly journal: Pick<Journal, 'look'>;
  readonly clock: Clock;
  readonly log: Log;
  /** `get` has something else now. */
  changed(): void;
}

/**
 * A session that another process writes, to be read here: as its journal has it, looked at again for as long as somebody
 * reads. Nothing can be asked of it, and each state that was read is an epoch of its own.
 */
export class Reading implements Disposable {
  readonly #key: SessionKey;
  readonly #parts: ReadingParts;
  readonly #ending = new AbortController();
  #session: Session;
  #stamp: string;
  #timer: Disposable = toDisposable(() => undefined);

  /** @throws Failure as `Journal.look` does */
  static async open(key: SessionKey, parts: ReadingParts, signal: AbortSignal): Promise<Reading> {
    return new Reading(key, parts, await parts.journal.look(key, undefined, signal));
  }

  private constructor(key: SessionKey, parts: ReadingParts, first: Look) {
    this.#key = key;
    this.#parts = parts;
    this.#stamp = first.stamp;
    this.#session = this.#shown(first);
    this.#wait(PAUSE);
  }

  get(): Session {
    return this.#session;
  }

  /** Nobody reads it any more. */
  get ended(): boolean {
    return this.#ending.signal.aborted;
  }

  held(_key: SessionKey, { epoch, seq }: Position): readonly Logged[] | undefined {
    const { at } = this.#session;
    return epoch === at.epoch && seq === at.seq ? [] : undefined;
  }

  dispose(): void {
    this.#timer.dispose();
    this.#ending.abort();
  }

  #wait(milliseconds: number): void {
    this.#timer = this.#parts.clock.after(milliseconds, () => void this.#look());
  }

  async #look(): Promise<void> {
    const { journal, clock, log, changed } = this.#parts;
    const { signal } = this.#ending;
    const began = clock.monotonic();
    try {
      const look = await journal.look(this.#key, this.#stamp, signal);
      if (signal.aborted) return;
      const isNew = look.stored !== undefined || look.held !== (this.#session.link.elsewhere === 'open');
      this.#stamp = look.stamp;
      if (isNew) this.#session = this.#shown(look);
      if (isNew) changed();
    } catch (failure) {
      if (signal.aborted) return;
      // It may be readable again; whether it is still there is told by the list.
      log.debug(`A session of another window could not be read again: ${sentence(failure)}`);
    }
    this.#wait(Math.max(PAUSE, 10 * (clock.monotonic() - began)));
  }

  /** What waits for somebody waits there, and is not shown as if it could be answered or sent from here. */
  #shown({ stored, held }: Look): Session {
    const session = stored === undefined ? this.#session : foldStored(stored);
    const { queueWhy: _, ...rest } = session;
    return {
      ...rest,
      link: { state: 'disconnected', elsewhere: held ? 'open' : 'left' },
      turn: session.turn.state === 'running' ? { state: 'idle' } : session.turn,
      questions: [],
      queue: [],
      queuePaused: false,
      commands: [],
      options: [],
      at: { epoch: this.#parts.clock.id(), seq: session.at.seq },
    };
  }
}
