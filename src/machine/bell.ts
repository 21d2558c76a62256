import type { Clock } from '../base/clock.ts';
import type { Disk } from './disk.ts';

const RING = 'ring-';

/**
 * Tells other windows that the list of sessions is another one, for those that watch the folder: a file comes and goes
 * in it. What changes in the folders of the sessions is not seen from outside, and to watch each of them costs the
 * system something for as long as it is watched.
 */
export class Bell {
  readonly #parts: { readonly disk: Disk; readonly root: string; readonly clock: Clock };
  #ringing: Promise<void> | undefined;

  constructor(parts: { readonly disk: Disk; readonly root: string; readonly clock: Clock }) {
    this.#parts = parts;
  }

  /** Never fails: without it the list of another window is older than it could be. */
  ring(): void {
    this.#ringing ??= this.#ring()
      .catch(() => undefined)
      .finally(() => {
        this.#ringing = undefined;
      });
  }

  /** Settles when it is not being rung. */
  async silence(): Promise<void> {
    await this.#ringing;
  }

  async #ring(): Promise<void> {
    const { disk, root, clock } = this.#parts;
    const path = `${root}/${RING}${clock.id()}`;
    const file = await disk.create(path);
    await file.close().catch(() => undefined);
    await disk.remove(path);
  }
}

/** One whose ringer ended meanwhile. */
export const isRing = (name: string): boolean => name.startsWith(RING);
