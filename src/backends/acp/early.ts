import type { Clock } from '../../base/clock.ts';
import { isFields } from '../../model/fold/read.ts';
import { LIMITS } from '../../router/limits.ts';

/** The payload of a `session/update`, and the line that it came on. */
interface Early {
  readonly payload: unknown;
  readonly raw: string;
}

/** What an agent says of a session before its answer to the request that opens it. */
export class EarlyUpdates {
  readonly #updates = new Map<string, Early[]>();
  /** Sessions whose past is being told, and whether it is wanted. */
  readonly #replays = new Map<string, { readonly wanted: boolean; readonly told: Early[]; heard: number }>();
  #count = 0;
  #opening = 0;

  /** A session is being opened, whose id may not be known yet; `past`: until the answer the agent tells its past. */
  begin(past?: { readonly id: string; readonly wanted: boolean }): void {
    this.#opening += 1;
    if (past !== undefined) this.#replays.set(past.id, { wanted: past.wanted, told: [], heard: 0 });
  }

  /** False: nobody waits for such updates. */
  take(id: string, early: Early): boolean {
    const replay = this.#replays.get(id);
    if (replay !== undefined) {
      replay.heard += 1;
      // A past that we hold already is not kept a second time, however long it is.
      if (replay.wanted || isFact(early.payload)) replay.told.push(early);
      return true;
    }
    if (this.#opening === 0 || this.#count >= LIMITS.earlyUpdates) return false;
    this.#count += 1;
    const known = this.#updates.get(id);
    if (known === undefined) this.#updates.set(id, [early]);
    else known.push(early);
    return true;
  }

  /** Runs it as soon as nothing of the session's past has come for `milliseconds`. */
  whenQuiet(id: string, milliseconds: number, clock: Clock, run: () => void): void {
    const replay = this.#replays.get(id);
    const before = replay?.heard;
    clock.after(milliseconds, () => {
      if (replay?.heard === before) run();
      else this.whenQuiet(id, milliseconds, clock, run);
    });
  }

  /** What came for the session, which takes it from here. */
  of(id: string): readonly Early[] {
    const updates = [...(this.#replays.get(id)?.told ?? []), ...(this.#updates.get(id) ?? [])];
    this.#replays.delete(id);
    this.#updates.delete(id);
    return updates;
  }

  /** The answer is there. Gives how many updates nobody wants any more. */
  end(id?: string): number {
    if (id !== undefined) this.#replays.delete(id);
    this.#opening -= 1;
    if (this.#opening > 0) return 0;
    const unwanted = [...this.#updates.values()].reduce((sum, updates) => sum + updates.length, 0);
    this.#updates.clear();
    this.#count = 0;
    return unwanted;
  }
}

/** What is true of the session now, and no part of what was said in it. Its options are in the answer itself. */
const isFact = (payload: unknown): boolean => isFields(payload) && FACTS.has(payload['sessionUpdate']);

const FACTS: ReadonlySet<unknown> = new Set(['available_commands_update', 'session_info_update', 'usage_update']);
