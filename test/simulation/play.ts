import { type Action, FAULTS } from './action.ts';
import { gameOf, type Game, gameOfSeed } from './games.ts';
import { Random } from './random.ts';
import { settled } from './time.ts';
import { Counts, Violation } from './violation.ts';

export interface Played {
  /** What was done; what could not be done is left out. */
  readonly history: readonly Action[];
  readonly violation: Violation | undefined;
  readonly actions: Counts;
  readonly faults: Counts;
  readonly checks: Counts;
}

/** Plays as many steps as are wanted, as the seed decides. */
export const playSeed = (seed: number, steps: number): Promise<Played> => {
  const random = new Random(seed);
  const game = gameOfSeed(seed);
  return play(game, () => game.choose(random), steps);
};

/** Plays a history again, or a part of one. */
export const playHistory = (history: readonly Action[]): Promise<Played> => {
  let at = 0;
  return play(
    gameOf(history),
    () => {
      const action = history[at];
      at += 1;
      return action;
    },
    history.length,
  );
};

const play = async (game: Game, next: () => Action | undefined, steps: number): Promise<Played> => {
  const player = game.begin();
  const { world } = player;
  const history: Action[] = [];
  const actions = new Counts();
  let violation: Violation | undefined;
  try {
    await world.begin();
    for (let action = next(); action !== undefined && history.length < steps; action = next()) {
      const done = await player.step(action);
      if (done === false) continue;
      history.push(action);
      actions.add(action.do);
      if (FAULTS.has(action.do)) world.faults.add(action.do);
      if (action.rest) {
        await settled();
        world.rest();
      }
      world.watch.throwIfViolated();
    }
    await world.recover();
    world.watch.throwIfViolated();
    await world.end();
    world.watch.throwIfViolated();
  } catch (failure) {
    // A checker may have seen the cause of what was thrown.
    violation = world.watch.violation ?? asViolation(failure);
  }
  world.endNow();
  return { history, violation, actions, faults: world.faults, checks: world.watch.checks };
};

/** Whatever is thrown where nothing may be thrown is a finding too. */
const asViolation = (failure: unknown): Violation =>
  failure instanceof Violation
    ? failure
    : new Violation('I14', failure instanceof Error ? (failure.stack ?? failure.message) : String(failure));

/** Two violations of one kind: what differs is of whom they tell. */
const alike = (a: Violation | undefined, b: Violation): boolean => a !== undefined && kindOf(a) === kindOf(b);
const kindOf = ({ message }: Violation): string => message.slice(0, 60).replace(/[\w-]*\d[\w-]*/gu, '#');

/** The shortest history that still breaks the same invariant, as far as leaving out pieces leads to it. */
export const shrink = async (history: readonly Action[], violation: Violation): Promise<readonly Action[]> => {
  let shortest = history;
  const breaks = async (shorter: readonly Action[]): Promise<boolean> =>
    alike((await playHistory(shorter)).violation, violation);
  for (let size = Math.ceil(history.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let from = shortest.length - size; from > -size; from -= size) {
      const at = Math.max(0, from);
      const shorter = [...shortest.slice(0, at), ...shortest.slice(at + size)];
      if (shorter.length < shortest.length && (await breaks(shorter))) shortest = shorter;
    }
  }
  return shortest;
};
