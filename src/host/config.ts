import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type AgentSettings, parseAgents, type SettingProblem } from '../backends/agentSettings.ts';
import { type EnvironmentProblem, parseEnvironments } from '../backends/environmentSettings.ts';
import type { AgentDefinition } from '../backends/agent.ts';
import { Failure, sentence } from '../base/failure.ts';
import { isText } from '../model/fold/read.ts';
import type { Rule } from '../model/rule.ts';
import type { RelayLimits } from '../relay/ports.ts';
import { parseRules } from '../router/rules.ts';
import { type EnvironmentConfig, parseEnvironment } from './environmentConfig.ts';
import { fieldsOf, isFlag, isPositive, isWhole, optional, refuseOthers, wrong } from './fields.ts';
import { parseRelay, parseRelayLimits, type RelayConfig } from './relayConfig.ts';

export interface HostConfig {
  readonly agents: readonly AgentDefinition[];
  readonly defaultAgent?: string;
  /** Of the scope `machine`. */
  readonly rules: readonly Rule[];
  /** Absent: as the host was started. */
  readonly relay?: RelayConfig;
  readonly limits: HostLimits;
  /** Absent: nobody runs commands here from elsewhere. */
  readonly environment?: EnvironmentConfig;
  /** Whether sessions are kept on the disk, and how many megabytes they may take; undefined: any number. */
  readonly journal: { readonly enabled: boolean; readonly megabytes: number | undefined };
  /** The host ends after so long without a running turn and without a surface; undefined: never. */
  readonly idleMinutes?: number;
}

/** As far as it is said; the rest is as each part has it. */
export interface HostLimits {
  /** Bytes of one message to the host. */
  readonly messageBytes?: number;
  readonly relay?: Partial<RelayLimits>;
}

/** As the settings of the editor have it. */
const MOST_MEGABYTES = 1024;

export const DEFAULT_CONFIG: HostConfig = {
  agents: [],
  rules: [],
  limits: {},
  journal: { enabled: true, megabytes: MOST_MEGABYTES },
};

/** @throws Failure `usage`, which names the file and the key */
export const readConfig = async (path: string): Promise<HostConfig> => {
  try {
    return parseConfig(JSON.parse(await readFile(path, 'utf8')), dirname(path));
  } catch (failure) {
    throw new Failure('usage', `The configuration ${path} cannot be used: ${sentence(failure)}`, undefined, {
      cause: failure,
    });
  }
};

/** @param folder what paths in it are relative to; without one they are absolute @throws Failure `usage` */
export const parseConfig = (value: unknown, folder = '/'): HostConfig => {
  const { agents, environments, defaultAgent, permissions, journal, relay, limits, environment, ...others } = fieldsOf(
    value,
    'it',
  );
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
    ...(relay === undefined ? {} : { relay: parseRelay(relay, folder) }),
    ...(environment === undefined ? {} : { environment: parseEnvironment(environment, folder) }),
    ...limitsOf(limits),
  };
};

const agentsOf = (value: unknown, environments: unknown): AgentSettings['agents'] => {
  const machines = parseEnvironments(environments, 'environments');
  const { agents, problems } = parseAgents(value, 'agents', machines.environments);
  const [first] = [...machines.problems, ...problems];
  if (first !== undefined) throw wrong(`${first.key} ${EXPECTED[first.expected]}.`);
  const [address] = machines.addresses.keys();
  if (address !== undefined) throw wrong(`environments.${address} is one that only a window can use.`);
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
  socketAddress: 'must be an address that begins with “wss://”, or with “ws://” for this machine alone',
  webAddress: 'must be an address that begins with “https://”, or with “http://” for this machine alone',
  anyAddress: 'must be an address with encryption, or one of this machine',
  fingerprint: 'must be the SHA-256 of a certificate: 64 hexadecimal digits',
  headers: 'must hold texts by the names of headers, and none that is secret',
  envID: 'must begin with “env_”',
  files: 'must be “here” or “there”',
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
  const most = optional(maxMegabytes, isPositive, 'journal.maxMegabytes must be a number from 0 on.') ?? MOST_MEGABYTES;
  return {
    enabled: optional(enabled, isFlag, 'journal.enabled must be true or false.') ?? true,
    megabytes: most === 0 ? undefined : most,
  };
};

const limitsOf = (value: unknown): Pick<HostConfig, 'limits' | 'idleMinutes'> => {
  const said = value === undefined ? {} : fieldsOf(value, 'limits');
  const { messageBytes, idleMinutes, ringFrames, ringBytes, liveSessions, terminals, ...others } = said;
  refuseOthers(others, 'limits.');
  const relay = parseRelayLimits({ ringFrames, ringBytes, liveSessions, terminals });
  const bytes = optional(messageBytes, isWhole, 'limits.messageBytes must be a whole number.');
  if (bytes !== undefined && bytes < LEAST_MESSAGE)
    throw wrong(`limits.messageBytes must be ${LEAST_MESSAGE} at the least.`);
  const minutes = optional(idleMinutes, isPositive, 'limits.idleMinutes must be a number from 0 on.');
  return {
    limits: {
      ...(bytes === undefined ? {} : { messageBytes: bytes }),
      ...(Object.keys(relay).length === 0 ? {} : { relay }),
    },
    ...(minutes === undefined || minutes === 0 ? {} : { idleMinutes: minutes }),
  };
};

/** Less would hold no prompt of an ordinary length. */
const LEAST_MESSAGE = 64 * 1024;
