import { type Clock, within } from '../base/clock.ts';
import type { Disposable } from '../base/disposable.ts';
import type { Session } from '../model/session.ts';
import type { Router } from './router.ts';
import type { SessionStore } from './store.ts';

/**
 * Ends what is under way, questions and turns, and gives the agents `most` milliseconds to say so: an end that they told
 * is better than one that is guessed. Never rejects.
 */
export const cancelAll = async (
  parts: { readonly store: SessionStore; readonly router: Pick<Router, 'perform'>; readonly clock: Clock },
  device: string,
  most: number,
): Promise<void> => {
  const { store, router, clock } = parts;
  const isRunning = ({ turn }: Session): boolean => turn.state === 'running';
  // What lives elsewhere goes on there.
  const ours = (): readonly Session[] => store.all().filter(({ owns }) => owns.questions === 'us');
  const busy = ours().filter((session) => isRunning(session) || session.questions.length > 0);
  if (busy.length === 0) return;
  let heard: Disposable | undefined;
  const ended = new Promise<void>((resolve) => {
    heard = store.onAppended(() => {
      if (!ours().some(isRunning)) resolve();
    });
  });
  const { signal } = new AbortController();
  await Promise.allSettled(busy.map(({ key }) => router.perform(key, { kind: 'cancel' }, device, signal)));
  if (ours().some(isRunning)) await within(clock, most, ended);
  heard?.dispose();
};
