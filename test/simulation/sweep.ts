import { type ChildProcess, fork } from 'node:child_process';
import { availableParallelism } from 'node:os';
import type { Action } from './action.ts';
import { Counts } from './violation.ts';

/** Steps of one world. Longer ones get slower, since what is in them grows; shorter ones hardly get anywhere. */
const WORLD = 1000;

export interface ToWorker {
  readonly seed: number;
  readonly steps: number;
}

/** Milliseconds for a world, with the search for the shortest history: hundreds of times what it takes. */
const PATIENCE = 300_000;

/** Many short-lived objects, and thousands of errors that nobody looks at. */
const FLAGS = ['--max-semi-space-size=32', '--stack-trace-limit=4'];

/** What must never happen has happened. */
export interface Finding {
  /** Of the world, and its steps: enough to see it again. */
  readonly seed: number;
  readonly steps: number;
  readonly message: string;
  readonly shortest: readonly Action[];
}

type Entries = readonly (readonly [string, number])[];

export interface FromWorker {
  readonly steps: number;
  readonly actions: Entries;
  readonly faults: Entries;
  readonly checks: Entries;
  readonly finding?: Finding;
}

export interface Swept {
  readonly steps: number;
  readonly worlds: number;
  readonly actions: Counts;
  readonly faults: Counts;
  readonly checks: Counts;
  readonly finding: Finding | undefined;
  readonly ms: number;
}

export interface SweepOptions {
  /** Of the first world; the next one has the next. */
  readonly seed: number;
  readonly steps: number;
  readonly workers?: number;
  /** Called after each world. */
  readonly onWorld?: (steps: number) => void;
}

/** Plays so many steps with a program that was built, on all cores, until something is found. */
export const sweep = async (program: string, options: SweepOptions): Promise<Swept> => {
  const start = performance.now();
  const { seed, steps, workers = availableParallelism(), onWorld } = options;
  const [actions, faults, checks] = [new Counts(), new Counts(), new Counts()];
  const all = Math.ceil(steps / WORLD);
  let [begun, worlds, played] = [0, 0, 0];
  let finding: Finding | undefined;
  const next = (): ToWorker | undefined => {
    if (begun === all || finding !== undefined) return undefined;
    const world = { seed: seed + begun, steps: Math.min(WORLD, steps - begun * WORLD) };
    begun += 1;
    return world;
  };
  const take = (result: FromWorker): void => {
    worlds += 1;
    played += result.steps;
    for (const [counts, entries] of [
      [actions, result.actions],
      [faults, result.faults],
      [checks, result.checks],
    ] as const)
      for (const [name, times] of entries) counts.add(name, times);
    finding ??= result.finding;
    onWorld?.(played);
  };
  await Promise.all(Array.from({ length: Math.min(workers, all) }, () => work(program, next, take)));
  return { steps: played, worlds, actions, faults, checks, finding, ms: performance.now() - start };
};

/** One worker, from its first world to its last. */
const work = (program: string, next: () => ToWorker | undefined, take: (result: FromWorker) => void): Promise<void> =>
  new Promise((resolve, reject) => {
    const child: ChildProcess = fork(program, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'], execArgv: FLAGS });
    let patience: NodeJS.Timeout | undefined;
    const give = (): void => {
      clearTimeout(patience);
      const world = next();
      if (world === undefined) child.disconnect();
      else {
        child.send(world);
        patience = setTimeout(() => giveUp(world), PATIENCE);
      }
    };
    const giveUp = ({ seed, steps }: ToWorker): void => {
      const finding = { seed, steps, message: '[I14] something goes on and on', shortest: [] };
      take({ steps, actions: [], faults: [], checks: [], finding });
      child.kill('SIGKILL');
    };
    child.on('message', (result: FromWorker) => {
      take(result);
      give();
    });
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      clearTimeout(patience);
      if (code === 0 || signal === 'SIGKILL') resolve();
      else reject(new Error(`A worker ended with ${code ?? signal}.`));
    });
    give();
  });
