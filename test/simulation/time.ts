import type { Clock } from '../../src/base/clock.ts';
import { toDisposable } from '../../src/base/disposable.ts';

interface Timer {
  readonly process: number;
  readonly at: number;
  readonly run: () => void;
}

/** Until nothing moves any more: whatever is simulated waits for microtasks alone. */
export const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** The one time of a simulated machine, with a clock for each of its processes. */
export class Time {
  now = 0;
  /** How far the wall clock is ahead of the time that never jumps. */
  wall = 1_700_000_000_000;
  #timers: Timer[] = [];

  /** Ids are told apart by their process, as random ones would be. */
  clock(process: number): Clock {
    let ids = 0;
    return {
      now: () => this.wall + this.now,
      monotonic: () => this.now,
      after: (milliseconds, run) => {
        const timer = { process, at: this.now + milliseconds, run };
        this.#timers.push(timer);
        return toDisposable(() => this.#remove(timer));
      },
      id: () => `p${process}-${(ids += 1)}`,
    };
  }

  /** What waits for a clock of this process. */
  waiting(process: number): number {
    return this.#timers.filter((timer) => timer.process === process).length;
  }

  /** Nothing of it happens any more. */
  end(process: number): void {
    this.#timers = this.#timers.filter((timer) => timer.process !== process);
  }

  /** Lets time pass, one timer after the other, each with all that it causes. */
  async pass(milliseconds: number): Promise<void> {
    await settled();
    const end = this.now + milliseconds;
    for (let next = this.#next(end); next !== undefined; next = this.#next(end)) {
      this.#remove(next);
      this.now = Math.max(this.now, next.at);
      next.run();
      await settled();
    }
    this.now = end;
  }

  /** The machine was asleep: what should have happened meanwhile happens now, all of it late. */
  async sleep(milliseconds: number): Promise<void> {
    await settled();
    this.now += milliseconds;
    await this.pass(0);
  }

  #next(end: number): Timer | undefined {
    let next: Timer | undefined;
    for (const timer of this.#timers) if (timer.at <= end && (next === undefined || timer.at < next.at)) next = timer;
    return next;
  }

  #remove(timer: Timer): void {
    const index = this.#timers.indexOf(timer);
    if (index >= 0) this.#timers.splice(index, 1);
  }
}
