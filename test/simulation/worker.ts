// Plays worlds, one after the other, and tells the process that started it what came of each.

import { playSeed, shrink } from './play.ts';
import type { FromWorker, ToWorker } from './sweep.ts';

const told = (message: FromWorker): void => void process.send?.(message);

process.on('message', ({ seed, steps }: ToWorker) => {
  void playSeed(seed, steps).then(async ({ history, violation, actions, faults, checks }) => {
    const finding = violation && {
      seed,
      steps,
      message: violation.message,
      shortest: await shrink(history, violation),
    };
    told({
      steps: history.length,
      actions: [...actions.all],
      faults: [...faults.all],
      checks: [...checks.all],
      ...(finding === undefined ? {} : { finding }),
    });
  });
});
