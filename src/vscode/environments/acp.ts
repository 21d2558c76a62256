import * as vscode from 'vscode';
import { tryAgent } from '../../backends/acp/trial.ts';
import { Failure } from '../../base/failure.ts';
import { type AgentAddress, agentLink } from '../../machine/remote/agentLink.ts';
import { agentProcess } from '../../machine/remote/agentProcess.ts';
import { agentsAt } from '../../backends/agentsAt.ts';
import type { AgentIntro } from '../../protocol/acp/agent.ts';
import type { Environment } from '../../router/ports.ts';
import type { FarKindModule, FarParts } from './far.ts';
import { FarAgent } from './farAgent.ts';

type Acp = FarKindModule<'acp'>;

/** Agents that run elsewhere already: their sessions live in this window. */
export const open: Acp['open'] = (parts, core) => new FarAgent(core, parts, agentLink(addressOf(parts), parts.clock));

export const probe: Acp['probe'] = async (parts, signal) => {
  const { address, clock, log } = parts;
  const connect = agentLink(addressOf(parts), clock);
  const environment: Environment = {
    label: address.label,
    spawn: async (_, stop) =>
      agentProcess({ link: await connect(stop), clock, heard: () => undefined, over: () => undefined }),
    terminal: nothing,
  };
  // It opens no session, so there is nothing that it could tell or ask for.
  const context = {
    emit: () => undefined,
    workspace: { roots: () => [address.folder], place: nothing, readText: nothing, writeText: nothing },
    permissions: { decide: () => ({}) },
    environment,
    clock,
    log,
  };
  const { agents } = agentsAt({ addresses: new Map([[address.id, address]]) }, new Set());
  const [definition] = agents;
  if (definition === undefined) return [];
  return found(await tryAgent(definition, context, { reached: () => undefined, said: () => undefined }, signal));
};

/** Of what a person would miss, or wait for. */
const found = ({ name, title, version, resume, load, authMethods }: AgentIntro): readonly string[] => [
  [title ?? name ?? vscode.l10n.t('An agent without a name'), version].filter(Boolean).join(' '),
  resume || load
    ? vscode.l10n.t('It takes its sessions up again after the connection was away.')
    : vscode.l10n.t('It cannot take a session up again: what it knows ends with the connection.'),
  ...(authMethods.length > 0 ? [vscode.l10n.t('It may ask you to sign in.')] : []),
];

const nothing = async (): Promise<never> => {
  throw new Failure('unsupported', vscode.l10n.t('There is nothing of this machine to be had.'));
};

const addressOf = ({ address, secret, ways }: FarParts<'acp'>): AgentAddress => {
  const { url, fingerprint, headers, secretHeader } = address;
  return {
    url,
    headers,
    ...(fingerprint === undefined ? {} : { fingerprint }),
    ...(secretHeader === undefined ? {} : { secretHeader }),
    secret,
    ways,
  };
};
