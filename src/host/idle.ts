import type { Clock } from '../base/clock.ts';
import { type Disposable, Disposables, toDisposable } from '../base/disposable.ts';
import type { Event } from '../base/event.ts';

/** Ends a host that nobody needs any more: no turn runs, and no window is connected, for so many minutes without a break. */
export const endWhenIdle = (
  parts: {
    /** Undefined: it never ends by itself. Asked whenever something has changed. */
    readonly minutes: () => number | undefined;
    readonly clock: Clock;
    readonly isNeeded: () => boolean;
    /** Something of that may have changed. */
    readonly changes: readonly Event<unknown>[];
  },
  end: () => void,
): Disposable => {
  const { minutes, clock, isNeeded, changes } = parts;
  const owned = new Disposables();
  let timer: Disposable | undefined;
  let armed: number | undefined;
  const look = (): void => {
    const wanted = isNeeded() ? undefined : minutes();
    if (wanted === armed) return;
    armed = wanted;
    timer?.dispose();
    timer = wanted === undefined ? undefined : clock.after(wanted * 60_000, end);
  };
  owned.add(toDisposable(() => timer?.dispose()));
  for (const change of changes) owned.add(change(look));
  look();
  return owned;
};
