import type { Clock } from '../../base/clock.ts';
import type { Disposable } from '../../base/disposable.ts';
import type { AcpSession } from './session.ts';

/**
 * Says of a session that works how long nothing has come from its agent. Nothing is done about it: a long step is legal,
 * and whether to wait, to stop or to restart is for a person to say.
 *
 * One timer for all sessions of an agent, and none while no turn runs.
 */
export class Silence implements Disposable {
  readonly #clock: Clock;
  readonly #working = new Set<AcpSession>();
  #timer: Disposable | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  begin(session: AcpSession): void {
    this.#working.add(session);
    this.#wait();
  }

  end(session: AcpSession): void {
    this.#working.delete(session);
    if (this.#working.size === 0) this.dispose();
  }

  dispose(): void {
    this.#timer?.dispose();
    this.#timer = undefined;
  }

  /** Until the first of them may have to be told. What is heard until then makes it later, and is looked at only then. */
  #wait(): void {
    if (this.#timer !== undefined || this.#working.size === 0) return;
    const due = Math.min(...[...this.#working].map((session) => session.silenceDue()));
    this.#timer = this.#clock.after(Math.max(0, due - this.#clock.monotonic()), () => this.#look());
  }

  #look(): void {
    this.#timer = undefined;
    const now = this.#clock.monotonic();
    for (const session of this.#working) if (session.silenceDue() <= now) session.tellSilence();
    this.#wait();
  }
}
