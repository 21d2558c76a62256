import type { FarMachine } from '../router/farMachine.ts';
import type { AgentDefinition } from './agent.ts';

type Capabilities = NonNullable<AgentDefinition['capabilities']>;

/** What is wrong with one entry of `wheelhouse.agents`; an entry with a problem is not used at all. */
export interface SettingProblem {
  /** Where it stands, as a person would find it: `wheelhouse.agents.mine.args`. */
  readonly key: string;
  readonly expected: 'object' | 'text' | 'textList' | 'textOrNull' | 'boolean' | 'knownKey' | 'id' | 'environment';
}

export interface AgentSettings {
  readonly agents: readonly AgentDefinition[];
  readonly problems: readonly SettingProblem[];
}

/** Where a person finds it. */
const SETTING = 'wheelhouse.agents';
const ID = /^(?!demo$)[A-Za-z0-9][A-Za-z0-9._-]*$/u;

type Fields = Readonly<Record<string, unknown>>;
type Report = (key: string, expected: SettingProblem['expected']) => void;

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isText = (value: unknown): value is string => typeof value === 'string';

/** Reads the value of the setting; never throws, whatever stands there. */
export const parseAgents = (
  value: unknown,
  setting = SETTING,
  environments: ReadonlyMap<string, FarMachine> = new Map(),
): AgentSettings => {
  const problems: SettingProblem[] = [];
  if (value === undefined) return { agents: [], problems };
  if (!isFields(value)) return { agents: [], problems: [{ key: setting, expected: 'object' }] };
  const agents: AgentDefinition[] = [];
  for (const [id, entry] of Object.entries(value)) {
    const before = problems.length;
    const agent = parseAgent(`${setting}.${id}`, id, entry, (key, expected) => problems.push({ key, expected }));
    const where = isFields(entry) ? entry['environment'] : undefined;
    const machine = isText(where) ? environments.get(where) : undefined;
    // In its place nothing is started: the person wants it to run on another machine.
    if (where !== undefined && machine === undefined)
      problems.push({ key: `${setting}.${id}.environment`, expected: 'environment' });
    if (agent !== undefined && problems.length === before) agents.push(machine ? moved(agent, machine) : agent);
  }
  return { agents, problems };
};

/** Two agents of one name are told apart by where they run, wherever an agent is named. */
const moved = (agent: AgentDefinition, machine: FarMachine): AgentDefinition => ({
  ...agent,
  label: `${agent.label}${suffixOf(machine)}`,
  machine,
});

const suffixOf = ({ label }: FarMachine): string => ` · ${label}`;

/** As they would stand in the settings, for another reader of these. */
export const writtenAgents = (
  agents: readonly AgentDefinition[],
): { readonly agents: Fields; readonly environments: Fields } => {
  const machines = agents.flatMap(({ machine }) => machine ?? []);
  return {
    agents: Object.fromEntries(
      agents.map(({ id, label, node: _, machine, ...entry }) => [
        id,
        machine === undefined
          ? { name: label, ...entry }
          : { name: label.slice(0, -suffixOf(machine).length), ...entry, environment: machine.id },
      ]),
    ),
    environments: Object.fromEntries(machines.map(({ id, label, ...entry }) => [id, { name: label, ...entry }])),
  };
};

const parseAgent = (key: string, id: string, value: unknown, report: Report): AgentDefinition | undefined => {
  if (!ID.test(id)) report(key, 'id');
  if (!isFields(value)) {
    report(key, 'object');
    return undefined;
  }
  const { name, command, args, env, environment: _, capabilities, registry, ...unknown } = value;
  // A key that nobody here knows might be the one that says where or how to run it: running it anyway would be wrong.
  for (const each of Object.keys(unknown)) report(`${key}.${each}`, 'knownKey');
  if (name !== undefined && !isText(name)) report(`${key}.name`, 'text');
  if (!isText(command) || command.trim() === '') {
    report(`${key}.command`, 'text');
    return undefined;
  }
  return {
    id,
    label: isText(name) && name.trim() !== '' ? name : id,
    command,
    args: parseArguments(`${key}.args`, args, report),
    ...(env === undefined ? {} : { env: parseVariables(`${key}.env`, env, report) }),
    ...(capabilities === undefined
      ? {}
      : { capabilities: parseCapabilities(`${key}.capabilities`, capabilities, report) }),
    ...(registry === undefined ? {} : { registry: parseOrigin(`${key}.registry`, registry, report) }),
  };
};

const parseOrigin = (
  key: string,
  value: unknown,
  report: Report,
): { readonly id: string; readonly version: string } => {
  const { id, version } = fieldsOf(key, value, report);
  if (isText(id) && isText(version)) return { id, version };
  if (!isText(id)) report(`${key}.id`, 'text');
  if (!isText(version)) report(`${key}.version`, 'text');
  return { id: '', version: '' };
};

const parseArguments = (key: string, value: unknown, report: Report): readonly string[] => {
  if (value === undefined) return [];
  if (Array.isArray(value) && value.every(isText)) return value;
  report(key, 'textList');
  return [];
};

const parseVariables = (key: string, value: unknown, report: Report): Readonly<Record<string, string | null>> => {
  const variables: Record<string, string | null> = {};
  if (!isFields(value)) report(key, 'object');
  else
    for (const [name, each] of Object.entries(value)) {
      if (isText(each) || each === null) variables[name] = each;
      else report(`${key}.${name}`, 'textOrNull');
    }
  return variables;
};

const parseCapabilities = (key: string, value: unknown, report: Report): Capabilities => {
  const { fs, ...flags } = fieldsOf(key, value, report);
  return {
    ...parseFlags(key, flags, ['terminal', 'elicitation', 'plan', 'subagents'], report),
    ...(fs === undefined
      ? {}
      : { fs: parseFlags(`${key}.fs`, fieldsOf(`${key}.fs`, fs, report), ['readTextFile', 'writeTextFile'], report) }),
  };
};

const fieldsOf = (key: string, value: unknown, report: Report): Fields => {
  if (isFields(value)) return value;
  report(key, 'object');
  return {};
};

const parseFlags = <Name extends string>(
  key: string,
  value: Fields,
  known: readonly Name[],
  report: Report,
): Partial<Record<Name, boolean>> => {
  const flags: Partial<Record<Name, boolean>> = {};
  for (const [name, each] of Object.entries(value)) {
    const found = known.find((one) => one === name);
    if (found === undefined) report(`${key}.${name}`, 'knownKey');
    else if (typeof each === 'boolean') flags[found] = each;
    else report(`${key}.${name}`, 'boolean');
  }
  return flags;
};
