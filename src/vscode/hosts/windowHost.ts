import { join } from 'node:path';
import type { McpServer } from '@agentclientprotocol/sdk';
import * as vscode from 'vscode';
import type { AgentDefinition } from '../../backends/agent.ts';
import { writtenAgents } from '../../backends/agentSettings.ts';
import type { HostBackend } from '../../backends/host.ts';
import { Disposables } from '../../base/disposable.ts';
import { sentence } from '../../base/failure.ts';
import type { Summary } from '../../model/summary.ts';
import type { HostSettings } from '../../protocol/view/messages.ts';
import { parseRules } from '../../router/rules.ts';
import { type Core, DEVICE, type NewSession, type SessionStart, words } from '../core.ts';
import { belongsTo } from '../history.ts';
import { editorNodePty } from '../nodePty.ts';
import { DEMO, journalLimit, journalWanted, readDefaultAgent, readHostIdle, readRulesSetting } from '../settings.ts';
import { windowAnswers } from './answers.ts';
import { HostAgents } from './hostAgents.ts';
import { MachineHost } from './machineHost.ts';
import { opened } from './opened.ts';
import { HostTerminals } from './terminals.ts';

/** The background host, where sessions of this window live: the setting `wheelhouse.sessions.owner` says `machine`. */
export interface WindowHost extends AsyncDisposable {
  readonly backend: HostBackend;
  readonly agents: HostAgents;
  readonly terminals: HostTerminals;
  /** Why it cannot be used right now: a sentence, and what to do. */
  readonly trouble: string | undefined;
  start(options: SessionStart, signal: AbortSignal): Promise<NewSession>;
  end(again: boolean): Promise<void>;
}

export const beginMachineHost = (
  core: Core,
  parts: {
    readonly extension: vscode.Uri;
    readonly version: string;
    mcpServers(cwd: string): Promise<readonly McpServer[]>;
  },
): WindowHost => {
  const { store, logs, storage, signal } = core;
  const { version } = parts;
  const roots = (): readonly string[] => core.workspace.roots();
  const belongs = ({ cwd, machine }: Summary): boolean => machine !== undefined || belongsTo(roots(), cwd);
  const settings = async (): Promise<HostSettings> => {
    const nodePty = editorNodePty(vscode.env.appRoot);
    return {
      config: configOf(agents.all),
      mcpServers: await Promise.all(roots().map(async (cwd) => ({ cwd, servers: await parts.mcpServers(cwd) }))),
      ...(nodePty === undefined ? {} : { nodePty }),
    };
  };
  const host = new MachineHost({
    dist: join(parts.extension.fsPath, 'dist'),
    storage,
    version,
    device: DEVICE,
    store,
    log: logs.main,
    roots,
    variables: core.variables,
    settings,
    follows: belongs,
    answers: windowAnswers({
      workspace: core.files,
      secrets: core.secrets,
      // Of no folder.
      keepRule: (rule) => core.rules.keep(rule, ''),
    }),
    outdated: (theirs) => void tellOutdated(host, theirs, version, logs.main.error),
  });
  core.router.addRemote(host.backend);
  core.catalogue.add(host.backend, belongs);
  const agents = new HostAgents((stop) => host.online(stop));
  const owned = new Disposables();
  const terminals = owned.add(new HostTerminals(host.backend, core.terminals));
  const configure = (): void => host.configure();
  owned.add(host.backend.onChanged(() => core.tree.describe(wordsOf(host.backend, version))));
  owned.add(agents.onChanged(configure));
  owned.add(vscode.workspace.onDidChangeWorkspaceFolders(configure));
  owned.add(
    vscode.workspace.onDidChangeConfiguration((change) => {
      if (change.affectsConfiguration('wheelhouse')) configure();
    }),
  );
  return {
    backend: host.backend,
    agents,
    terminals,
    get trouble() {
      return host.trouble ?? host.backend.setup?.trouble;
    },
    async start({ agent, cwd, fork }, stop) {
      const backend = await host.online(stop);
      const from = fork === undefined ? {} : { fork };
      const key = await backend.open({ agent, cwd, roots: roots(), ...from }, stop);
      return { key, opened: opened(store, key, signal) };
    },
    end: (again) => host.end(again),
    async [Symbol.asyncDispose]() {
      owned.dispose();
      await host[Symbol.asyncDispose]();
    },
  };
};

/** Which of several hosts it is, and how it is: for the list of sessions. */
const wordsOf = ({ state, greeting }: HostBackend, version: string): string => {
  switch (state) {
    case 'connected':
      return greeting === undefined || greeting.app === version
        ? vscode.l10n.t('background host')
        : vscode.l10n.t('background host {0}', greeting.app);
    case 'refused':
      return vscode.l10n.t('background host of another version');
    case 'gone':
      return vscode.l10n.t('background host stopped');
    default:
      return vscode.l10n.t('background host: connecting');
  }
};

/** As the file that the host reads: what is wrong in the settings has been told, and is left out. */
const configOf = (agents: readonly AgentDefinition[]): HostSettings['config'] => {
  const written = readRulesSetting();
  const chosen = readDefaultAgent();
  return {
    ...writtenAgents(agents.filter(({ id }) => id !== DEMO)),
    ...(chosen !== undefined && agents.some(({ id }) => id === chosen) ? { defaultAgent: chosen } : {}),
    permissions: {
      rules: Array.isArray(written) ? written.filter((rule) => parseRules([rule]).problems.length === 0) : [],
    },
    journal: { enabled: journalWanted(), maxMegabytes: journalLimit() ?? 0 },
    limits: { idleMinutes: readHostIdle() },
  };
};

const tellOutdated = async (
  host: MachineHost,
  version: string,
  ours: string,
  failed: (message: string) => void,
): Promise<void> => {
  const restart = vscode.l10n.t('Restart It Now');
  const message = vscode.l10n.t(
    'The background host is Wheelhouse {0}, and goes on with what runs in it. It is exchanged for {1} when nothing does any more; restarting it now ends that.',
    version,
    ours,
  );
  if ((await vscode.window.showInformationMessage(message, restart)) !== restart) return;
  await host.end(true).catch((failure: unknown) => {
    failed(sentence(failure));
    void vscode.window.showErrorMessage(words(failure));
  });
};
