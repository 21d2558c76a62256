import { endGroups, type Group } from './group.ts';
import { markedProcesses, type MarkedProcess } from './processTable.ts';

/** A process that came from one that we started, and left its group: a daemon. */
export interface Stray extends MarkedProcess {
  /** What we started, as far as this window knows it. */
  readonly origin?: Pick<Group, 'pid' | 'session'>;
  /** What we started still runs. */
  readonly attended: boolean;
}

/** Those of the marked processes that are in none of the groups that they came from. */
export const straysAmong = (
  marked: readonly MarkedProcess[],
  living: readonly Pick<Group, 'pid' | 'marker'>[],
  origins: ReadonlyMap<string, Pick<Group, 'pid' | 'session'>>,
): readonly Stray[] => {
  const groups = new Map(living.map(({ marker, pid }) => [marker, pid]));
  return marked.flatMap((one) => {
    const home = groups.get(one.marker);
    if (home === one.group) return [];
    const origin = origins.get(one.marker);
    return [{ ...one, ...(origin === undefined ? {} : { origin }), attended: home !== undefined }];
  });
};

/** How long it may take after it was asked, and after it was made to, ms. */
const PATIENCE = { ask: 2000, insist: 1000 };

/**
 * Ends it, with its group where it leads one. Looked at again first: its number may be another process's by now.
 * False: it is still there.
 */
export const endStray = async ({ pid, marker, group, command }: MarkedProcess): Promise<boolean> => {
  const there = await markedProcesses(marker);
  if (!there.some((one) => one.pid === pid && one.group === group)) return true;
  // A group that somebody else leads is not ours to end, whoever of ours is in it.
  if (there.some((one) => one.pid === group && one.group === group)) {
    return (await endGroups([{ pid: group, marker, led: true, command }], PATIENCE)).length === 0;
  }
  process.kill(pid, 'SIGKILL');
  return true;
};
