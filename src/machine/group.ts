import { signalGroup } from './processGroup.ts';
import { markedProcesses } from './processTable.ts';
import { processExists, processStart } from './processStart.ts';

/** What we started: a child that leads a group of its own, and what that child started in turn. */
export interface Group {
  /** The leader's process id, which is the number of the group as well. */
  readonly pid: number;
  /** Of the leader, see `processStart`; missing until it was found out. */
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

/** Whether anybody is left in it. Windows has no groups: there it is the leader that counts. */
export const groupExists = (pid: number): boolean => processExists(process.platform === 'win32' ? pid : -pid);

/**
 * Whether the group with this number is the one that we started, and not one to which the number was given since.
 * `recent`: we knew it alive a moment ago. Then a leader that just ended has left its group behind; after a longer
 * time that has to be proved, which only Linux can do, by the marker in a member's environment.
 */
export const isOurs = async (group: Group, recent: boolean): Promise<boolean> => {
  if (!groupExists(group.pid)) return false;
  const start = await processStart(group.pid);
  if (start !== undefined) return group.start === undefined ? recent : start === group.start;
  if (recent && (group.led || process.platform !== 'linux')) return true;
  const members = await markedProcesses(group.marker);
  return members.some((member) => member.group === group.pid);
};

/** Those of the groups that are still ours. */
export const oursOf = async (groups: readonly Group[], recent: boolean): Promise<readonly Group[]> => {
  const ours = await Promise.all(groups.map((group) => isOurs(group, recent)));
  return groups.filter((_, index) => ours[index]);
};

/** Asks all of them at once to leave, and makes those leave that did not. Resolves with what even then is there. */
export const endGroups = async (groups: readonly Group[], patience: Patience): Promise<readonly Group[]> => {
  for (const { pid } of groups) signalGroup(pid, 'SIGTERM');
  const stubborn = await waitUntilGone(groups, patience.ask);
  for (const { pid } of stubborn) signalGroup(pid, 'SIGKILL');
  return waitUntilGone(stubborn, patience.insist);
};

/** Short, since it is spent only while a window is closing or after it died. */
const POLL = 20;

const waitUntilGone = async (groups: readonly Group[], limit: number): Promise<readonly Group[]> => {
  const end = performance.now() + limit;
  let left = groups.filter(({ pid }) => groupExists(pid));
  while (left.length > 0 && performance.now() < end) {
    await new Promise((resolve) => setTimeout(resolve, POLL));
    // One that was gone is not looked at again: its number may be somebody else's by now.
    left = left.filter(({ pid }) => groupExists(pid));
  }
  return left;
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
