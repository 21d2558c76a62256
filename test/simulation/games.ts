import { type Action, choose } from './action.ts';
import type { Random } from './random.ts';
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
    return { world, step: (action) => !isOfWindows(action.do) && STEPS[action.do](world, action) };
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
        isOfWindows(action.do) ? WINDOWS_STEPS[action.do](world, action) : STEPS[action.do](world, action),
    };
  },
};

/** So many seeds, and the next one is of a world with a process behind its windows: such a world takes longer. */
const EVERY = 8;

export const gameOfSeed = (seed: number): Game => (seed % EVERY === 0 ? windows : alone);

export const gameOf = (history: readonly Action[]): Game =>
  history.some((action) => action.windows === true) ? windows : alone;
