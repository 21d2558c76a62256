import { join } from 'node:path';
import type { McpServer } from '@agentclientprotocol/sdk';
import * as vscode from 'vscode';
import type { AgentDefinition } from '../../backends/agent.ts';
import type { AgentSet } from '../../backends/agents.ts';
import { writtenAgents } from '../../backends/agentSettings.ts';
import type { HostBackend } from '../../backends/host.ts';
import { Disposables } from '../../base/disposable.ts';
import { sentence } from '../../base/failure.ts';
import type { Summary } from '../../model/summary.ts';
import type { HostSettings } from '../../protocol/view/messages.ts';
import { parseRules } from '../../router/rules.ts';
import { type Core, DEVICE, words } from '../core.ts';
import type { NewSession, SessionStart } from '../coreParts.ts';
import { belongsTo } from '../history.ts';
import { editorNodePty } from '../nodePty.ts';
import { DEMO, journalLimit, journalWanted, readDefaultAgent, readHostIdle, readRulesSetting } from '../settings.ts';
import { webhookRecord } from '../webhooks/beginWebhooks.ts';
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
  /** Resolves when it is there, started where none ran. @throws Failure why it cannot be had */
  online(signal: AbortSignal): Promise<HostBackend>;
  /** Tells it of the settings, where it was not told of them as they are. */
  configure(): void;
  end(again: boolean): Promise<void>;
}

export const beginMachineHost = (
  core: Core,
  parts: {
    readonly extension: vscode.Uri;
    readonly version: string;
    /** For those that can run in this window alone. */
    readonly own: AgentSet;
    mcpServers(cwd: string): Promise<readonly McpServer[]>;
  },
): WindowHost => {
  const { store, logs, storage, signal } = core;
  const { version } = parts;
  const roots = (): readonly string[] => core.workspace.roots();
  const belongs = ({ cwd, machine }: Summary): boolean => machine !== undefined || belongsTo(roots(), cwd);
  const settings = async (): Promise<HostSettings> => {
    const nodePty = editorNodePty(vscode.env.appRoot);
    const webhooks = await webhookRecord(core);
    return {
      config: configOf(agents.all, await relayOf()),
      mcpServers: await Promise.all(roots().map(async (cwd) => ({ cwd, servers: await parts.mcpServers(cwd) }))),
      ...(webhooks === undefined ? {} : { webhooks }),
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
      admitDevice: async (asked, stop) => await (await core.relay.open()).admit(asked, stop),
      askChange: async (change, stop) =>
        await (await import('../relay/askChange.ts')).askChange(core.diffs, change, stop),
    }),
    outdated: (theirs) => void tellOutdated(host, theirs, version, logs.main.error),
  });
  core.router.addRemote(host.backend);
  core.catalogue.add(host.backend, belongs);
  const agents = new HostAgents((stop) => host.online(stop), parts.own);
  const owned = new Disposables();
  const terminals = owned.add(new HostTerminals(host.backend, core.terminals));
  const configure = (): void => host.configure();
  owned.add(
    host.backend.onChanged(() => {
      core.tree.describe('host', wordsOf(host.backend, version));
      // Its relay may listen already, and that is to be seen.
      if (host.backend.state === 'connected') core.relay.open().catch(() => undefined);
    }),
  );
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
      if (agents.isOwn(agent)) return core.begin({ agent, cwd, ...(fork === undefined ? {} : { fork }) });
      const backend = await host.online(stop);
      const from = fork === undefined ? {} : { fork };
      const key = await backend.open({ agent, cwd, roots: roots(), ...from }, stop);
      return { key, opened: opened(store, key, signal) };
    },
    configure,
    online: (stop) => host.online(stop),
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

/** What is wrong in it is told when the relay is started. */
const relayOf = async (): Promise<object | undefined> => {
  const { readRelaySettings } = await import('../relay/relaySettings.ts');
  try {
    return readRelaySettings();
  } catch {
    return undefined;
  }
};

/** As the file that the host reads: what is wrong in the settings has been told, and is left out. */
const configOf = (agents: readonly AgentDefinition[], relay: object | undefined): HostSettings['config'] => {
  const written = readRulesSetting();
  const chosen = readDefaultAgent();
  return {
    ...writtenAgents(agents.filter(({ id, address }) => id !== DEMO && address === undefined)),
    ...(chosen !== undefined && agents.some(({ id, address }) => id === chosen && address === undefined)
      ? { defaultAgent: chosen }
      : {}),
    ...(relay === undefined ? {} : { relay }),
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
