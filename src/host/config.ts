import { readFile } from 'node:fs/promises';
import { type AgentSettings, parseAgents, type SettingProblem } from '../backends/agentSettings.ts';
import { type EnvironmentProblem, parseEnvironments } from '../backends/environmentSettings.ts';
import type { AgentDefinition } from '../backends/agent.ts';
import { Failure, sentence } from '../base/failure.ts';
import { isFields, isText } from '../model/fold/read.ts';
import type { Rule } from '../model/rule.ts';
import { LIMITS } from '../router/limits.ts';
import { parseRules } from '../router/rules.ts';

export interface HostConfig {
  readonly agents: readonly AgentDefinition[];
  readonly defaultAgent?: string;
  /** Of the scope `machine`. */
  readonly rules: readonly Rule[];
  /** Bytes of one message to the host. */
  readonly messageBytes: number;
  /** Whether sessions are kept on the disk, and how many megabytes they may take; undefined: any number. */
  readonly journal: { readonly enabled: boolean; readonly megabytes: number | undefined };
  /** The host ends after so long without a running turn and without a surface; undefined: never. */
  readonly idleMinutes?: number;
}

/** As the settings of the editor have it. */
const MOST_MEGABYTES = 1024;

export const DEFAULT_CONFIG: HostConfig = {
  agents: [],
  rules: [],
  messageBytes: LIMITS.windowLine,
  journal: { enabled: true, megabytes: MOST_MEGABYTES },
};

/** @throws Failure `usage`, which names the file and the key */
export const readConfig = async (path: string): Promise<HostConfig> => {
  try {
    return parseConfig(JSON.parse(await readFile(path, 'utf8')));
  } catch (failure) {
    throw new Failure('usage', `The configuration ${path} cannot be used: ${sentence(failure)}`, undefined, {
      cause: failure,
    });
  }
};

type Fields = Readonly<Record<string, unknown>>;

/** @throws Failure `usage` */
export const parseConfig = (value: unknown): HostConfig => {
  const { agents, environments, defaultAgent, permissions, journal, limits, ...others } = fieldsOf(value, 'it');
  refuseOthers(others, '');
  const known = agentsOf(agents, environments);
  const chosen = optional(defaultAgent, isText, 'defaultAgent must be a text.');
  if (chosen !== undefined && chosen !== 'demo' && !known.some(({ id }) => id === chosen))
    throw wrong(`defaultAgent names “${chosen}”, and there is no such agent.`);
  return {
    ...DEFAULT_CONFIG,
    agents: known,
    ...(chosen === undefined ? {} : { defaultAgent: chosen }),
    rules: rulesOf(permissions),
    journal: journalOf(journal),
    ...limitsOf(limits),
  };
};

const agentsOf = (value: unknown, environments: unknown): AgentSettings['agents'] => {
  const machines = parseEnvironments(environments, 'environments');
  const { agents, problems } = parseAgents(value, 'agents', machines.environments);
  const [first] = [...machines.problems, ...problems];
  if (first !== undefined) throw wrong(`${first.key} ${EXPECTED[first.expected]}.`);
  return agents;
};

const EXPECTED: Readonly<Record<(SettingProblem | EnvironmentProblem)['expected'], string>> = {
  object: 'must be an object',
  text: 'must be a text that is not empty',
  textList: 'must be a list of texts',
  textOrNull: 'must be a text, or null to remove it',
  boolean: 'must be true or false',
  knownKey: 'is not known',
  id: 'is no usable id: letters, digits, dots, dashes and underscores, and not “demo”',
  environment: 'names none of the environments that can be used',
  environmentId: 'is no usable id: letters, digits, dots, dashes and underscores',
  environmentKind: 'must be “ssh” or “exec”: this version knows no other kind',
  arguments: 'must be a list of texts that begins with a program',
  farPath: 'must be an absolute path of that machine, which begins with “/”',
  destination: 'must be a host as ssh takes it: one word that does not begin with a dash',
};

const rulesOf = (value: unknown): readonly Rule[] => {
  if (value === undefined) return [];
  const { rules, ...others } = fieldsOf(value, 'permissions');
  refuseOthers(others, 'permissions.');
  const parsed = parseRules(rules);
  const [first] = parsed.problems;
  if (first !== undefined)
    throw wrong(`${first.key.replace('wheelhouse.', '')} is wrong: ${first.expected} was expected.`);
  return parsed.rules;
};

const journalOf = (value: unknown): HostConfig['journal'] => {
  const { enabled, maxMegabytes, ...others } = value === undefined ? {} : fieldsOf(value, 'journal');
  refuseOthers(others, 'journal.');
  const isFlag = (flag: unknown): flag is boolean => typeof flag === 'boolean';
  const most = optional(maxMegabytes, isPositive, 'journal.maxMegabytes must be a number from 0 on.') ?? MOST_MEGABYTES;
  return {
    enabled: optional(enabled, isFlag, 'journal.enabled must be true or false.') ?? true,
    megabytes: most === 0 ? undefined : most,
  };
};

const limitsOf = (value: unknown): Pick<HostConfig, 'messageBytes' | 'idleMinutes'> => {
  const { messageBytes, idleMinutes, ...others } = value === undefined ? {} : fieldsOf(value, 'limits');
  refuseOthers(others, 'limits.');
  const bytes = optional(messageBytes, isWhole, 'limits.messageBytes must be a whole number.');
  if (bytes !== undefined && bytes < LEAST_MESSAGE)
    throw wrong(`limits.messageBytes must be ${LEAST_MESSAGE} at the least.`);
  const minutes = optional(idleMinutes, isPositive, 'limits.idleMinutes must be a number from 0 on.');
  return {
    messageBytes: bytes ?? DEFAULT_CONFIG.messageBytes,
    ...(minutes === undefined || minutes === 0 ? {} : { idleMinutes: minutes }),
  };
};

/** Less would hold no prompt of an ordinary length. */
const LEAST_MESSAGE = 64 * 1024;

/** What only parts understand that this version does not have: refused as well, or somebody would rely on it. */
const LATER: ReadonlySet<string> = new Set([
  'environment',
  'relay',
  'limits.ringFrames',
  'limits.ringBytes',
  'limits.liveSessions',
  'limits.terminals',
]);

const refuseOthers = (others: Fields, prefix: string): void => {
  const [first] = Object.keys(others);
  if (first === undefined) return;
  const key = `${prefix}${first}`;
  if (LATER.has(key)) throw wrong(`the key “${key}” belongs to what this version of the host does not serve.`);
  throw wrong(`nobody knows the key “${key}”.`);
};

const fieldsOf = (value: unknown, what: string): Fields => {
  if (isFields(value)) return value;
  throw wrong(`${what} must be an object.`);
};

const optional = <T>(value: unknown, is: (value: unknown) => value is T, message: string): T | undefined => {
  if (value === undefined || is(value)) return value;
  throw wrong(message);
};

const isWhole = (value: unknown): value is number => Number.isSafeInteger(value);
const isPositive = (value: unknown): value is number =>
  typeof value === 'number' && Number.isFinite(value) && value >= 0;

const wrong = (message: string): Failure => new Failure('usage', message);
