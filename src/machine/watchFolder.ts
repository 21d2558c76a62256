import { watch } from 'node:fs';
import type { Clock } from '../base/clock.ts';
import { type Disposable, Disposables, toDisposable } from '../base/disposable.ts';

/** Milliseconds from a first change to its being told, with all that came meanwhile. */
const PAUSE = 300;

/**
 * Tells that something in a folder has changed, not in the folders in it. `failed` is told once when it cannot be watched
 * (any more): the system may have no watch left, or the folder is gone.
 */
export const watchFolder = (
  path: string,
  clock: Clock,
  changed: () => void,
  failed: (failure: unknown) => void,
): Disposable => {
  const owned = new Disposables();
  let timer: Disposable | undefined;
  const tell = (): void => {
    timer = undefined;
    changed();
  };
  owned.add(toDisposable(() => timer?.dispose()));
  try {
    const watcher = watch(path, { persistent: false }, () => {
      if (!owned.ended) timer ??= clock.after(PAUSE, tell);
    });
    owned.add(toDisposable(() => watcher.close()));
    watcher.on('error', (failure) => {
      if (owned.ended) return;
      owned.dispose();
      failed(failure);
    });
  } catch (failure) {
    owned.dispose();
    failed(failure);
  }
  return owned;
};
