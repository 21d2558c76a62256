import { mkdir } from 'node:fs/promises';
import type { Clock } from '../base/clock.ts';
import { type Disposable, Disposables } from '../base/disposable.ts';
import { sentence } from '../base/failure.ts';
import type { Log } from '../base/log.ts';
import { watchFolder } from '../machine/watchFolder.ts';

/** Something that shows the list of sessions. */
export interface Sight {
  readonly visible: boolean;
  readonly onDidChangeVisibility: (listener: () => void) => Disposable;
}

interface ListWatchParts {
  /** Absolute; made where it is missing, since a folder that is not there cannot be watched. */
  readonly folder: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly sights: readonly Sight[];
  /** Whether anything is kept there: where nothing is, the folder is not made either. */
  wanted(): boolean;
  readonly changed: () => void;
}

/**
 * Tells what other windows do to the list of sessions while somebody can see it: then, and when it comes to sight again.
 * Where the folder cannot be watched, that is told when the person comes back to the window.
 */
export class ListWatch implements Disposable {
  readonly #parts: ListWatchParts;
  readonly #owned = new Disposables();
  #watching: Disposables | undefined;

  constructor(parts: ListWatchParts) {
    this.#parts = parts;
    for (const { onDidChangeVisibility } of parts.sights) this.#owned.add(onDidChangeVisibility(() => this.#look()));
    this.#look();
  }

  dispose(): void {
    this.#owned.dispose();
    this.#watching?.dispose();
    this.#watching = undefined;
  }

  #look(): void {
    const isSeen = this.#parts.wanted() && this.#parts.sights.some(({ visible }) => visible);
    if (isSeen === (this.#watching !== undefined)) return;
    this.#watching?.dispose();
    this.#watching = undefined;
    if (!isSeen) return;
    const watching = new Disposables();
    this.#watching = watching;
    void this.#watch(watching);
  }

  async #watch(watching: Disposables): Promise<void> {
    const { folder, clock, log, changed } = this.#parts;
    const failed = (failure: unknown): void =>
      log.debug(`What other windows do to the sessions is not seen at once: ${sentence(failure)}`);
    await mkdir(folder, { recursive: true, mode: 0o700 }).catch(() => undefined);
    watching.add(watchFolder(folder, clock, changed, failed));
    // What happened while nobody looked.
    if (!watching.ended) changed();
  }
}
