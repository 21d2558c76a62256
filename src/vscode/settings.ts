import * as vscode from 'vscode';
import type { AgentDefinition } from '../backends/agent.ts';
import { agentsAt, type TakenId } from '../backends/agentsAt.ts';
import { type AgentSettings, parseAgents, type SettingProblem } from '../backends/agentSettings.ts';
import {
  type EnvironmentProblem,
  type EnvironmentSettings,
  parseEnvironments,
} from '../backends/environmentSettings.ts';

export const DEMO = 'demo';

/** The agent that ships with the extension, started like any other. */
export const demoAgent = (extension: vscode.Uri): AgentDefinition => ({
  id: DEMO,
  label: vscode.l10n.t('Demo'),
  node: true,
  command: vscode.Uri.joinPath(extension, 'dist', 'demoAgent.js').fsPath,
  args: [],
});

/**
 * What the person wrote, and never what a workspace brought along: a cloned folder must not name the program that is
 * started. VS Code drops workspace values of a machine setting by itself; this holds even where it would not.
 */
export const ofThePerson = (key: string): unknown =>
  vscode.workspace.getConfiguration('wheelhouse').inspect<unknown>(key)?.globalValue;

/** Other machines. */
export const readEnvironments = (): EnvironmentSettings => parseEnvironments(ofThePerson('environments'));

export interface ReadAgents extends Pick<AgentSettings, 'agents'> {
  readonly problems: readonly (SettingProblem | EnvironmentProblem | TakenId)[];
}

/** With the machines that they run on. */
export const readAgents = (): ReadAgents => {
  const far = readEnvironments();
  const { agents, problems } = parseAgents(ofThePerson('agents'), undefined, far.environments);
  const at = agentsAt(far, new Set([DEMO, ...agents.map(({ id }) => id)]));
  return {
    agents: [...agents, ...at.agents],
    problems: [...far.problems, ...problems, ...at.problems],
  };
};

/** The id that the person chose, if any. */
export const readDefaultAgent = (): string | undefined => {
  const value = ofThePerson('defaultAgent');
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined;
};

/** Writes the fields over those that the entry has in the person's settings. */
export const writeAgent = async (id: string, fields: Readonly<Record<string, unknown>>): Promise<void> => {
  const all = agentEntries();
  const old = all[id];
  await write('agents', { ...all, [id]: { ...(typeof old === 'object' ? old : {}), ...fields } });
};

export const removeAgentEntry = async (id: string): Promise<void> => {
  const { [id]: gone, ...staying } = agentEntries();
  if (gone === undefined) return;
  await write('agents', Object.keys(staying).length === 0 ? undefined : staying);
  if (readDefaultAgent() === id) await write('defaultAgent', undefined);
};

export const writeDefaultAgent = (id: string): Promise<void> => write('defaultAgent', id);

/** As they stand there, whether they can be read or not. */
const agentEntries = (): Readonly<Record<string, unknown>> => {
  const value = ofThePerson('agents');
  return typeof value === 'object' && value !== null ? { ...value } : {};
};

const write = async (key: string, value: unknown): Promise<void> => {
  await vscode.workspace.getConfiguration('wheelhouse').update(key, value, vscode.ConfigurationTarget.Global);
};

/** Of the index that agents are looked up in. */
export const readRegistryAddress = (): string => {
  const value = ofThePerson('registry');
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : OFFICIAL_REGISTRY;
};

/** As package.json has it. */
const OFFICIAL_REGISTRY = 'https://cdn.agentclientprotocol.com/registry/v1/latest/registry.json';

/** Whether what goes over the wires of agents is shown and kept. */
export const wireLogWanted = (): boolean => ofThePerson('wireLog') === true;

export const writeWireLog = (on: boolean): Promise<void> => write('wireLog', on ? true : undefined);

export const notificationsWanted = (): boolean =>
  vscode.workspace.getConfiguration('wheelhouse').get<unknown>('notifications') !== 'never';

/** Whether sessions are kept on this machine's disk. */
export const journalWanted = (): boolean => ofThePerson('journal.enabled') !== false;

