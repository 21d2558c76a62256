import { median } from './measure.ts';
import { type Task, takeTasks } from './page.ts';
import { context, counted, type Row, rounded } from './row.ts';
import type { Stage } from './stage.ts';
import { longestTask } from './trace.ts';

const SIZES = [1000, 5000, 20_000] as const;
const ROUNDS = 3;
const UPDATES = 100_000;
/** Milliseconds. */
const LONG_TASK = 50;

interface Run {
  readonly milliseconds: number;
  readonly tasks: readonly Task[];
}

/** A burst into a session of its own, from Enter until its last text is painted. */
async function ourRun({ ours }: Stage, messages: number): Promise<Run> {
  await ours.newSession();
  await ours.frame.evaluate(takeTasks);
  const { milliseconds } = await ours.ask(messages);
  return { milliseconds, tasks: await ours.frame.evaluate(takeTasks) };
}

async function bareRun({ bare }: Stage, messages: number): Promise<Run> {
  await bare.frame.evaluate(takeTasks);
  const { milliseconds } = await bare.ask(messages);
  return { milliseconds, tasks: await bare.frame.evaluate(takeTasks) };
}

/** The browser says whose a task was; those of the workbench around are not ours to shorten. */
const longest = (tasks: readonly Task[]): number =>
  tasks.reduce((most, { name, milliseconds }) => (name === 'self' ? Math.max(most, milliseconds) : most), 0);

export async function burstRows(stage: Stage): Promise<readonly Row[]> {
  await ourRun(stage, 1000);
  await bareRun(stage, 1000);
  const runs = SIZES.map((size) => ({ size, ours: [] as Run[], bare: [] as Run[] }));
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const { size, ours, bare } of round % 2 === 0 ? runs : runs.toReversed()) {
      ours.push(await ourRun(stage, size));
      bare.push(await bareRun(stage, size));
    }
  }
  const time = (side: readonly Run[]): number => median(side.map(({ milliseconds }) => milliseconds));
  const rows = runs.map(({ size, ours, bare }): Row => {
    const [value, anchor] = [time(ours), time(bare)];
    const details = { ours, bare };
    // What the slope is made of, which has the bound.
    return context({
      ...counted(`burst ${size}`, rounded(value), 'ms', 0, details),
      anchor: rounded(anchor),
      ratio: rounded(value / anchor),
    });
  });
  const [small, , large] = runs;
  if (small === undefined || large === undefined) throw new Error('There is no slope without two sizes.');
  const perChunk = (run: typeof small): number => (time(run.ours) / run.size) * 1000;
  const [value, anchor] = [perChunk(large), perChunk(small)];
  const slope = value / anchor;
  rows.push({
    name: 'burst slope',
    value: rounded(value),
    unit: 'us/chunk',
    anchor: rounded(anchor),
    ratio: rounded(slope),
    bound: 1.3,
    ok: slope <= 1.3,
  });
  return [
    ...rows,
    ...(await taskRows(
      stage,
      runs.map(({ ours }) => ours),
    )),
  ];
}

/** `runs` for each size. */
async function taskRows(stage: Stage, runs: readonly (readonly Run[])[]): Promise<readonly Row[]> {
  const { page } = stage.workbench;
  const longestOf = async (side: 'ours' | 'bare', messages: number): Promise<number> => {
    if (side === 'ours') await stage.ours.newSession();
    return longestTask(page, () => stage[side].ask(messages));
  };
  const traced: number[] = [];
  for (const size of SIZES) traced.push(await longestOf('ours', size));
  const anchor = await longestOf('bare', Math.max(...SIZES));
  const clock = Math.max(...runs.map((each) => median(each.map(({ tasks }) => longest(tasks)))));
  return [
    {
      ...counted('burst longest task', rounded(Math.max(...traced)), 'ms', LONG_TASK, traced),
      anchor: rounded(anchor),
    },
    // With the pauses that other processes force on it: says more of the machine the busier that is.
    context(counted('burst longest task on the clock', rounded(clock), 'ms', LONG_TASK)),
  ];
}

export async function nodeRows({ ours }: Stage): Promise<readonly Row[]> {
  await ours.newSession();
  const { nodes, milliseconds } = await ours.ask(UPDATES, { count: true });
  return [counted('updates dom nodes', nodes, 'nodes', 1500, { milliseconds: rounded(milliseconds) })];
}
