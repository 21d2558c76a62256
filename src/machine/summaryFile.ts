import type { Clock } from '../base/clock.ts';
import { sentence } from '../base/failure.ts';
import type { Log } from '../base/log.ts';
import type { Session } from '../model/session.ts';
import { JOURNAL_LIMITS } from '../router/journal.ts';
import { encodeSummary, type ShownSummary, shownSummary } from '../router/storedSummary.ts';
import { type Disk, writeWhole } from './disk.ts';

export const SUMMARY = 'summary.json';

export interface SummaryFileParts {
  readonly folder: string;
  readonly disk: Disk;
  readonly clock: Clock;
  readonly log: Log;
  /** The session as it is now, all appended events folded; undefined while its owner does not have it. */
  fold(): Session | undefined;
  /** A list of another window shows something else from now on. */
  listed(): void;
}

/** What a list shows of one session, written now and then, so that no journal has to be read for a list. */
export class SummaryFile {
  readonly #parts: SummaryFileParts;
  #last: ShownSummary | undefined;
  #written = '';
  #told = '';
  #due: number | undefined;

  constructor(parts: SummaryFileParts) {
    this.#parts = parts;
  }

  /** When it is to be written, by the clock that does not jump. */
  get due(): number | undefined {
    return this.#due;
  }

  /** Something has changed that it may show. */
  expect(): void {
    this.#due ??= this.#parts.clock.monotonic() + JOURNAL_LIMITS.summaryDelay;
  }

  /** When the session is closed, its owner may not have it any more. */
  look(): void {
    const session = this.#parts.fold();
    if (session !== undefined) this.#last = shownSummary(session);
  }

  /** Never rejects: without it a list shows what it showed before, and the events are another matter. */
  async write(): Promise<void> {
    this.#due = undefined;
    this.look();
    if (this.#last === undefined) return;
    const text = encodeSummary(this.#last);
    if (text === this.#written) return;
    const { disk, folder, clock, log } = this.#parts;
    try {
      await writeWhole(disk, folder, SUMMARY, [Buffer.from(text)], clock.id());
      this.#written = text;
      // When it changed last moves with every word, and is no reason to draw a list again.
      const told = encodeSummary({ ...this.#last, changedAt: 0 });
      if (told !== this.#told) this.#parts.listed();
      this.#told = told;
    } catch (failure) {
      log.debug(`What a list shows of a session could not be stored: ${sentence(failure)}`);
    }
  }
}
