import { hostname } from 'node:os';
import * as vscode from 'vscode';
import { Failure } from '../../base/failure.ts';
import { codeIn, pairDevice } from '../../machine/pairDevice.ts';
import { ExecutionHost } from '../../machine/remote/executionHost.ts';
import { executionSocket } from '../../machine/remote/executionSocket.ts';
import type { HostHello } from '../../protocol/environment/messages.ts';
import { endpointWire } from '../../protocol/environment/wire.ts';
import type { FarKindModule, FarParts } from './far.ts';
import { FarExecution } from './farExecution.ts';

type Execution = FarKindModule<'environment'>;

/** Hosts that run commands: for the person, and for agents of this machine. */
export const open: Execution['open'] = (parts, core) => new FarExecution(core, parts, hostAt(parts));

/** A host that says who it is is asked nothing else: whoever sits there would have to answer. */
export const probe: Execution['probe'] = async (parts, signal) => {
  const host = hostAt(parts);
  try {
    return await describe(host, signal);
  } finally {
    await host[Symbol.asyncDispose]();
  }
};

const describe = async (host: ExecutionHost, signal: AbortSignal): Promise<readonly string[]> => {
  await host.reach(signal);
  if (host.hello !== undefined) return described(host.hello);
  const silent = vscode.l10n.t('The host says nothing of its machine.');
  try {
    await host.open(signal);
    await host.close();
    return [silent, vscode.l10n.t('It opens a session for us.')];
  } catch (failure) {
    if (!(failure instanceof Failure) || failure.code !== 'session_busy') throw failure;
    return [silent, vscode.l10n.t('Somebody else has its session right now.')];
  }
};

export const pair: NonNullable<Execution['pair']> = async ({ address, ways }, code, signal) => {
  const name = `VS Code · ${hostname()}`.slice(0, 64);
  return (await pairDevice({ ...address, ways }, { code: codeIn(code), name }, signal)).token;
};

const described = ({ envID, capabilities }: HostHello): readonly string[] => {
  const { platform, arch, hostname: machine, defaultShell, supportsPty } = capabilities;
  const kind = `${platform} ${arch}`.trim();
  return [
    machine === undefined ? kind : `${machine}, ${kind}`,
    vscode.l10n.t('Its environment is {0}, its shell {1}.', envID, defaultShell),
    ...(supportsPty ? [] : [vscode.l10n.t('Terminals are typed in by the line there.')]),
  ];
};

const hostAt = ({ address, secret, ways, clock, log }: FarParts<'environment'>): ExecutionHost => {
  const { url, fingerprint, label, envID } = address;
  const pinned = fingerprint === undefined ? {} : { fingerprint };
  return new ExecutionHost({
    connect: executionSocket({ url, ways, token: secret, ...pinned }, clock),
    wire: endpointWire,
    clock,
    log,
    name: label,
    label: `VS Code · ${hostname()}`.slice(0, 64),
    ...(envID === undefined ? {} : { envID }),
  });
};
