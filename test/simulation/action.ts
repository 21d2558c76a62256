import type { Random } from './random.ts';
import { RELAY_KINDS, type RelayKind } from './relay/kinds.ts';
import { WINDOWS_KINDS, type WindowsKind } from './windows/kinds.ts';

/** What can be done in one step, and how often it is, compared with the others. */
const WEIGHTS = {
  // The agent.
  'agent says': 30,
  'agent says much': 0.15,
  'agent says something huge': 0.03,
  'agent says it at length': 0.01,
  'agent asks': 9,
  'agent asks again': 1,
  'agent withdraws': 1,
  'agent ends its turn': 14,
  'agent ends its turn badly': 3,
  'agent dies': 1,
  'agent dies while it opens': 0.7,
  'agent opens': 3,
  'agent changes its mood': 1.5,
  // People.
  'person prompts': 14,
  'person prompts a lot': 0.1,
  'person cancels': 3,
  'person answers': 9,
  'person answers what was changed': 1.5,
  'person answers what was not offered': 1.5,
  'person answers late': 2,
  'person changes a prompt': 1.5,
  'person moves a prompt': 2,
  'person removes a prompt': 1,
  'person sends a prompt now': 2,
  'person pauses the queue': 1,
  'person resumes the queue': 5,
  'person clears the queue': 0.3,
  'person renames': 0.5,
  'person begins afresh': 8,
  'person closes a session': 0.6,
  'person erases a session': 0.1,
  'person opens a session': 1,
  'person brings the agent back': 4,
  'person restarts the agent': 0.5,
  'script prompts': 2,
  'script gives up': 1,
  // Surfaces.
  'messages arrive': 20,
  'messages arrive badly': 14,
  'surface wakes up': 3,
  'surface goes back': 8,
  'surface looks elsewhere': 1,
  'surface is reloaded': 0.7,
  'surface connects': 1.5,
  'surface goes away': 0.4,
  'surface stalls': 0.6,
  'surface goes on': 2,
  // Time.
  'time passes': 22,
  'a moment passes': 6,
  'wall clock jumps': 0.3,
  'machine sleeps': 0.3,
  // The disk and the processes.
  'disk fails': 0.8,
  'disk stands still': 0.4,
  'disk is well again': 1,
  'process is killed': 0.6,
  'power is lost': 0.4,
  'process ends': 0.5,
  'process starts': 3,
  'list is read': 0.2,
} as const;

export type Kind = keyof typeof WEIGHTS;
export type AnyKind = Kind | WindowsKind | RelayKind;

/**
 * One step as data: which of those that are there it is about, `a` and `b` tell, modulo what there is. So an action can
 * be done in any world, and a history stays one when parts of it are left out.
 */
export interface Action {
  readonly do: AnyKind;
  readonly a: number;
  readonly b: number;
  /** Nothing else is done before everything that it causes has happened. */
  readonly rest: boolean;
  /** In a world whose windows look at sessions of another process. */
  readonly windows?: true;
  /** In a world whose devices look through a relay. */
  readonly relay?: true;
}

/** Draws actions, each kind as often as its weight says. */
export const chooser = <K extends AnyKind>(
  weights: Readonly<Record<K, number>>,
  mark: Pick<Action, 'windows' | 'relay'> = {},
): ((random: Random) => Action) => {
  const kinds = Object.keys(weights) as K[];
  const bounds: number[] = [];
  let total = 0;
  for (const kind of kinds) {
    total += Math.round(weights[kind] * 100);
    bounds.push(total);
  }
  return (random) => {
    const at = random.below(total);
    const kind = kinds[bounds.findIndex((bound) => at < bound)] ?? 'time passes';
    return { do: kind, a: random.below(1000), b: random.below(1 << 24), rest: random.below(4) > 0, ...mark };
  };
};

export const choose = chooser(WEIGHTS);

/** Those that are a fault of the machine, a process or a way, and nobody's wish. */
export const FAULTS: ReadonlySet<AnyKind> = new Set([
  'agent dies',
  'agent dies while it opens',
  'agent ends its turn badly',
  'surface stalls',
  'surface goes away',
  'wall clock jumps',
  'machine sleeps',
  'disk fails',
  'disk stands still',
  'process is killed',
  'power is lost',
  'line is cut',
  'line goes silent',
  'window is killed',
  'host is killed unheard',
  'device loses its socket',
  'device is cut off unheard',
  'device stops reading',
  'device is revoked',
]);

/** An action that was written as a line of JSON; undefined: it is none. */
export const readAction = (line: string): Action | undefined => {
  let value: Partial<Action>;
  try {
    value = JSON.parse(line) as Partial<Action>;
  } catch {
    return undefined;
  }
  const { do: kind, a, b, rest, windows, relay } = value;
  const isKnown =
    kind !== undefined &&
    (Object.hasOwn(WEIGHTS, kind) || [...WINDOWS_KINDS, ...RELAY_KINDS].some((one) => one === kind));
  if (!isKnown || typeof rest !== 'boolean') return undefined;
  const mark = { ...(windows === true ? { windows } : {}), ...(relay === true ? { relay } : {}) };
  return isNumber(a) && isNumber(b) ? { do: kind, a, b, rest, ...mark } : undefined;
};

const isNumber = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;
