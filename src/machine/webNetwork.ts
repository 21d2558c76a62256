import { networkInterfaces } from 'node:os';
import type { Clock } from '../base/clock.ts';
import type { Disposable } from '../base/disposable.ts';
import { toDisposable } from '../base/disposable.ts';

/** Milliseconds between two looks: no system tells a program without privileges, and a look costs less than one. */
const LOOK = 2_000;

/**
 * Tells that the machine has come to another network, or to one at all: what waits for its turn may try at once. It looks
 * again and again until it is disposed, so that it is held only while something waits.
 */
export const watchNetwork = (
  clock: Clock,
  changed: () => void,
  read: () => NodeJS.Dict<readonly Address[]> = networkInterfaces,
): Disposable => {
  let before = addresses(read());
  const look = (): void => {
    const now = addresses(read());
    const isOther = now !== before && now !== '';
    before = now;
    timer = clock.after(LOOK, look);
    if (isOther) changed();
  };
  let timer = clock.after(LOOK, look);
  return toDisposable(() => timer.dispose());
};

interface Address {
  readonly address: string;
  readonly internal: boolean;
}

/** Those by which others could be reached, in one order; an address of the link alone says nothing of a network. */
const addresses = (found: NodeJS.Dict<readonly Address[]>): string =>
  Object.entries(found)
    .flatMap(([name, all = []]) => all.filter(({ internal }) => !internal).map(({ address }) => `${name} ${address}`))
    .filter((line) => !/ (?:fe80:|169\.254\.)/iu.test(line))
    .sort()
    .join('\n');
