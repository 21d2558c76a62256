import { join } from 'node:path';
import * as vscode from 'vscode';
import { Failure } from '../../base/failure.ts';
import { tryAgent } from '../../backends/acp/trial.ts';
import type { AgentDefinition } from '../../backends/agent.ts';
import { systemClock } from '../../machine/clock.ts';
import { findProgram } from '../../machine/local.ts';
import { platformName } from '../../protocol/registry/launch.ts';
import type { Core } from '../core.ts';
import { plainLine } from '../plainText.ts';
import type { Run } from '../sessionCommands.ts';
import { DEMO, readAgents, readRegistryAddress, removeAgentEntry, writeAgent, writeDefaultAgent } from '../settings.ts';
import { requireTrust } from '../trust.ts';
import { addAgent as add, type AddingParts, type AddingUi, updates, updateTo, type Wanted } from './addAgent.ts';
import { chooseOf, windowUi } from './addingUi.ts';
import { RegistrySource } from './registrySource.ts';
import { isUnpacked, removeUnpacked } from './removeAgent.ts';

/** Adds an agent to the settings. @returns its id there; undefined: the person thought better of it */
export const addAgent: Run = async (core, argument) => {
  requireTrust();
  const wanted = wantedOf(argument);
  return await unlessCancelled(() => add(addingParts(core, windowOf(core)), wanted));
};

/** Takes an agent of the registry to the version that the registry has now. */
export const updateAgent: Run = async (core, argument) => {
  requireTrust();
  const ui = windowOf(core);
  const parts = addingParts(core, ui);
  const agent = await ofRegistry(argument);
  if (agent === undefined) return undefined;
  return await unlessCancelled(async () => {
    const known = await ui.progress(undefined, (_, signal) => parts.registry.lookUp(signal));
    const [update] = updates([agent], known);
    if (update !== undefined) return await updateTo(parts, agent, update.entry);
    const told = vscode.l10n.t(
      '{0} has the version of the registry: {1}.',
      plainLine(agent.label, 60),
      agent.registry?.version ?? '',
    );
    void vscode.window.showInformationMessage(told);
    return undefined;
  });
};

/** Takes an agent out of the settings, and what was unpacked for it from the disk. */
export const removeAgent: Run = async (core, argument) => {
  const all = readAgents().agents;
  const agent =
    typeof argument === 'string'
      ? named(argument, all)
      : await chooseOf(all, {
          placeHolder: vscode.l10n.t('Which agent is removed?'),
          description: ({ command, args }) => [command, ...args].join(' '),
        });
  if (agent === undefined || !(await mayRemove(core, agent))) return;
  await core.agents.stop(agent.id);
  await removeAgentEntry(agent.id);
  if (await core.secrets.has(agent.id)) await core.secrets.forget(agent.id);
  const staying = all.filter(({ id }) => id !== agent.id);
  if (agent.registry !== undefined && isUnpacked(agent, core.storage))
    await removeUnpacked(agent.registry.id, staying, core.storage);
};

const mayRemove = async (core: Core, agent: AgentDefinition): Promise<boolean> => {
  const remove = vscode.l10n.t('Remove');
  const detail = [
    vscode.l10n.t('It is taken out of your settings. Its sessions stay readable.'),
    ...(isUnpacked(agent, core.storage) ? [vscode.l10n.t('What was downloaded for it is removed from the disk.')] : []),
    ...(core.agents.isRunning(agent.id) ? [vscode.l10n.t('It is running, and ends.')] : []),
  ].join('\n');
  const question = vscode.l10n.t('Remove {0}?', plainLine(agent.label, 60));
  return (await vscode.window.showWarningMessage(question, { modal: true, detail }, remove)) === remove;
};

/** What the steps need, with the window's own way to ask. */
const addingParts = (core: Core, ui: AddingUi): AddingParts => {
  const { clock, fetch } = { clock: systemClock, fetch: globalThis.fetch };
  const address = readRegistryAddress();
  return {
    ui,
    clock,
    fetch,
    storage: core.storage,
    platform: process.platform,
    machine: platformName(process.platform, process.arch),
    registry: new RegistrySource({ clock, fetch, address, folder: join(core.storage, 'registry') }),
    agents: () => core.agents.all,
    find: async (command) => {
      const found = findProgram(command, await core.variables(), core.workspace.roots());
      return await found.catch((failure: unknown) => {
        if (failure instanceof Failure) return undefined;
        throw failure;
      });
    },
    start: (definition, watch, signal) => {
      const { workspace, environment, router, logs } = core;
      const { permissions } = router;
      // It opens no session, so there is nothing that it could tell.
      const context = { emit: () => undefined, clock, workspace, permissions, environment };
      return tryAgent(definition, { ...context, log: logs.ofAgent(definition.label) }, watch, signal);
    },
    write: writeAgent,
    writeDefault: writeDefaultAgent,
  };
};

const windowOf = (core: Core): AddingUi =>
  windowUi({
    registry: readRegistryAddress(),
    showLog: () => core.logs.show(),
    restart: (id) => core.agents.restart(id, core.signal),
  });

const ofRegistry = async (argument: unknown): Promise<AgentDefinition | undefined> => {
  const { agents } = readAgents();
  const installed = agents.filter(({ registry }) => registry !== undefined);
  if (typeof argument === 'string') return named(argument, installed);
  if (installed.length > 0)
    return await chooseOf(installed, {
      placeHolder: vscode.l10n.t('Which agent is updated?'),
      description: ({ registry }) => registry?.version ?? '',
    });
  throw new Failure(
    'missing',
    vscode.l10n.t('No agent was added from the registry.'),
    vscode.l10n.t('Others are updated in the way in which they were installed.'),
  );
};

const named = (id: string, agents: readonly AgentDefinition[]): AgentDefinition => {
  const agent = agents.find((one) => one.id === id);
  if (agent !== undefined) return agent;
  throw new Failure(
    'unknown',
    id === DEMO
      ? vscode.l10n.t('The demo agent is a part of the extension.')
      : vscode.l10n.t('There is no such agent “{0}” in your settings.', id),
  );
};

const wantedOf = (argument: unknown): Wanted => {
  const fields: Readonly<Record<string, unknown>> =
    typeof argument === 'object' && argument !== null ? { ...argument } : {};
  const { registry, command } = fields;
  return {
    ...(typeof registry === 'string' ? { registry } : {}),
    ...(typeof command === 'string' ? { command } : {}),
  };
};

const unlessCancelled = async <T>(run: () => Promise<T>): Promise<T | undefined> => {
  try {
    return await run();
  } catch (failure) {
    if (failure instanceof Failure && failure.code === 'cancelled') return undefined;
    throw failure;
  }
};