/** Megabytes that all sessions on this machine's disk may take; undefined: any number. */
export const journalLimit = (): number | undefined => {
  const value = ofThePerson('journal.maxMegabytes');
  const limit = typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : DEFAULT_MEGABYTES;
  return limit === 0 ? undefined : limit;
};

/** As package.json has it. */
const DEFAULT_MEGABYTES = 1024;

/** Whether sessions live in this window, or in a process of this machine that outlives it. */
export const readOwner = (): 'window' | 'machine' =>
  ofThePerson('sessions.owner') === 'machine' ? 'machine' : 'window';

/** Minutes after which the background host ends by itself, when nothing runs in it and no window is there; 0: never. */
export const readHostIdle = (): number => {
  const value = ofThePerson('sessions.hostIdleMinutes');
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : DEFAULT_IDLE;
};

/** As package.json has it. */
const DEFAULT_IDLE = 60;

export const readMcpSetting = (): unknown => ofThePerson('mcpServers');

/** Beside those that are there; one of the same name is replaced. */
export const writeMcpServers = async (entries: Readonly<Record<string, object>>): Promise<void> => {
  const old = readMcpSetting();
  await write('mcpServers', { ...(typeof old === 'object' ? old : {}), ...entries });
};

/** By name: what each webhook is told of. */
export const readWebhookSetting = (): Readonly<Record<string, unknown>> => {
  const value = ofThePerson('webhooks');
  return typeof value === 'object' && value !== null ? { ...value } : {};
};

export const writeWebhookSetting = (entries: Readonly<Record<string, unknown>> | undefined): Promise<void> =>
  write('webhooks', entries);

export const readRulesSetting = (): unknown => ofThePerson('permissions.rules');

export const writeRulesSetting = (rules: readonly unknown[]): Promise<void> => write('permissions.rules', rules);

const EXPECTED: Readonly<Record<ReadAgents['problems'][number]['expected'], () => string>> = {
  object: () => vscode.l10n.t('must be an object'),
  text: () => vscode.l10n.t('must be a text that is not empty'),
  textList: () => vscode.l10n.t('must be a list of texts'),
  textOrNull: () => vscode.l10n.t('must be a text, or null to remove it'),
  boolean: () => vscode.l10n.t('must be true or false'),
  knownKey: () => vscode.l10n.t('is not known here'),
  id: () => vscode.l10n.t('is no usable id: letters, digits, dots, dashes and underscores, and not “demo”'),
  environment: () =>
    vscode.l10n.t('names none of wheelhouse.environments that carry agents: those of the kinds “ssh” and “exec” do'),
  environmentId: () => vscode.l10n.t('is no usable id: letters, digits, dots, dashes and underscores'),
  environmentKind: () =>
    vscode.l10n.t(
      'must be “ssh”, “exec”, “acp”, “relay”, “environment” or “terminal”: this version knows no other kind',
    ),
  arguments: () => vscode.l10n.t('must be a list of texts that begins with a program'),
  socketAddress: () =>
    vscode.l10n.t('must be an address that begins with “wss://”, or with “ws://” for this machine alone'),
  webAddress: () =>
    vscode.l10n.t('must be an address that begins with “https://”, or with “http://” for this machine alone'),
  anyAddress: () => vscode.l10n.t('must be an address with encryption, or one of this machine'),
  fingerprint: () => vscode.l10n.t('must be the SHA-256 of a certificate: 64 hexadecimal digits'),
  headers: () => vscode.l10n.t('must hold texts by the names of headers, and none that says who you are'),
  envID: () => vscode.l10n.t('must begin with “env_”'),
  files: () => vscode.l10n.t('must be “here” or “there”'),
  otherId: () => vscode.l10n.t('needs another id: an agent has this one'),
  farPath: () => vscode.l10n.t('must be an absolute path of that machine, which begins with “/”'),
  destination: () => vscode.l10n.t('must be a host as ssh takes it: one word that does not begin with a dash'),
};

export const problemLine = (problem: ReadAgents['problems'][number]): string =>
  `${problem.key} ${EXPECTED[problem.expected]()}`;
