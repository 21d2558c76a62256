import { type Action, type AnyKind, choose, type Kind } from './action.ts';
import type { Random } from './random.ts';
import { chooseInRelay, isOfRelay, RELAY_STEPS } from './relay/steps.ts';
import { RelayWorld } from './relay/world.ts';
import { STEPS } from './steps.ts';
import { chooseInWindows, isOfWindows, WINDOWS_STEPS } from './windows/steps.ts';
import { WindowsWorld } from './windows/world.ts';
import { World } from './world.ts';

/** A world, and how an action is done in it. */
export interface Player {
  readonly world: World;
  /** False, or a promise of it: there was nothing to do. */
  step(action: Action): unknown;
}

/** A kind of world, and what happens there. */
export interface Game {
  choose(random: Random): Action;
  begin(): Player;
}

/** Windows that have their sessions themselves. */
const alone: Game = {
  choose,
  begin() {
    const world = new World();
    return { world, step: (action) => isPlain(action.do) && STEPS[action.do](world, action) };
  },
};

/** Windows whose sessions live in another process. */
const windows: Game = {
  choose: chooseInWindows,
  begin() {
    const world = new WindowsWorld();
    return {
      world,
      step: (action) =>
        isOfWindows(action.do)
          ? WINDOWS_STEPS[action.do](world, action)
          : isPlain(action.do) && STEPS[action.do](world, action),
    };
  },
};

/** Devices that look at the sessions of a process through its relay. */
const relay: Game = {
  choose: chooseInRelay,
  begin() {
    const world = new RelayWorld();
    return {
      world,
      step: (action) =>
        isOfRelay(action.do)
          ? RELAY_STEPS[action.do](world, action)
          : isPlain(action.do) && STEPS[action.do](world, action),
    };
  },
};

const isPlain = (kind: AnyKind): kind is Kind => !isOfWindows(kind) && !isOfRelay(kind);

/** Of so many seeds one is of a world with a process behind its windows, and one of a world with a relay: these take longer. */
const EVERY = 8;

export const gameOfSeed = (seed: number): Game => {
  if (seed % EVERY === 0) return windows;
  return seed % EVERY === EVERY / 2 ? relay : alone;
};

export const gameOf = (history: readonly Action[]): Game =>
  history.some((action) => action.windows === true)
    ? windows
    : history.some((action) => action.relay === true)
      ? relay
      : alone;
