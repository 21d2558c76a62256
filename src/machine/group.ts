import { signalGroup } from './processGroup.ts';
import { systemProcesses } from './processIdentity.ts';
import { livingGroups, markedProcesses } from './processTable.ts';

/** What we started: a child that leads a group of its own, and what that child started in turn. */
export interface Group {
  /** The leader's process id, which is the number of the group as well. */
  readonly pid: number;
  /** Of the leader, in the system's own words; missing until it was found out. */
  readonly start?: string;
  /** False once the leader has ended and left others behind. */
  readonly led: boolean;
  /** What its processes carry in their environment. */
  readonly marker: string;
  /** The program's name without its arguments: those may hold secrets. */
  readonly command: string;
  readonly session?: string;
}

/** How long is waited, ms, until those who were asked are made to leave, and then until those are gone. */
export interface Patience {
  readonly ask: number;
  readonly insist: number;
}

/** For what nobody waits for any more. Agents that are asked leave within half a second. */
export const UNATTENDED: Patience = { ask: 2000, insist: 0 };

/** Whether anybody lives in it. */
export const groupLives = (pid: number): boolean => living([{ pid }]).length > 0;

/**
 * Whether the group with this number is the one that we started, and not one to which the number was given since.
 * `recent`: we knew it alive a moment ago. Then a leader that just ended has left its group behind; after a longer
 * time that has to be proved, which only Linux can do, by the marker in a member's environment.
 */
export const isOurs = async (group: Group, recent: boolean): Promise<boolean> => {
  if (!groupLives(group.pid)) return false;
  const start = (await systemProcesses.find(group.pid))?.started;
  if (start !== undefined) return group.start === undefined ? recent : start === group.start;
  if (process.platform !== 'linux' || (recent && group.led)) return recent;
  const members = await markedProcesses(group.marker);
  return members.some((member) => member.group === group.pid);
};

/** Those of the groups that are still ours. */
export const oursOf = async (groups: readonly Group[], recent: boolean): Promise<readonly Group[]> => {
  const ours = await Promise.all(groups.map((group) => isOurs(group, recent)));
  return groups.filter((_, index) => ours[index]);
};

/**
 * Asks all of them at once to leave, and makes those leave that did not. Resolves with what even then is there, and
 * after both times of `patience` at the latest.
 */
export const endGroups = async (groups: readonly Group[], patience: Patience): Promise<readonly Group[]> => {
  const start = performance.now();
  const young = groups.filter(isYoung);
  // Not even a turn of the loop later where there is nobody to wait for: the process may be about to end.
  if (young.length > 0) await Promise.all(young.map((group) => begun(group, start + patience.ask)));
  for (const { pid } of groups) signalGroup(pid, 'SIGTERM');
  const stubborn = await waitUntilGone(groups, start + patience.ask);
  for (const { pid } of stubborn) signalGroup(pid, 'SIGKILL');
  return waitUntilGone(stubborn, start + patience.ask + patience.insist);
};

/**
 * A child in a pseudo-terminal leads its group only from when it first runs: before, a signal to the group reaches nobody,
 * and there would seem to be nobody left.
 */
const isYoung = ({ pid, led }: Group): boolean => led && !exists(-pid) && exists(pid);

const begun = async (group: Group, end: number): Promise<void> => {
  while (isYoung(group) && performance.now() < end) await new Promise((resolve) => setTimeout(resolve, YOUNG));
};

const YOUNG = 5;

/** Time between two looks, ms. Spent only while a window is closing or after it died. */
const POLL = 40;

const waitUntilGone = async (groups: readonly Group[], end: number): Promise<readonly Group[]> => {
  let left = living(groups);
  for (let rest = end - performance.now(); left.length > 0 && rest > 0; rest = end - performance.now()) {
    await new Promise((resolve) => setTimeout(resolve, Math.min(POLL, rest)));
    // One that was gone is not looked at again: its number may be somebody else's by now.
    left = living(left);
  }
  return left;
};

const living = <T extends Pick<Group, 'pid'>>(groups: readonly T[]): readonly T[] => {
  const there = groups.filter(({ pid }) => exists(-pid));
  if (there.length === 0 || process.platform !== 'linux') return there;
  const alive = livingGroups();
  return there.filter(({ pid }) => alive.has(pid));
};

/** Whether the system knows the process, or the group as a negative number; of zombies or not. Windows has no groups: there it is the leader that counts. */
const exists = (number: number): boolean => {
  try {
    process.kill(process.platform === 'win32' ? Math.abs(number) : number, 0);
    return true;
  } catch (failure) {
    // Somebody is there whom we may not signal; only "no such process" says that nobody is.
    return failure instanceof Error && 'code' in failure && failure.code === 'EPERM';
  }
};

/** Reads what a file or a pipe says: whatever is not a group is left out. Undefined where it is no list at all. */
export const readGroups = (value: unknown): readonly Group[] | undefined =>
  Array.isArray(value) ? value.flatMap((item: unknown) => readGroup(item) ?? []) : undefined;

const readGroup = (value: unknown): Group | undefined => {
  if (typeof value !== 'object' || value === null) return undefined;
  const { pid, start, led, marker, command, session } = value as Record<string, unknown>;
  // Signalling group 0 or 1 would end ourselves or everybody.
  if (typeof pid !== 'number' || !Number.isSafeInteger(pid) || pid <= 1 || typeof marker !== 'string') return undefined;
  return {
    pid,
    led: led !== false,
    marker,
    command: typeof command === 'string' ? command : '',
    ...(typeof start === 'string' ? { start } : {}),
    ...(typeof session === 'string' ? { session } : {}),
  };
};
